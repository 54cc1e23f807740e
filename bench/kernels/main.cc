// Every kernel of the simd backend beside the libraries, in alternation on one thread. See README.md beside this file.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>

#include "backends/blas/library.h"
#include "backends/simd/gemm.h"
#include "backends/simd/targets.h"
#include "base/error.h"
#include "bench/kernels/candidates.h"
#include "bench/kernels/parts.h"
#include "device/cpu.h"
#ifdef TACHO_BENCH_ONEDNN
#include "backends/onednn/dnnl_adapter.h"
#endif

namespace tacho::bench {
namespace {

struct Options {
  std::vector<std::string> parts{"products", "convolutions", "operations", "images"}, rivals{"simd", "onednn", "blas"};
  std::string only, json, target, dtype = "float32";
  int rounds = 15;
  double milliseconds = 2;
  bool smoke = false;
  bool bfloat16() const { return dtype == "bfloat16"; }
  bool wants(const char* part) const { return std::find(parts.begin(), parts.end(), part) != parts.end(); }
};

/// From this size on of every side, a product is held to a share of the ceiling, too.
constexpr int64_t kLarge = 1024;
constexpr double kLargeCeilingBar = 0.9;
constexpr double kSmokeFlop = 2e7;
/// The best of so many measurements of bandwidths.
constexpr int kBandwidthRuns = 3;

class Bench {
 public:
  explicit Bench(const Options& options) : options_(options) {
    if (!options.smoke) ceilings_.profile = measure_machine(1, [](double, const std::string&) {});
    raise_ceilings(options.smoke ? 1 : 300);
  }

  /// Measures, prints and keeps a row.
  void operator()(Contest& contest) {
    measure(contest, options_.rounds, options_.milliseconds);
    if (!options_.smoke) raise_ceilings(5);
    print(contest, ceilings_);
    const Verdict verdict = verdict_of(contest, ceilings_);
    Tally& tally = tallies_[contest.part];
    ++tally.rows;
    tally.holding += verdict.holds;
    if (!verdict.holds) tally.short_of.push_back(contest.name + " " + contest.detail + ": " + verdict.short_of);
    rows_.push_back(json_of(contest, ceilings_));
  }

  void products() {
    for (const ProductShape& s : product_shapes()) {
      if (std::string(s.name).find(options_.only) == std::string::npos) continue;
      Contest contest;
      contest.part = "products", contest.name = s.name;
      contest.detail = text_of(s.m, "x", s.n, "x", s.k, s.transpose_a ? " T" : " n", s.transpose_b ? "T" : "n");
      if (s.batch > 1) contest.detail += text_of(" x", s.batch);
      contest.flop = 2.0 * double(s.batch * s.m * s.n) * double(s.k);
      if (options_.smoke && contest.flop > kSmokeFlop) continue;
      contest.bytes = 4 * s.batch * (s.m * s.k + s.k * s.n + s.m * s.n);
      contest.bfloat16 = options_.bfloat16();
      contest.ceiling_bar = std::min({s.m, s.n, s.k}) >= kLarge ? kLargeCeilingBar : 0;
      contest.entries = candidates_for(s, options_.bfloat16());
      (*this)(contest);
      check_results(contest, s);
    }
  }

  void end() const {
    for (const auto& [part, tally] : tallies_) {
      std::printf("%s: %d of %d rows hold\n", part.c_str(), tally.holding, tally.rows);
      for (const std::string& row : tally.short_of) std::printf("  short: %s\n", row.c_str());
    }
    if (options_.json.empty()) return;
    nlohmann::json j{{"schema", "tacho.bench.kernels"},
                     {"schema_version", 2},
                     {"cpu", this_cpu().model},
                     {"target", simd::target_in_use()},
                     {"dtype", options_.dtype},
                     {"measured_at", int64_t(std::time(nullptr))},
                     {"rounds", options_.rounds},
                     {"milliseconds", options_.milliseconds},
                     {"rows", rows_}};
    j["ceiling_flop_per_ns"] = ceilings_.flop_per_ns;
    j["bfloat16_ceiling_flop_per_ns"] = ceilings_.bfloat16_flop_per_ns;
    j["machine"] = nlohmann::json::parse(profile_to_json(ceilings_.profile));
    j["libraries"] = libraries();
    // Which instructions a library may use.
    for (const char* name : {"OPENBLAS_CORETYPE", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "TACHO_SIMD_TARGET"})
      if (const char* value = std::getenv(name)) j["variables"][name] = value;
    std::ofstream(options_.json) << j.dump() << "\n";
  }

  static std::vector<std::string> libraries() {
    std::vector<std::string> names;
#ifdef TACHO_BENCH_ONEDNN
    names.push_back(onednn::library_description());
#endif
    if (!blas::unavailable()) names.push_back(blas::library()->description);
    return names;
  }
  const Ceilings& ceilings() const { return ceilings_; }

