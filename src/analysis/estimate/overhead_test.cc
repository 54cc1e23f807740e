#include "analysis/estimate/overhead.h"

#include <gtest/gtest.h>

namespace tacho {
namespace {

/// Steps on two threads with costs that follow from their calls.
std::vector<StepSample> steps_that_cost(double step, double stage, double wait, double item) {
  std::vector<StepSample> steps;
  for (int i = 0; i < 12; ++i) {
    StepSample sample;
    sample.threads = 2;
    sample.calls = {40 + 60 * (i % 5), i % 3 ? 2 + i % 4 : 1, i % 3 ? 0 : 20 + 5 * i};
    sample.replayed_ns = 20'000 << (i % 7);
    sample.step_ns =
        sample.replayed_ns + int64_t(step + stage * double(sample.calls.stages) + wait * double(sample.calls.waits) +
                                     item * double(sample.calls.items) / 2);
    steps.push_back(sample);
  }
  return steps;
}

StepOverhead overhead_of(const std::vector<StepSample>& steps) {
  std::vector<const StepSample*> pointers;
  for (const StepSample& step : steps) pointers.push_back(&step);
  return StepOverhead(pointers);
}

TEST(StepOverheadOf, FindsWhatEachCallAndBarrierCosts) {
  const StepOverhead overhead = overhead_of(steps_that_cost(3000, 2000, 700, 150));
  EXPECT_NEAR(overhead.step_ns(50'000, {100, 5, 0}, 2), 50'000 + 3000 + 5 * 2000 + 50 * 150, 600);
  EXPECT_NEAR(overhead.step_ns(50'000, {100, 1, 30}, 2), 50'000 + 3000 + 2000 + 30 * 700 + 50 * 150, 600);
  EXPECT_NEAR(overhead.step_ns(0, {0, 0, 0}, 2), 3000, 600);
}

TEST(StepOverheadOf, NothingCostsLessThanNothing) {
  // Steps shorter than their replays, as medians of parts may sum to more than the median of the whole.
  const StepOverhead overhead = overhead_of(steps_that_cost(-900, 0, 0, 0));
  for (int64_t items : {10, 1000}) EXPECT_GE(overhead.step_ns(30'000, {items, 3, 7}, 2), 30'000);
}

TEST(StepOverheadOf, WithoutStepsAReplayIsTheStep) { EXPECT_EQ(StepOverhead({}).step_ns(1234, {10, 2, 3}, 1), 1234); }

}  // namespace
}  // namespace tacho
