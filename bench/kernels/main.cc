// Products by our kernels and by the libraries, in alternation on one thread. See README.md beside this file.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "backends/simd/gemm.h"
#include "backends/simd/targets.h"
#include "bench/kernels/candidates.h"
#include "device/cpu.h"

namespace tacho::bench {
namespace {

struct Options {
  std::string only, json, target, dtype = "float32";
  int rounds = 21;
  double milliseconds = 2;
  bool smoke = false;
  bool bfloat16() const { return dtype == "bfloat16"; }
  double ceiling(double milliseconds) const {
    return bfloat16() ? pair_gflops(milliseconds) : fma_gflops(milliseconds);
  }
};

double seconds_of(const std::function<void()>& run, int64_t calls) {
  const auto begin = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < calls; ++i) run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() / double(calls);
}

double quantile(std::vector<double> values, double at) {
  std::sort(values.begin(), values.end());
  return values[size_t(std::lround(at * double(values.size() - 1)))];
}

/// One shape's seconds per call, by candidate, one per round.
struct Row {
  const ProductShape* shape;
  std::vector<std::string> names;
  std::vector<std::vector<double>> seconds;
  double flops = 0, ceiling = 0, error = 0;

  double best(size_t c) const { return quantile(seconds[c], 0); }
  double rate(size_t c) const { return flops / best(c) * 1e-9; }
  /// Of the better library's time over ours: by least times, and the median over rounds.
  double ratio_of_best() const {
    double other = INFINITY;
    for (size_t c = 1; c < seconds.size(); ++c) other = std::min(other, best(c));
    return other / best(0);
  }
  double median_ratio() const {
    double least = INFINITY;
    for (size_t c = 1; c < seconds.size(); ++c) {
      std::vector<double> ratios;
      for (size_t r = 0; r < seconds[c].size(); ++r) ratios.push_back(seconds[c][r] / seconds[0][r]);
      least = std::min(least, quantile(ratios, 0.5));
    }
    return least;
  }
};

Row measure(const ProductShape& shape, const Options& options) {
  std::vector<Candidate> candidates = candidates_for(shape, options.bfloat16());
  Row row{.shape = &shape, .flops = 2.0 * double(shape.batch * shape.m * shape.n) * double(shape.k)};
  std::vector<int64_t> calls;
  for (const Candidate& candidate : candidates) {
    row.names.push_back(candidate.name);
    candidate.run();
    calls.push_back(1 + int64_t(options.milliseconds * 1e-3 / std::max(1e-9, seconds_of(candidate.run, 1))));
  }
  row.seconds.resize(candidates.size());
  for (int round = 0; round < options.rounds; ++round)
    for (size_t c = 0; c < candidates.size(); ++c) row.seconds[c].push_back(seconds_of(candidates[c].run, calls[c]));
  for (size_t c = 1; c < candidates.size(); ++c)
    for (int64_t i = 0; i < shape.m * shape.n; ++i)
      row.error = std::max(row.error, std::fabs(double(candidates[0].result[i]) - double(candidates[c].result[i])));
  return row;
}

void print(const Row& row) {
  const ProductShape& s = *row.shape;
  std::printf("%-24s %5lld %5lld %5lld %c%c %4lld", s.name, (long long)s.m, (long long)s.n, (long long)s.k,
              s.transpose_a ? 'T' : 'n', s.transpose_b ? 'T' : 'n', (long long)s.batch);
  for (size_t c = 0; c < row.names.size(); ++c)
    std::printf("  %6.1f %5.1f", row.rate(c), 100 * row.rate(c) / row.ceiling);
  if (row.names.size() > 1) std::printf("   %5.2f %5.2f", row.ratio_of_best(), row.median_ratio());
  std::printf("\n");
  std::fflush(stdout);
}

nlohmann::json json_of(const Row& row) {
  const ProductShape& s = *row.shape;
  nlohmann::json j{{"name", s.name},
                   {"m", s.m},
                   {"n", s.n},
                   {"k", s.k},
                   {"transpose_a", s.transpose_a},
                   {"transpose_b", s.transpose_b},
                   {"batch", s.batch},
                   {"weights_packed", s.weights},
                   {"largest_difference", row.error}};
  for (size_t c = 0; c < row.names.size(); ++c)
    j["candidates"][row.names[c]] = {{"best_ns", row.best(c) * 1e9},
                                     {"median_ns", quantile(row.seconds[c], 0.5) * 1e9},
                                     {"p05_ns", quantile(row.seconds[c], 0.05) * 1e9},
                                     {"p95_ns", quantile(row.seconds[c], 0.95) * 1e9},
                                     {"samples", row.seconds[c].size()},
                                     {"ceiling_share", row.rate(c) / row.ceiling}};
  if (row.names.size() > 1) j["ratio_of_best"] = row.ratio_of_best(), j["median_ratio"] = row.median_ratio();
  return j;
}

int run(const Options& options) {
  if (!options.target.empty()) simd::force_target(options.target);
  if (options.bfloat16() && !simd::bfloat16_gemm()) {
    std::fprintf(stderr, "bfloat16: no products of this kind on this machine and target\n");
    return options.smoke ? 0 : 2;
  }
  double ceiling = options.ceiling(options.smoke ? 1 : 300);
  std::printf("%s, target %s, %s multiply-add ceiling %.1f GFLOP/s on one thread\n", this_cpu().model.c_str(),
              simd::target_in_use().c_str(), options.dtype.c_str(), ceiling);
  std::printf(
      "%-24s %5s %5s %5s %2s %4s  GFLOP/s and %% of the ceiling by least time: simd, onednn, blas;  better library / "
      "simd: best, median\n",
      "product", "m", "n", "k", "AB", "x");
  nlohmann::json rows = nlohmann::json::array();
  for (const ProductShape& shape : product_shapes()) {
    if (std::string(shape.name).find(options.only) == std::string::npos) continue;
    Row row = measure(shape, options);
    if (!options.smoke) ceiling = std::max(ceiling, options.ceiling(5));
    row.ceiling = ceiling;
    print(row);
    rows.push_back(json_of(row));
    if (row.error > 1e-3 * double(shape.k)) {
      std::fprintf(stderr, "%s: the candidates disagree by %g\n", shape.name, row.error);
      return 1;
    }
  }
  if (options.json.empty()) return 0;
  std::ofstream(options.json) << nlohmann::json{{"schema", "tacho.bench.kernels"},
                                                {"schema_version", 1},
                                                {"cpu", this_cpu().model},
                                                {"target", simd::target_in_use()},
                                                {"dtype", options.dtype},
                                                {"ceiling_gflops", ceiling},
                                                {"products", rows}}
                                     .dump(1)
                              << "\n";
  return 0;
}

}  // namespace
}  // namespace tacho::bench

int main(int argc, char** argv) {
  tacho::bench::Options options;
  CLI::App app("Products of matrices by the simd backend, oneDNN and OpenBLAS, in alternation on one thread");
  app.add_option("--only", options.only, "rows whose names contain this");
  app.add_option("--rounds", options.rounds, "how often each candidate is timed")->check(CLI::Range(1, 100000));
  app.add_option("--milliseconds", options.milliseconds, "least time of a sample")->check(CLI::Range(0.0, 10000.0));
  app.add_option("--target", options.target, "our instruction set: avx512, avx2, neon, baseline");
  app.add_option("--dtype", options.dtype, "float32, or bfloat16 with float32 sums")
      ->check(CLI::IsMember({"float32", "bfloat16"}));
  app.add_option("--json", options.json, "file for all figures");
  app.add_flag("--smoke", options.smoke, "once over the small shapes: does it work?");
  CLI11_PARSE(app, argc, argv);
  if (options.smoke) options.rounds = 1, options.milliseconds = 0, options.only = "fc";
  return tacho::bench::run(options);
}
