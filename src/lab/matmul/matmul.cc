#include "lab/matmul/matmul.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/clock.h"
#include "base/random.h"
#include "device/cpu.h"
#include "lab/matmul/algorithms.h"
#include "lab/matmul/multipliers.h"
#include "machine/profile.h"

namespace tacho {
namespace {

constexpr int64_t kVisitNs = 3'000'000;  // one round of a short product repeats it for so long

Tensor filled(DType dtype, const Shape& shape, uint64_t stream) {
  Tensor tensor({dtype, shape});
  const Random random(1, stream);
  for (int64_t i = 0; i < tensor.elements(); ++i) {
    const double number = 2 * random.uniform(uint64_t(i)) - 1;
    if (dtype == DType::float64) tensor.as<double>()[i] = number;
    else tensor.as<float>()[i] = float(number);
  }
  return tensor;
}

/// The factors, rounded to the dtype, and their product in double.
struct Problem {
  Tensor a, b, c, exact;
  double largest = 0;

  Problem(const ProductSize& s, DType dtype)
      : a(filled(dtype, {s.m, s.k}, 0)),
        b(filled(dtype, {s.k, s.n}, 1)),
        c({dtype, {s.m, s.n}}),
        exact({DType::float64, {s.m, s.n}}) {
    const Tensor wide_a = a.cast(DType::float64), wide_b = b.cast(DType::float64);
    multiply_blocked(
        Matrices<double>{s.m, s.k, s.n, wide_a.as<double>(), s.k, wide_b.as<double>(), s.n, exact.as<double>(), s.n});
    for (int64_t i = 0; i < exact.elements(); ++i) largest = std::max(largest, std::abs(exact.as<double>()[i]));
  }
  double error() const {
    const Tensor wide = c.cast(DType::float64);
    double worst = 0;
    for (int64_t i = 0; i < wide.elements(); ++i) {
      const double difference = std::abs(wide.as<double>()[i] - exact.as<double>()[i]);
      worst = difference > worst || std::isnan(difference) ? difference : worst;
    }
    return largest > 0 ? worst / largest : worst;
  }
};

/// Nanoseconds of one product, the mean of as many as fill a round.
int64_t time_of(const Multiplier& multiplier, int64_t repeats) {
  const int64_t begin = now_ns();
  for (int64_t i = 0; i < repeats; ++i) multiplier.run();
  return std::max<int64_t>((now_ns() - begin) / repeats, 1);
}

/// What is left to the rounds of one size.
struct Ready {
  Multiplier multiplier;
  MatmulTime* time;
  int64_t repeats;
};

class Measurement {
 public:
  explicit Measurement(const MatmulOptions& options) : options_(options) {}

  MatmulRow row(const ProductSize& size, const std::vector<std::string>& ways, std::vector<std::string>& left_out) {
    MatmulRow row;
    row.size = size;
    Problem problem(size, options_.dtype);
    for (const std::string& way : ways) {
      MatmulTime time;
      time.way = way;
      row.ways.push_back(time);
    }
    std::vector<Ready> ready;
    for (MatmulTime& time : row.ways) prepare(size, problem, time, ready, left_out);
    for (int round = 0; round < options_.rounds; ++round) {
      std::reverse(ready.begin(), ready.end());
      for (const Ready& r : ready) r.time->rounds_ns.push_back(time_of(r.multiplier, r.repeats));
    }
    std::erase_if(row.ways, [](const MatmulTime& time) { return time.skipped.empty() && time.rounds_ns.empty(); });
    return row;
  }

 private:
  /// Runs it once: for its error, and for the time that it will take.
  void prepare(const ProductSize& size, Problem& problem, MatmulTime& time, std::vector<Ready>& ready,
               std::vector<std::string>& left_out) {
    const double work = double(size.m) * double(size.k) * double(size.n);
    if (const auto known = ns_per_term_.find(time.way);
        known != ns_per_term_.end() && known->second * work > options_.most_seconds * 1e9) {
      time.skipped = text_of("skipped: about ", short_number(known->second * work / 1e9), " s each; --most-seconds");
      return;
    }
    auto made = make_multiplier(time.way, {problem.a, problem.b, problem.c}, options_.cutoff);
    if (const Refusal* refusal = std::get_if<Refusal>(&made)) {
      const std::string reason = time.way + ": " + refusal->reason;
      if (std::find(left_out.begin(), left_out.end(), reason) == left_out.end()) left_out.push_back(reason);
      return;
    }
    Multiplier& multiplier = std::get<Multiplier>(made);
    time.count = multiplier.count, time.counted = multiplier.counted;
    int64_t ns = time_of(multiplier, 1);
    if (ns < kVisitNs) ns = time_of(multiplier, 1);  // the first one also touched new memory
    time.error = problem.error();
    ns_per_term_[time.way] = double(ns) / work;
    ready.push_back({std::move(multiplier), &time, std::max<int64_t>(kVisitNs / ns, 1)});
  }

