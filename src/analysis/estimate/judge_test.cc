// Whether a calibration is called spoilt, and what estimates say of it; made up.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "analysis/estimate/calibration.h"

namespace tacho {
namespace {

/// Complete, of a quiet machine: 20 steps on one and 20 on two threads, one in ten disturbed.
Calibration quiet_calibration() {
  Calibration c;
  c.identity = "made up", c.kernels = "k1";
  c.networks = c.wanted = 20, c.threads = 2;
  c.left_out = {40, 0.073, 0.045, 0.9, 1.5};
  for (int threads : {1, 2})
    for (int i = 0; i < 20; ++i) {
      StepSample step;
      step.network = i, step.threads = threads;
      step.pace = {threads * (i % 10 == 0 ? 90e9 : 99e9 + i * 1e8), threads == 2 ? (i % 10 == 5 ? 30e9 : 77e9) : 0};
      c.steps.push_back(step);
    }
  return c;
}

TEST(CalibrationJudge, AQuietOneHolds) {
  EXPECT_TRUE(judge(quiet_calibration()).empty());
  EXPECT_TRUE(warnings_of(quiet_calibration(), "k1").empty());
}

TEST(CalibrationJudge, EachLimitIsSaidWithItsFigure) {
  Calibration c = quiet_calibration();
  c.left_out.mean = 0.339;
  EXPECT_EQ(judge(c), std::vector<std::string>{"mean error of left-out steps 33.9 % (limit 12 %)"});
  c = quiet_calibration();
  c.left_out.median = 0.07;
  EXPECT_EQ(judge(c), std::vector<std::string>{"median error of left-out steps 7.0 % (limit 6 %)"});
  c = quiet_calibration();
  for (size_t i = 0; i < 14; ++i) c.steps[20 + i].pace.exchange = 35e9;  // cores without a common cache for the while
  ASSERT_EQ(judge(c).size(), 1u);
  EXPECT_NE(judge(c)[0].find("steps disturbed by a slower machine 4"), std::string::npos) << judge(c)[0];
  c = quiet_calibration();
  for (size_t i : {1, 2}) c.steps[i].pace.rate = 50e9;
  ASSERT_EQ(judge(c).size(), 1u);
  EXPECT_NE(judge(c)[0].find("spread of the multiply-add rate on 1 thread"), std::string::npos) << judge(c)[0];
}

TEST(CalibrationJudge, TheMarkIsKeptAndEstimatesRepeatIt) {
  Calibration c = quiet_calibration();
  c.left_out.mean = 0.339;
  c.spoilt = judge(c);
  const Calibration kept = calibration_from_json(calibration_to_json(c), "here");
  EXPECT_EQ(kept.spoilt, c.spoilt);
  EXPECT_EQ(kept.kernels, "k1");
  const std::vector<std::string> warnings = warnings_of(kept, "k2");
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_NE(warnings[0].find("calibrated with other kernels"), std::string::npos);
  EXPECT_NE(warnings[0].find("run tacho machine --kernels again"), std::string::npos);
  EXPECT_NE(warnings[1].find("spoilt by the machine's state: mean error of left-out steps 33.9 %"), std::string::npos);
}

TEST(CalibrationJudge, AFileOfBeforeIsJudgedAndOfOtherKernels) {
  Calibration c = quiet_calibration();
  c.left_out.mean = 0.339;
  nlohmann::ordered_json old = nlohmann::ordered_json::parse(calibration_to_json(c));
  old.erase("kernels"), old.erase("spoilt");
  const Calibration kept = calibration_from_json(old.dump(), "here");
  EXPECT_EQ(kept.spoilt.size(), 1u);
  EXPECT_EQ(warnings_of(kept, "k1").size(), 2u);
  c.networks = 3;
  old = nlohmann::ordered_json::parse(calibration_to_json(c));
  old.erase("spoilt");
  EXPECT_TRUE(calibration_from_json(old.dump(), "here").spoilt.empty()) << "an incomplete one is not judged yet";
}

}  // namespace
}  // namespace tacho
