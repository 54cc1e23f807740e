#pragma once
// What a step would take: a plan made by a model's times, its nodes' times inside a step, its schedule replayed.
#include <string>
#include <vector>

#include "analysis/estimate/model.h"
#include "machine/profile.h"

namespace tacho {

struct Interval {
  int64_t median_ns = 0, low_ns = 0, high_ns = 0;  ///< nine of ten fall between low and high
};

struct OperationEstimate {
  std::string node, op, kernel;
  Phase phase = Phase::none;
  Interval time;            ///< of a step, over all threads
  int64_t roofline_ns = 0;  ///< one thread's: the larger of flop/peak and bytes/bandwidth
};

struct StepEstimate {
  bool calibrated = false;
  Interval step;
  int64_t roofline_ns = 0;                    ///< the plain roofline: the operations' sum, on all threads of the step
  std::vector<OperationEstimate> operations;  ///< in the plan's order; views left out
  std::vector<std::string> reasons;           ///< why it is not calibrated, or what is outside of the calibration
  std::vector<std::string> outside;           ///< what lies beyond the calibrated range, each once
};

/// Says kernels' times by a model, so that a plan is made as tuning would make it, without running anything.
class ModelTimes final : public KernelTimes {
 public:
  explicit ModelTimes(const CostModel& model) : model_(model) {}
  int64_t ns(const KernelCall& call, const std::string& key) override;

 private:
  const CostModel& model_;
  std::map<std::string, int64_t> known_;
};

/// `model` null: nothing was calibrated, and the roofline is all there is.
StepEstimate estimate_step(const Plan& plan, const CostModel* model, const MachineProfile& profile, DType dtype,
                           int threads);

}  // namespace tacho
