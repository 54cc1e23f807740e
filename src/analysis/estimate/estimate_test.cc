#include "analysis/estimate/estimate.h"

#include <gtest/gtest.h>

#include <cmath>

#include "analysis/replay.h"
#include "nn/builtin.h"
#include "train/session.h"

namespace tacho {
namespace {

StepOptions options_of(int64_t batch, const char* schedule = "slices") {
  StepOptions options;
  options.network = builtin_network("lenet5");
  options.batch = batch;
  Switches switches;
  set_switch(switches, "schedule", schedule);
  set_switch(switches, "lanes", "2");
  options.way = resolve(switches);
  return options;
}

/// Times that follow from sizes alone, with one backend at half price.
class MadeUpTimes final : public KernelTimes {
 public:
  explicit MadeUpTimes(std::string cheap) : cheap_(std::move(cheap)) {}
  int64_t ns(const KernelCall& call, const std::string&) override {
    ++asked;
    const KernelPoint point = point_of(call);
    return 100 + int64_t(point.work + point.bytes) / (call.backend == cheap_ ? 2 : 1);
  }
  int asked = 0;

 private:
  std::string cheap_;
};

TEST(EstimatePlan, TimesThatAreSaidChooseTheKernels) {
  StepOptions options = options_of(8);
  const auto run_by_simd = [&](const char* cheap) {
    MadeUpTimes times(cheap);
    options.times = &times;
    int count = 0;
    const std::unique_ptr<Plan> plan = plan_of(options);
    for (const PlannedNode& node : plan->nodes) count += node.backend == "simd";
    EXPECT_GT(times.asked, 20);
    return count;
  };
  EXPECT_GT(run_by_simd("simd"), run_by_simd("onednn"));
}

TEST(EstimatePlan, CallsCoverTheBatchExactly) {
  StepOptions options = options_of(7);
  MadeUpTimes times("simd");
  options.times = &times;
  const auto plan = plan_of(options);
  int sliced = 0;
  for (size_t n = 0; n < plan->nodes.size(); ++n) {
    const NodeCalls calls = calls_of(*plan, int(n));
    EXPECT_EQ(calls.parts.empty(), plan->nodes[n].kind == PlannedNode::view);
    if (!plan->nodes[n].sliced || calls.parts.empty()) continue;
    int64_t examples = 0, items = 0;
    for (const NodeCalls::Part& part : calls.parts) examples += part.calls * part.examples, items += part.calls;
    EXPECT_EQ(examples, 7) << plan->nodes[n].path;
    EXPECT_EQ(items, plan->slices_in(plan->nodes[n].order)) << plan->nodes[n].path;
    ++sliced;
  }
  EXPECT_GT(sliced, 10);
}

/// Whole or in slices of as many examples, a kernel alone does the same.
TEST(EstimatePlan, AloneACallInASliceIsTheCallThatRunsWhole) {
  std::map<std::string, std::vector<double>> whole;
  int same = 0;
  for (const std::string schedule : {"operators", "slices"}) {
    StepOptions options = options_of(schedule == "slices" ? 4 : 2, schedule.c_str());
    MadeUpTimes times("simd");
    options.times = &times;
    const auto plan = plan_of(options);
    for (size_t n = 0; n < plan->nodes.size(); ++n) {
      if (plan->nodes[n].kind != PlannedNode::compute || plan->nodes[n].op == "momentum_update") continue;
      const NodeCalls calls = calls_of(*plan, int(n));
      const KernelPoint& point = calls.parts.front().point;
      if (schedule == "operators") whole[plan->nodes[n].path + point.family] = point.x;
      else if (const auto found = whole.find(plan->nodes[n].path + point.family);
               found != whole.end() && calls.parts.front().examples == 2) {
        for (size_t c = 0; c < point.x.size(); ++c) {
          if (point.names[c] == "partial") continue;
          EXPECT_NEAR(point.x[c], found->second[c], 0.01) << point.names[c];
        }
        ++same;
      }
    }
  }
  EXPECT_GT(same, 0);
}

/// One family of copies whose time is 2 ns a byte.
Calibration made_up_calibration() {
  Calibration c;
  c.identity = "a machine";
  c.networks = c.wanted = 1;
  KernelFamily& family = c.families["simd|relu(N)|x"];
  family.op = "relu";
  family.names = {"N", "bytes of largest"};
  for (int i = 1; i <= 20; ++i) {
    const double bytes = 1000.0 * i;
    family.samples.push_back({{std::log2(1 + bytes / 4), std::log2(1 + bytes)}, bytes / 4, bytes, 2 * bytes, 0});
  }
  c.steps.push_back({0, 1, "one", {10, 2, 0}, 1000, 990, 5, {1e9, 2e9}});
  c.nodes.push_back({"simd|relu(N)|x", "relu", 0, 1, {1, 2}, {1, 2, 3, 4, 5, 6, 7, 8}, 10, 40, 80, 90, 3});
  return c;
}

TEST(CalibrationFile, ReadsBackAndRefusesWhatIsDamaged) {
  const Calibration c = made_up_calibration();
  const std::string text = calibration_to_json(c);
  EXPECT_EQ(calibration_to_json(calibration_from_json(text, "here")), text);
  EXPECT_TRUE(calibration_from_json(text, "here").complete());
  for (const std::string& damaged : {std::string("{}"), text.substr(0, text.size() / 2), std::string("[1]")})
    EXPECT_THROW(calibration_from_json(damaged, "here"), Error) << damaged.substr(0, 40);
}

TEST(CostModelOf, FollowsItsSamplesAndSaysWhatLiesOutside) {
  const Calibration c = made_up_calibration();
  const CostModel model(c);
  KernelPoint point;
  point.op = "relu";
  point.family = "simd|relu(N)|x";
  point.names = {"N", "bytes of largest"};
  const auto at = [&](double bytes) {
    point.x = {std::log2(1 + bytes / 4), std::log2(1 + bytes)};
    point.work = bytes / 4, point.bytes = bytes;
  };
  at(7500);
  const TimeEstimate inside = model.alone(point);
  EXPECT_NEAR(inside.ns / 15000, 1, 0.1);
  EXPECT_EQ(model.outside(point), "");
  at(1e6);
  EXPECT_NE(model.outside(point).find("relu: N 250000, calibrated 250 to 5000"), std::string::npos)
      << model.outside(point);
  EXPECT_GT(model.alone(point).deviation, inside.deviation);
  point.op = "sign";
  EXPECT_EQ(model.outside(point), "no kernel of sign was calibrated");
}

TEST(EstimateStep, WithoutCalibrationItIsTheRooflineAndSaysSo) {
  StepOptions options = options_of(8);
  options.way.tune = false;
  MachineProfile profile;
  profile.compute.push_back({"float32", "avx2", 1, 1e9, 0});
  profile.bandwidth.push_back({"memory", "read", 1, 1 << 30, 1e9, 0});
  const StepEstimate estimate = estimate_step(*plan_of(options), nullptr, profile, DType::float32, 1);
  EXPECT_FALSE(estimate.calibrated);
  EXPECT_EQ(estimate.step.median_ns, estimate.roofline_ns);
  EXPECT_GT(estimate.step.high_ns, 10 * estimate.step.median_ns);
  int64_t sum = 0;
  for (const OperationEstimate& operation : estimate.operations) sum += operation.roofline_ns;
  EXPECT_NEAR(double(sum), double(estimate.roofline_ns), double(estimate.operations.size()));
}

}  // namespace
}  // namespace tacho
