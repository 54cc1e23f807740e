#pragma once
// Times of kernels, nodes and steps that were never run, from what was calibrated.
#include <map>
#include <memory>
#include <set>

#include "analysis/estimate/calibration.h"
#include "analysis/estimate/curve.h"

namespace tacho {

struct TimeEstimate {
  double ns = 0;
  double deviation = 0;  ///< standard, in octaves
};

class CostModel {
 public:
  /// `calibration` must outlive the model. Curves are fitted when they are first asked for.
  explicit CostModel(const Calibration& calibration);

  /// One call of a kernel alone, caches warm.
  TimeEstimate alone(const KernelPoint& point) const;
  /// One call of it inside a step on that many threads: `context` as calls_of gives it.
  TimeEstimate in_step(const KernelPoint& point, const double (&context)[std::size(kContextNames)], int threads) const;
  /// What a step takes beyond its replayed schedule: factor of the time.
  CurveValue overhead(double replayed_ns, int64_t items, int64_t stages, int threads) const;
  /// Why the point is outside of what was calibrated: "channels 4096 > 1280 of conv2d"; empty where it is inside.
  std::string outside(const KernelPoint& point) const;

 private:
  struct Range {
    double least = 1e9, most = -1e9;
  };
  const Curve* kernel_curve(const std::string& family) const;
  const Curve* step_curve(const std::string& key) const;
  const Curve* overhead_curve(int threads) const;

  const Calibration& calibration_;
  std::set<std::pair<int, int>> disturbed_;                      ///< (network, threads)
  std::map<std::string, std::map<std::string, Range>> ranges_;   ///< by operation and coordinate
  std::map<std::string, std::vector<std::string>> families_of_;  ///< by operation
  std::map<std::string, std::vector<const NodeSample*>> nodes_of_;
  mutable std::map<std::string, std::unique_ptr<Curve>> kernel_curves_, step_curves_;
  mutable std::map<int, std::unique_ptr<Curve>> overhead_curves_;
};

}  // namespace tacho
