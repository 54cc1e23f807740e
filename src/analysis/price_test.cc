#include "analysis/price.h"

#include <gtest/gtest.h>

#include "tests/support/made_up_run.h"

namespace tacho {
namespace {

/// One thread, rows of 100 and 300 us whose kernels take 80 and 240 us alone, one after the other; the step is 440 us.
struct Case {
  RunRecord record;
  Report report;
  PlannedStep other;
  Case() {
    record.threads = 1;
    record.profile = made_up_profile();
    for (const auto& [path, tuned] : {std::pair{"a", 80'000}, std::pair{"b", 240'000}}) {
      NodeRow row;
      row.path = path, row.backend = "simd", row.kernel_name = path, row.tuned_ns = tuned;
      record.rows.push_back(row);
    }
    record.schedule.stages = {{{{0, 1}, {1, 1}}}};
    report.record = &record;
    report.operations.resize(2);
    report.operations[0].median_ns = 100'000, report.operations[1].median_ns = 300'000;
    report.step.median_ns = 440'000;
    other = {record.rows, record.schedule, 1};
  }
};

TEST(Price, TheSamePlanSavesNothing) {
  const Case c;
  const Price same = price(c.report, c.other);
  ASSERT_TRUE(same.gain) << same.unpriced;
  EXPECT_EQ(same.gain->median_ns, 0);
  EXPECT_EQ(same.gain->low_ns, 0);
  EXPECT_EQ(same.gain->high_ns, 0);
}

TEST(Price, AnotherKernelTakesItsTimeAloneAtThisRunsRatio) {
  Case c;
  c.other.rows[1].kernel_name = "faster", c.other.rows[1].tuned_ns = 160'000;
  const Price other = price(c.report, c.other);
  ASSERT_TRUE(other.gain) << other.unpriced;
  // Kernels take 1.25 of their time alone, and the step is 1.1 of its kernels: (300 - 200) x 1.1 are saved.
  EXPECT_EQ(other.gain->median_ns, 110'000);
  // All samples agree, so the least spread holds: 3 % of 200 us, two standard deviations.
  EXPECT_EQ(other.gain->high_ns - other.gain->median_ns, 12'000);
  EXPECT_EQ(other.gain->median_ns - other.gain->low_ns, 12'000);
}

TEST(Price, TwoThreadsHalveWhatIsIndependent) {
  Case c;
  c.other.threads = 2;
  c.other.schedule.stages = {{{{0, 1}}, {{1, 1}}}};
  const Price other = price(c.report, c.other);
  ASSERT_TRUE(other.gain);
  EXPECT_EQ(other.gain->median_ns, 440'000 - 330'000) << "the longer row is the chain";
}

TEST(Price, WorkOfKernelsThatNobodyTimedIsNotPriced) {
  Case c;
  c.other.rows[1].kernel_name = "unknown", c.other.rows[1].tuned_ns = 0;
  c.other.rows[1].executed.tally.mul = 1'000'000;
  const Price other = price(c.report, c.other);
  EXPECT_FALSE(other.gain);
  EXPECT_FALSE(other.unpriced.empty());
}

TEST(Price, FindingsThatSaveComeFirstAndLeaveAloneLast) {
  const auto finding = [](const char* rule, std::optional<Gain> gain) {
    Finding f{rule, ""};
    f.gain = gain;
    return f;
  };
  std::vector<Finding> findings = {finding("leave_alone", {}),         finding("a", {}),
                                   finding("costs", Gain{-9, -8, -7}), finding("small", Gain{1, 2, 3}),
                                   finding("large", Gain{10, 20, 30}), finding("unsure", Gain{-5, 50, 105})};
  order_by_gain(findings);
  std::string order;
  for (const Finding& f : findings) order += f.rule + " ";
  EXPECT_EQ(order, "large small a costs unsure leave_alone ");
}

}  // namespace
}  // namespace tacho
