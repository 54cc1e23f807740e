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
  double executed = 0, bytes = 0, ns = 0;
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
  double executed = 0, bytes = 0;
  double alone_ns = 0;  ///< of one call, as in the family's samples; 0 where it was not measured
  double call_ns = 0;   ///< of one call in the step: the mean over the calls of a step, the median over the steps
  double calls = 1;     ///< of a step, smaller slices in proportion
};

/// How fast the machine was at a moment.
struct Pace {
  double rate = 0;      ///< multiply-adds, FLOP/s
  double exchange = 0;  ///< bytes a second that a thread reads of another's; 0 for one thread

  /// Beside the usual one: what is slower by more was disturbed from outside.
  bool steady(const Pace& usual) const {
    return rate >= kSteadyRate * usual.rate && exchange >= kSteadyExchange * usual.exchange;
  }
  static constexpr double kSteadyRate = 0.93, kSteadyExchange = 0.6;
};

/// One step, and what its schedule comes to with its own nodes' times.
struct StepSample {
  int network = 0, threads = 1;
  std::string label;
  StepCalls calls;
  int64_t step_ns = 0, replayed_ns = 0;
  int64_t dispatch_ns = 0;  ///< of all threads
  Pace pace;                ///< the lesser of just before and after
};

/// How far off steps are of networks that the model has not seen (CostModel::left_out).
struct LeftOutError {
  size_t steps = 0;
  double mean = 0, median = 0, worst = 0;  ///< of |estimated / measured - 1|
  double interval_scale = 1;               ///< of deviations, so that nine of ten steps fall within
};

struct Calibration {
  std::string identity;          ///< of the machine
  std::string kernels;           ///< of the kernels that were timed (device/kernel_identity.h)
  int networks = 0, wanted = 0;  ///< calibration networks done, and how many there are: complete when equal
  int threads = 1;
  int64_t measured_at = 0;
  std::map<std::string, KernelFamily> families;
  std::vector<NodeSample> nodes;
  std::vector<StepSample> steps;
  LeftOutError left_out;  ///< of a complete one
  /// What shows that the machine's state spoilt it, a sentence each with its limit (judge); empty where it holds.
  std::vector<std::string> spoilt;
  bool complete() const { return networks >= wanted && wanted > 0; }
};

/// On so many threads, by the steps so far: nine of ten met no more. (The most that one of hundreds met is a stroke of
/// luck.) Zeros where there are none.
Pace usual_pace(const Calibration& calibration, int threads);

/// What a calibration may show before it is called spoilt. On a quiet machine the mean error was 7.3 %, the median 4.5
/// % and a tenth of the steps was disturbed; in an hour with other programs 33.9 % and 7.0 % (docs/estimate.md).
struct CalibrationLimits {
  double mean_error = 0.12, median_error = 0.06;
  double disturbed = 0.3;     ///< share of the steps that met the machine slower than usual (Pace::steady)
  double rate_spread = 0.25;  ///< of the multiply-add probes: (95 % - 5 % quantile) / median, of one number of threads
};

/// What of a complete calibration is beyond the limits: a phrase each, "mean error of left-out steps 33.9 % (limit 12
/// %)".
std::vector<std::string> judge(const Calibration& calibration, const CalibrationLimits& limits = {});

/// What a reader of an estimate must be told of the calibration: that other kernels than `kernels` were timed, that the
/// machine's state spoilt it. Empty where there is nothing to say.
std::vector<std::string> warnings_of(const Calibration& calibration, const std::string& kernels);

std::string calibration_to_json(const Calibration& calibration);
/// Throws tacho::Error where the text is none.
Calibration calibration_from_json(const std::string& text, const std::string& where);

}  // namespace tacho