  const MatmulOptions& options_;
  std::map<std::string, double> ns_per_term_;  ///< of the last size
};

}  // namespace

std::vector<ProductSize> product_sizes(const std::string& group, const std::vector<int64_t>& squares) {
  if (group == "square") {
    std::vector<ProductSize> sizes;
    for (int64_t n : squares) sizes.push_back({group, std::to_string(n), n, n, n});
    return sizes;
  }
  // The document's shapes: weights d x d_in over batch x sequence rows of features; Transformers' d x d and their
  // feed-forward part of 4 d. Convolutions: filters d' x h²d over the places of one image.
  if (group == "recurrent")
    return {{group, "input projection, d_in 128, d 256, 32 x 20 rows", 640, 128, 256},
            {group, "one time step, d 256, batch 32", 32, 256, 256}};
  if (group == "transformer")
    return {{group, "projection, d 512, 8 x 64 rows", 512, 512, 512},
            {group, "feed-forward, d 512 to 2048, 8 x 64 rows", 512, 512, 2048},
            {group, "one token, d 512", 1, 512, 512}};
  if (group == "convolution")
    return {{group, "layer 1 of simplenn-4, h²d = 25", 32, 25, 784},
            {group, "layer 2 of simplenn-4, h²d = 288", 64, 288, 196},
            {group, "layer 3 of simplenn-4, h²d = 576", 64, 576, 49}};
  fail("--shapes: unknown group '", group, "'; known: square, recurrent, transformer, convolution");
}

std::vector<std::string> matmul_ways() {
  std::vector<std::string> ways = {"naive", "blocked", "strassen", "strassen-blas"};
  for (const char* name : {"blas", "onednn", "simd"})
    for (const Backend* backend : all_backends())
      if (backend->name == name) ways.emplace_back(name);
  return ways;
}

MatmulRecord measure_matmul(const MatmulOptions& options) {
  if (options.dtype != DType::float32 && options.dtype != DType::float64)
    fail("matmul: expected float32 or float64, got ", name_of(options.dtype));
  std::vector<std::string> ways = options.ways.empty() ? matmul_ways() : options.ways;
  for (const std::string& way : ways) {
    const std::vector<std::string> known = matmul_ways();
    if (std::find(known.begin(), known.end(), way) != known.end()) continue;
    std::string names;
    for (const std::string& name : known) names += (names.empty() ? "" : ", ") + name;
    fail("--ways: unknown way '", way, "'; known: ", names);
  }
  MatmulRecord record;
  record.machine = this_cpu().model, record.dtype = options.dtype, record.cutoff = options.cutoff;
  std::optional<MachineProfile> profile = kept_profile(1);
  if (!profile) {
    profile = measure_machine(this_cpu().cores, [&](double, const std::string& what) {
      if (options.progress) options.progress("this machine's ceilings: " + what, 0);
    });
    keep_profile(*profile);
  }
  record.ceiling_flop_per_s = profile->flop_per_s(std::string(name_of(options.dtype)), 1);
  for (const ComputeCeiling& ceiling : profile->compute)
    if (ceiling.threads == 1 && ceiling.dtype == name_of(options.dtype) &&
        ceiling.flop_per_s == record.ceiling_flop_per_s)
      record.ceiling_spread = ceiling.spread;
  for (const auto& [way, base] : {std::pair("strassen", "blocked"), {"strassen-blas", "blas"}})
    if (std::find(ways.begin(), ways.end(), way) != ways.end()) record.strassen.emplace_back(way, base);
  Measurement measurement(options);
  double done = 0, all = 0;
  for (const ProductSize& s : options.sizes) all += double(s.m) * double(s.k) * double(s.n);
  for (const ProductSize& size : options.sizes) {
    if (options.progress) options.progress(text_of(size.group, " ", size.m, "x", size.k, "x", size.n), done / all);
    record.rows.push_back(measurement.row(size, ways, record.left_out));
    done += double(size.m) * double(size.k) * double(size.n);
  }
  return record;
}

}  // namespace tacho
