#pragma once
// What a step takes beyond its kernels: dispatch, barriers, waking up.
#include <vector>

#include "analysis/estimate/calibration.h"

namespace tacho {

/// A replayed schedule's time, and so many nanoseconds more for the step, each stage, each wait, each call on its
/// thread, and each nanosecond replayed: none of them below 0, by least squares of errors relative to the steps.
class StepOverhead {
 public:
  /// Steps of one number of threads. Without any: nothing is added.
  explicit StepOverhead(const std::vector<const StepSample*>& steps);
  double step_ns(double replayed_ns, const StepCalls& calls, int threads) const;

 private:
  static constexpr size_t kTerms = 5;
  double ns_[kTerms] = {};
};

}  // namespace tacho