 private:
  struct Tally {
    int rows = 0, holding = 0;
    std::vector<std::string> short_of;
  };

  void add_bandwidths(const MachineProfile& profile) {
    std::vector<BandwidthCeiling>& kept = ceilings_.profile.bandwidth;
    if (kept.empty()) ceilings_.profile = profile;
    for (size_t i = 0; i < kept.size(); ++i)
      if (profile.bandwidth[i].bytes_per_s > kept[i].bytes_per_s) kept[i] = profile.bandwidth[i];
  }

  /// The best that was seen is the machine's, whatever else it did meanwhile.
  void raise_ceilings(double milliseconds) {
    ceilings_.flop_per_ns = std::max(ceilings_.flop_per_ns, fma_gflops(milliseconds));
    if (options_.bfloat16())
      ceilings_.bfloat16_flop_per_ns = std::max(ceilings_.bfloat16_flop_per_ns, pair_gflops(milliseconds));
  }

  static void check_results(const Contest& contest, const ProductShape& s) {
    double error = 0;
    for (size_t c = 1; c < contest.entries.size(); ++c)
      for (int64_t i = 0; i < s.m * s.n; ++i)
        error = std::max(error, std::fabs(double(contest.entries[0].result[i]) - double(contest.entries[c].result[i])));
    if (error > 1e-3 * double(s.k)) fail(s.name, ": the candidates disagree by ", error);
  }

  const Options& options_;
  Ceilings ceilings_;
  std::map<std::string, Tally> tallies_;
  nlohmann::json rows_ = nlohmann::json::array();
};

int run(const Options& options) {
  if (!options.target.empty()) simd::force_target(options.target);
  if (options.bfloat16() && !simd::bfloat16_gemm()) {
    std::fprintf(stderr, "bfloat16: no products of this kind on this machine and target\n");
    return options.smoke ? 0 : 2;
  }
  Bench bench(options);
  std::printf("%s, target %s, one thread; multiply-adds at best %.1f GFLOP/s", this_cpu().model.c_str(),
              simd::target_in_use().c_str(), bench.ceilings().flop_per_ns);
  if (options.bfloat16()) std::printf(", in bfloat16 %.1f", bench.ceilings().bfloat16_flop_per_ns);
  for (const std::string& library : Bench::libraries()) std::printf("; %s", library.c_str());
  std::printf(
      "\nleast times and %% of the ceiling: of multiply-adds, else of the bandwidth of the level that is named; "
      "then the quickest library's time over ours\n");
  const Wanted wanted{options.only, options.rivals, !options.bfloat16(), options.smoke};
  const Visit visit = [&](Contest& contest) { bench(contest); };
  if (options.wants("products")) bench.products();
  if (options.wants("convolutions")) visit_convolutions(wanted, visit);
  if (options.wants("operations")) visit_operations(wanted, visit);
  if (options.wants("images")) visit_images(wanted, visit);
  bench.end();
  return 0;
}

}  // namespace
}  // namespace tacho::bench

int main(int argc, char** argv) {
  tacho::bench::Options options;
  CLI::App app("Every kernel of the simd backend beside oneDNN and OpenBLAS, in alternation on one thread");
  app.add_option("--part", options.parts, "products, convolutions, operations, images (all)")
      ->delimiter(',')
      ->check(CLI::IsMember({"products", "convolutions", "operations", "images"}));
  app.add_option("--only", options.only, "rows whose names contain this");
  app.add_option("--backends", options.rivals,
                 "who takes part but in products, ours first: simd:bfloat16 is simd with "
                 "products in bfloat16 (simd,onednn,blas)")
      ->delimiter(',');
  app.add_option("--rounds", options.rounds, "how often each candidate is timed")->check(CLI::Range(1, 100000));
  app.add_option("--milliseconds", options.milliseconds, "least time of a sample")->check(CLI::Range(0.0, 10000.0));
  app.add_option("--target", options.target, "our instruction set: avx512, avx2, neon, baseline");
  app.add_option("--dtype", options.dtype, "of products: float32, or bfloat16 with float32 sums")
      ->check(CLI::IsMember({"float32", "bfloat16"}));
  app.add_option("--json", options.json, "file for everything, every sample included");
  app.add_flag("--smoke", options.smoke, "once over little work: does it run?");
  CLI11_PARSE(app, argc, argv);
  if (options.smoke) options.rounds = 1, options.milliseconds = 0;
  if (options.bfloat16()) options.parts = {"products"};
  try {
    return tacho::bench::run(options);
  } catch (const tacho::Error& error) {
    std::fprintf(stderr, "bench_kernels: %s\n", error.what());
    return 2;
  }
}
