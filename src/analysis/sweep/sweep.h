#pragma once
// Time against one size: how each operation grows in theory and in practice, and where the two part.
#include <compare>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/report.h"
#include "analysis/scaling/power_fit.h"

namespace tacho {

/// Operations of one name in one phase, wherever they stand in the network.
struct SweptName {
  std::string op, phase;
  auto operator<=>(const SweptName&) const = default;
};

/// What one visit measured of them: thread time of a step, and the work that they require.
struct SweptTime {
  int64_t ns = 0, work = 0, bytes = 0;  ///< bytes: of the largest one's operands
};

/// One visit at one value.
struct SweepVisit {
  int64_t step_ns = 0, steps = 0;
  int64_t outside_ns = 0;  ///< of step_ns: not in kernels, per thread
  int64_t work = 0;        ///< required by the step
  std::map<SweptName, SweptTime> operations;
};
SweepVisit sweep_visit(const Report& report);

/// One value of the dimension.
struct SweepPoint {
  double value = 0;
  std::vector<SweepVisit> rounds;  ///< at least one
  std::string skipped;             ///< why it was not measured; then there are no rounds

  int64_t step_ns() const;  ///< median over the rounds
  int64_t ns(const SweptName& name) const;
};

struct SweepRecord {
  std::string command = "tacho sweep", network, data, optimizer, machine, way, over;
  int64_t batch = 0, l2_bytes = 0, l3_bytes = 0;
  int threads = 1;
  std::string dtype = "float32";  ///< or float64, bfloat16
  SwitchValues switches;
  std::vector<SweepPoint> points;  ///< by rising value
  /// What the formulas give far beyond the measured sizes: work at two values, by which constants no longer matter.
  double far_value[2] = {0, 0};
  std::map<SweptName, int64_t> far_work[2];
};

/// A run of neighbouring values over which practice does not grow as the formula does.
struct Departure {
  double from = 0, to = 0;
  double measured = 0, theory = 0;  ///< exponents between the two
  std::string reason;               ///< in this sweep's numbers
};

/// How one operation (or the step: op "step", phase "all") grows.
struct SweepFit {
  SweptName name;
  std::optional<PowerFit> fit;             ///< of nanoseconds against the value
  std::optional<double> formula_exponent;  ///< the formula's, for large sizes; absent where it requires nothing
  std::optional<double> formula_here;      ///< fitted to the exact counts at the measured values
  std::vector<Departure> departures;
  double share = 0;  ///< of the kernels' time at the largest value
};

struct Sweep {
  const SweepRecord* record = nullptr;  ///< must outlive the result
  SweepFit step;
  std::vector<SweepFit> operations;  ///< by falling share
};

Sweep fit_sweep(const SweepRecord& record);
/// A value of the dimension as it is printed.
std::string value_text(double value);

}  // namespace tacho
