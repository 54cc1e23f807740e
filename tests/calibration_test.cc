// The whole way of an estimate: kernels and steps of a few networks are measured, and a step of another network is
// estimated from them.
#include "lab/calibration.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "data/test_files.h"
#include "device/kernel_identity.h"
#include "lab/backtest.h"
#include "machine/profile.h"
#include "tests/support/run_program.h"

namespace tacho {
namespace {

CalibrationOptions small_calibration() {
  CalibrationOptions options;
  options.cases = 16;       // of 256: two networks of each kind
  options.seconds = 0.005;  // at least three steps of each
  return options;
}

TEST(CalibrationSlow, EstimatesANetworkThatItHasNotSeen) {
  const TestFolder folder;
  const HomeFolder home(folder / "home");
  const Calibration calibration = calibrate(small_calibration());
  ASSERT_TRUE(calibration.complete());
  EXPECT_EQ(calibration.steps.size(), 16u);  // one thread
  EXPECT_GT(calibration.nodes.size(), 500u);
  // What was kept is what the next program finds.
  const std::optional<Calibration> kept = kept_calibration();
  ASSERT_TRUE(kept && kept->complete());
  EXPECT_EQ(kept->nodes.size(), calibration.nodes.size());

  const MachineProfile profile = measure_machine(1, {});
  const CostModel model(*kept);
  for (const char* network : {"lenet5", "simplenn-4"}) {
    BacktestCase chosen;
    chosen.network = network;
    chosen.batch = 16;
    measure_case(chosen, 0.05, usual_pace(*kept, 1));
    estimate_case(chosen, model, profile);
    ASSERT_EQ(chosen.rounds.size(), 1u);
    const double ratio = double(chosen.estimated_ns) / double(chosen.rounds[0].step_ns);
    RecordProperty(network, std::to_string(ratio));
    // A sixteenth of the networks for a thirtieth of the time each, on a machine that may be busy: the order must be
    // right.
    EXPECT_GT(ratio, 1.0 / 3) << network;
    EXPECT_LT(ratio, 3) << network;
    EXPECT_LE(chosen.low_ns, chosen.estimated_ns);
    EXPECT_GE(chosen.high_ns, chosen.estimated_ns);
    EXPECT_GT(chosen.roofline_ns, 0);
  }

  // As a user asks, who finds it in TACHO_HOME; so few networks need not reach as far as these sizes.
  const auto estimated = [&](std::vector<std::string> more) {
    std::vector<std::string> words{"estimate", "simplenn-4",    "--batch-size", "16", "--threads",
                                   "1",        "--extrapolate", "--json",       "-"};
    words.insert(words.end(), more.begin(), more.end());
    const ProgramResult result = run_tacho(folder.path(), words);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return nlohmann::json::parse(result.out);
  };
  const nlohmann::json plain = estimated({}), wide = estimated({"--width", "1.5"}), deep = estimated({"--depth", "2"});
  EXPECT_EQ(plain.at("calibrated"), true);
  EXPECT_LT(plain.at("step").at("low_ns"), plain.at("step").at("high_ns"));
  EXPECT_GT(wide.at("step").at("median_ns"), plain.at("step").at("median_ns"));
  EXPECT_GT(deep.at("step").at("median_ns"), plain.at("step").at("median_ns"));

  // A calibration of other kernels, or one that the machine's state spoilt, is used and said loudly.
  const auto said = [&](const nlohmann::json& json) { return json.at("reasons").dump(); };
  EXPECT_EQ(said(plain).find("other kernels"), std::string::npos);
  nlohmann::json file = nlohmann::json::parse(read_file(calibration_path(), size_t{256} << 20));
  EXPECT_EQ(file.at("kernels"), kernel_identity());
  file["kernels"] = "0123456789abcdef";
  file["spoilt"] = {"mean error of left-out steps 33.9 % (limit 12 %)"};
  write_file_atomic(calibration_path(), file.dump());
  const nlohmann::json warned = estimated({});
  EXPECT_EQ(warned.at("calibrated"), true);
  EXPECT_NE(said(warned).find("calibrated with other kernels: "), std::string::npos) << said(warned);
  EXPECT_NE(said(warned).find("mean error of left-out steps 33.9 %"), std::string::npos) << said(warned);
  const ProgramResult text =
      run_tacho(folder.path(), {"estimate", "simplenn-4", "--batch-size", "16", "--threads", "1", "--extrapolate"});
  EXPECT_NE(text.out.find("NOTE  calibrated with other kernels"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("NOTE  the calibration was spoilt"), std::string::npos) << text.out;
  // Going on with it begins anew.
  CalibrationOptions one = small_calibration();
  one.progress = [](int done, int, const std::string&) {
    EXPECT_EQ(done, 0) << "nothing that other kernels took is kept";
    return false;
  };
  EXPECT_EQ(calibrate(one).networks, 0);
}

TEST(CalibrationSlow, GoesOnWhereItWasStopped) {
  const TestFolder folder;
  const HomeFolder home(folder / "home");
  CalibrationOptions options = small_calibration();
  options.cases = 6;
  std::vector<int> asked;
  options.progress = [&](int done, int of, const std::string&) {
    EXPECT_EQ(of, 6);
    asked.push_back(done);
    return done < 3;
  };
  const Calibration stopped = calibrate(options);
  EXPECT_EQ(stopped.networks, 3);
  EXPECT_FALSE(stopped.complete());
  ASSERT_TRUE(kept_calibration());
  EXPECT_EQ(kept_calibration()->networks, 3);
  options.progress = [&](int done, int, const std::string&) {
    asked.push_back(done);
    return true;
  };
  const Calibration whole = calibrate(options);
  EXPECT_TRUE(whole.complete());
  EXPECT_EQ(asked, (std::vector<int>{0, 1, 2, 3, 3, 4, 5}));
  // What was measured before the stop stands.
  ASSERT_EQ(whole.steps.size(), 6u);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(whole.steps[i].step_ns, stopped.steps[i].step_ns);
}

}  // namespace
}  // namespace tacho
