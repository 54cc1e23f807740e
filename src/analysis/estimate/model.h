#pragma once
// Times of kernels, nodes and steps that were never run, from what was calibrated.
#include <map>
#include <memory>
#include <set>

#include "analysis/estimate/calibration.h"
#include "analysis/estimate/curve.h"
#include "analysis/estimate/overhead.h"

namespace tacho {

constexpr double kNineOfTen = 1.645;  ///< standard deviations to either side that hold nine of ten

struct TimeEstimate {
  double ns = 0;
  double deviation = 0;  ///< standard, in octaves
};

/// A calibrated step as the model says it without its network's samples.
struct LeftOutStep {
  int network = 0, threads = 1;
  double error = 0;      ///< estimated over measured, in octaves
  double deviation = 0;  ///< what the model thinks of it
};

LeftOutError error_of(const std::vector<LeftOutStep>& steps);

class CostModel {
 public:
  /// `calibration` must outlive the model. Curves are fitted when they are first asked for.
  explicit CostModel(const Calibration& calibration);

  /// One call of a kernel alone, caches warm.
  TimeEstimate alone(const KernelPoint& point) const;
  /// One call of it inside a step on that many threads: `context` as calls_of gives it.
  TimeEstimate in_step(const KernelPoint& point, const double (&context)[std::size(kContextNames)], int threads) const;
  /// A step whose schedule was replayed with its kernels alone.
  TimeEstimate step(double replayed_ns, const StepCalls& calls, int threads) const;
  /// Every calibrated step that was not disturbed, estimated from the other networks' samples, lengths of the curves
  /// kept. Takes seconds.
  std::vector<LeftOutStep> left_out() const;
  double interval_scale() const { return calibration_.left_out.interval_scale; }
  /// Why the point is outside of what was calibrated: "channels 4096 > 1280 of conv2d"; empty where it is inside.
  std::string outside(const KernelPoint& point) const;

 private:
  struct Range {
    double least = 1e9, most = -1e9;
  };
  /// What curves are drawn relative to: a rough machine, so that their values stay near a constant.
  static double rough_ns(double executed, double bytes);
  static double alone_ns(const NodeSample& node);
  /// Where the node stands among those of its curve of factors from alone to inside a step.
  static std::vector<double> step_place_of(const NodeSample& node);
  const Curve* kernel_curve(const std::string& family) const;
  const Curve* step_curve(const std::string& key) const;
  /// Of so many threads: what is added to a replayed schedule, and the factor that is left.
  struct Overhead {
    StepOverhead added;
    std::unique_ptr<Curve> factor;  ///< null where nothing was calibrated
  };
  std::vector<const StepSample*> steps_of(int threads) const;
  const Overhead& overhead(int threads) const;

  const Calibration& calibration_;
  std::set<std::pair<int, int>> disturbed_;                      ///< (network, threads)
  std::map<std::string, std::map<std::string, Range>> ranges_;   ///< by operation and coordinate
  std::map<std::string, std::vector<std::string>> families_of_;  ///< by operation
  std::map<std::string, std::vector<const NodeSample*>> nodes_of_;
  mutable std::map<std::string, std::unique_ptr<Curve>> kernel_curves_, step_curves_;
  mutable std::map<int, Overhead> overheads_;
};

}  // namespace tacho
