// Causal gain and the schedule's replay on real steps.
#include "lab/causal.h"

#include <gtest/gtest.h>

#include <iostream>
#include <sstream>

#include "data/dataset.h"
#include "data/test_files.h"
#include "lab/differences.h"
#include "nn/builtin.h"
#include "tests/support/run_program.h"
#include "tests/support/small_runs.h"

namespace tacho {
namespace {

StepOptions causal_step(const std::vector<std::pair<const char*, std::string>>& list) {
  StepOptions options;
  options.network = builtin_network("simplenn-4");
  options.batch = 8;
  Switches switches;
  for (const auto& [name, value] : list) set_switch(switches, name, value);
  options.way = resolve(switches);
  return options;
}

TEST(MedianInterval, RanksOfTheMiddle) {
  std::vector<int64_t> samples;
  for (int64_t i = 100; i > 0; --i) samples.push_back(i);
  const MedianInterval interval = median_interval(samples);
  EXPECT_TRUE(interval.enough);
  // The sample at rank round(49.5) of 0..99, and those 15 ranks around the middle.
  EXPECT_NEAR(double(interval.median), 50.5, 0.5);
  EXPECT_EQ(interval.low, 35);
  EXPECT_EQ(interval.high, 66);
  const MedianInterval few = median_interval({5, 1, 3});
  EXPECT_FALSE(few.enough);
  EXPECT_EQ(few.median, 3);
  EXPECT_EQ(few.low, 3);
  EXPECT_EQ(few.high, 3);
}

void check_rows(const Causal& causal, const Report& report, size_t rows) {
  ASSERT_EQ(causal.rows.size(), rows);
  EXPECT_GT(causal.step_ns, 0);
  EXPECT_GT(causal.replayed_step_ns, 0);
  int64_t share = INT64_MAX;
  for (const CausalRow& row : causal.rows) {
    EXPECT_GT(row.share_ns, 0) << row.node;
    EXPECT_LE(row.share_ns, share) << "largest first";
    share = row.share_ns;
    EXPECT_GE(row.pairs, 10);
    EXPECT_LE(row.low_ns, row.free_gain_ns);
    EXPECT_LE(row.free_gain_ns, row.high_ns);
    // Taking work out of a schedule of stages never makes it longer when whoever is free first takes the next task of
    // one length; a tenth of the step is let pass for lanes of different lengths.
    EXPECT_GE(row.replayed_gain_ns, -causal.replayed_step_ns / 10);
    EXPECT_LT(row.replayed_gain_ns, causal.replayed_step_ns);
    EXPECT_FALSE(row.has_floor) << "no ceilings were measured";
  }
  std::istringstream lines(render_causal(report, causal, {}));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(width_of(line), 80u) << line;
}

TEST(CausalScheduleSlow, MeasuresTheLargestOperationsOfEverySchedule) {
  for (const char* schedule : {"slices", "sequential", "operators"}) {
    SCOPED_TRACE(schedule);
    const StepOptions options = causal_step({{"threads", "2"}, {"schedule", schedule}, {"tune", "off"}});
    const RunRecord record = measure(options, few_digits(), few_steps());
    const Report report = make_report(record);
    const Causal causal = measure_causal(options, few_digits(), report, 3, few_steps(), 10);
    check_rows(causal, report, 3);
    const double ratio = double(causal.replayed_step_ns) / double(causal.measured_step_ns);
    std::cout << "    " << schedule << ": replay / measured step = " << ratio << "\n";  // information: no assertion
  }
}

TEST(CausalScheduleSlow, OnOneThreadTheReplayGivesBackTheShare) {
  const StepOptions options = causal_step({{"threads", "1"}, {"tune", "off"}});
  const RunRecord record = measure(options, few_digits(), few_steps());
  const Report report = make_report(record);
  const Causal causal = measure_causal(options, few_digits(), report, 6, few_steps(), 10);
  int64_t gains = 0;
  for (const CausalRow& row : causal.rows) {
    EXPECT_GT(row.replayed_gain_ns, 0) << row.node;
    gains += row.replayed_gain_ns;
  }
  // All kernels together are what is not a cost of the schedule.
  EXPECT_LE(gains, causal.replayed_step_ns);
}

TEST(CausalCommandSlow, PrintsAndWritesGainsBesideShares) {
  const TestFolder folder;
  const ProgramResult run =
      run_tacho(folder.path(), {"analyze", "mlp", "--batch-size", "8", "--threads", "2", "--ways", "off", "--steps",
                                "5", "--causal", "--causal-top", "2", "--json", "-"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Json json = Json::parse(run.out);
  ASSERT_EQ(json["causal"].size(), 2u);
  for (const Json& row : json["causal"])
    for (const char* field : {"node", "label", "share_ns", "free_gain_ns", "low_ns", "high_ns", "pairs",
                              "replayed_gain_ns", "step_ns", "floor_gain_ns", "virtual_gain_ns"})
      EXPECT_TRUE(row.contains(field)) << field;

  const ProgramResult refused = run_tacho(folder.path(), {"analyze", "mlp", "--execution", "procedural", "--causal"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("--execution graph"), std::string::npos) << refused.err;
}

}  // namespace
}  // namespace tacho
