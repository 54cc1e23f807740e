#pragma once
// Times of real steps on made-up examples: what the calibration fits and the backtest compares with.
#include <memory>
#include <vector>

#include "lab/pace.h"
#include "train/session.h"

namespace tacho {

/// Of the quicker half of the steps: another program, or a neighbour of a virtual machine, only makes steps longer.
struct StepTiming {
  Summary step;                  ///< nanoseconds of a step
  std::vector<int64_t> node_ns;  ///< of each planned node, all its calls: median over those steps
  int64_t dispatch_ns = 0;       ///< of all threads outside kernels, waiting and idling left out: median step
};

/// A step, and how fast the machine was around it.
struct SteadyStep {
  StepTiming timing;
  Pace pace;  ///< the lesser of before and after
};

/// A session with its pool, its variables and one batch of random examples.
class TimedStep {
 public:
  explicit TimedStep(const StepOptions& options);
  /// Steps for about `seconds`, at least three after one to warm up.
  StepTiming run(double seconds);
  const Plan& plan() const { return *session_->executor().plan(); }

 private:
  void step();
  Pool pool_;
  VariableStore variables_;
  std::unique_ptr<Session> session_;
  Tensor x_, y_;
  int64_t steps_ = 0;
};

/// The steps for about `seconds`, again where the machine was slower around them than usual: of three tries the fastest
/// steps.
SteadyStep measure_steady(TimedStep& timed, double seconds, int threads, const Pace& usual);

}  // namespace tacho
