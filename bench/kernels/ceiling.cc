#include "backends/simd/targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/kernels/ceiling.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <chrono>

#include "bench/kernels/candidates.h"
#include "machine/loops.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::bench {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// `steps` times twelve sums that do not wait for each other (latency 4 to 5, two a cycle: 8 to 10 are needed). Returns
/// the number of additions and multiplications; the result goes where the compiler cannot know that nobody looks.
double spin(int64_t steps, float* sink) {
  const hn::ScalableTag<float> d;
  const auto factor = hn::Set(d, sink[0]), term = hn::Set(d, sink[1]);
  // Twelve different numbers: the compiler would compute equal ones once.
  auto s0 = hn::Set(d, sink[2]), s1 = hn::Add(s0, term), s2 = hn::Add(s1, term), s3 = hn::Add(s2, term);
  auto s4 = hn::Add(s3, term), s5 = hn::Add(s4, term), t0 = hn::Add(s5, term), t1 = hn::Add(t0, term);
  auto t2 = hn::Add(t1, term), t3 = hn::Add(t2, term), t4 = hn::Add(t3, term), t5 = hn::Add(t4, term);
  for (int64_t i = 0; i < steps; ++i) {
    s0 = hn::MulAdd(s0, factor, term), s1 = hn::MulAdd(s1, factor, term), s2 = hn::MulAdd(s2, factor, term);
    s3 = hn::MulAdd(s3, factor, term), s4 = hn::MulAdd(s4, factor, term), s5 = hn::MulAdd(s5, factor, term);
    t0 = hn::MulAdd(t0, term, factor), t1 = hn::MulAdd(t1, term, factor), t2 = hn::MulAdd(t2, term, factor);
    t3 = hn::MulAdd(t3, term, factor), t4 = hn::MulAdd(t4, term, factor), t5 = hn::MulAdd(t5, term, factor);
  }
  s0 = hn::Add(hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)), hn::Add(s4, s5));
  t0 = hn::Add(hn::Add(hn::Add(t0, t1), hn::Add(t2, t3)), hn::Add(t4, t5));
  sink[2] = hn::GetLane(hn::Add(s0, t0));
  return double(steps) * 12 * 2 * double(hn::Lanes(d));
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::bench
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tacho::bench {

HWY_EXPORT(spin);

double fma_gflops(double milliseconds) {
  using Clock = std::chrono::steady_clock;
  // Runs of a few microseconds: the best of many is the machine's, whatever else it does meanwhile.
  volatile float start[2] = {0.5f, 0.25f};
  double best = 0;
  for (const auto begin = Clock::now();
       std::chrono::duration<double, std::milli>(Clock::now() - begin).count() < milliseconds;) {
    float sink[3] = {start[0], start[1], 0};
    const auto before = Clock::now();
    const double flops = HWY_DYNAMIC_DISPATCH(spin)(20000, sink);
    start[0] = 0.5f + 0 * sink[2];
    best = std::max(best, flops / std::chrono::duration<double, std::nano>(Clock::now() - before).count());
  }
  return best;
}

double pair_gflops(double milliseconds) {
  using Clock = std::chrono::steady_clock;
  double best = 0;
  for (const machine::ComputeLoop& loop : machine::compute_loops()) {
    if (loop.dtype != "bfloat16") continue;
    constexpr int64_t rounds = 20000;
    for (const auto begin = Clock::now();
         std::chrono::duration<double, std::milli>(Clock::now() - begin).count() < milliseconds;) {
      const auto before = Clock::now();
      volatile float last = loop.run(rounds);
      static_cast<void>(last);
      best = std::max(best, loop.flop_per_round * double(rounds) /
                                std::chrono::duration<double, std::nano>(Clock::now() - before).count());
    }
  }
  return best;
}

}  // namespace tacho::bench
#endif  // HWY_ONCE
