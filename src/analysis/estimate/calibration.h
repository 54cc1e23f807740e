#pragma once
// What `machine --kernels` measured: plain data, and its text.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "analysis/estimate/kernel_point.h"

namespace tacho {

/// One kernel alone, caches warm, on one thread.
struct KernelSample {
  std::vector<double> x;
  double work = 0, bytes = 0, ns = 0;
  int network = 0;  ///< calibration network that asked for it
};
struct KernelFamily {
  std::string op;
  std::vector<std::string> names;  ///< of x
  std::vector<KernelSample> samples;
};

/// One node inside a step.
struct NodeSample {
  std::string family, op;
  int network = 0, threads = 1;
  std::vector<double> x, context;
  double work = 0, bytes = 0;
  double alone_ns = 0;  ///< of one call, as in the family's samples; 0 where it was not measured
  double call_ns = 0;   ///< of one call in the step: the mean over the calls of a step, the median over the steps
  double calls = 1;     ///< of a step, smaller slices in proportion
};

/// One step, and what its schedule comes to with its own nodes' times.
struct StepSample {
  int network = 0, threads = 1;
  std::string label;
  int64_t items = 0, stages = 0, step_ns = 0, replayed_ns = 0, dispatch_ns = 0;
  double rate_now = 0;  ///< multiply-adds just before and after: the lesser, FLOP/s
};

/// Steps around which the machine multiplied at less than this part of its best were disturbed from outside.
constexpr double kSteadyRate = 0.93;

struct Calibration {
  std::string identity;          ///< of the machine
  int networks = 0, wanted = 0;  ///< calibration networks done, and how many there are: complete when equal
  int threads = 1;
  int64_t measured_at = 0;
  std::map<std::string, KernelFamily> families;
  std::vector<NodeSample> nodes;
  std::vector<StepSample> steps;
  double interval_scale = 1;  ///< of deviations, so that nine of ten left-out steps fall within (model.h)
  bool complete() const { return networks >= wanted && wanted > 0; }
};

std::string calibration_to_json(const Calibration& calibration);
/// Throws tacho::Error where the text is none.
Calibration calibration_from_json(const std::string& text, const std::string& where);

}  // namespace tacho
