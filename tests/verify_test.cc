// analyze --verify through the command: what was estimated, what turning the switches did, and the exit code.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "data/test_files.h"
#include "lab/price.h"
#include "nn/builtin.h"
#include "tests/support/run_program.h"
#include "tests/support/small_runs.h"

namespace tacho {
namespace {

TEST(VerifySlow, EveryPricedSwitchIsTurnedAndItsGainSetBesideTheEstimate) {
  const TestFolder folder;
  const ProgramResult result =
      run_tacho(folder.path(), {"analyze", "mlp", "--batch-size", "4", "--threads", "2", "--ways", "off", "--apart",
                                "off", "--steps", "20", "--verify", "--quiet", "--json", folder / "result.json"});
  ASSERT_TRUE(result.exit_code == 0 || result.exit_code == 1) << result.err;
  std::ifstream file(folder / "result.json");
  const nlohmann::json json = nlohmann::json::parse(file);
  size_t priced = 0;
  for (const auto& finding : json["findings"])
    priced += finding.contains("switch") && finding.value("gain_basis", "") == "switch";
  ASSERT_GT(priced, 0u);
  const auto& verified = json["verified"];
  EXPECT_EQ(verified.size(), priced) << "each switch of this network is asked for by one finding";
  bool all_hold = true;
  for (const auto& row : verified) {
    const std::string name = row["switch"]["name"], value = row["switch"]["value"];
    SCOPED_TRACE(name + "=" + value);
    bool found = false;
    for (const auto& finding : json["findings"])
      found = found || (finding.contains("switch") && finding["switch"] == row["switch"] &&
                        finding["estimated_gain_ns"] == row["estimated_gain_ns"]);
    EXPECT_TRUE(found) << "the estimate is the finding's";
    EXPECT_GT(row["estimated_of_ns"].get<int64_t>(), 0);
    EXPECT_GE(row["pairs"].get<int>(), 5);
    const auto& measured = row["measured_gain_ns"];
    EXPECT_LE(measured["low"], measured["median"]);
    EXPECT_LE(measured["median"], measured["high"]);
    const double off = (row["estimated_gain_ns"]["median"].get<double>() - measured["median"].get<double>()) /
                       row["estimated_of_ns"].get<double>();
    EXPECT_NEAR(row["off"].get<double>(), off, 1e-12);
    EXPECT_EQ(row["holds"].get<bool>(), std::abs(off) <= 0.1);
    all_hold = all_hold && row["holds"].get<bool>();
    for (const auto& operation : row["operations"]) EXPECT_GE(operation["measured_ns"].get<int64_t>(), 0);
    EXPECT_NE(result.out.find(name + "=" + value), std::string::npos) << "the table on the terminal has it";
  }
  EXPECT_EQ(result.exit_code, all_hold ? 0 : 1);
  EXPECT_NE(result.out.find("ESTIMATED AND MEASURED"), std::string::npos);
}

TEST(PriceBatch, OtherBatchesArePricedForThisRunsExamplesOrRefusedWithTheReason) {
  StepOptions options;
  options.network = builtin_network("mlp");
  options.batch = 4;
  Switches switches;
  set_switch(switches, "threads", "2");
  options.way = resolve(switches);
  const RunRecord record = measure(options, few_digits(), few_steps());
  Report report = make_report(record);
  Finding larger{"larger", ""}, huge{"huge", ""};
  larger.batch = 64, huge.batch = int64_t{1} << 40;
  report.findings = {larger, huge};
  const Prices prices = price_findings(report, options, switches, few_digits(), few_steps());
  EXPECT_EQ(prices.size(), 2u);
  for (const Finding& f : report.findings) {
    SCOPED_TRACE(f.rule);
    if (f.rule == "huge") {
      EXPECT_FALSE(f.gain);
      EXPECT_NE(f.unpriced.find("takes about"), std::string::npos) << f.unpriced;
      continue;
    }
    ASSERT_TRUE(f.gain) << f.unpriced;
    EXPECT_LE(f.gain->low_ns, f.gain->median_ns);
    EXPECT_LE(f.gain->median_ns, f.gain->high_ns);
    // Sixteen times the examples a step: the weights' update and every call's overhead are shared by them.
    EXPECT_GT(f.gain->median_ns, 0);
    EXPECT_LT(f.gain->median_ns, 20 * report.step.median_ns) << "for four examples, not for 64";
  }
}

}  // namespace
}  // namespace tacho
