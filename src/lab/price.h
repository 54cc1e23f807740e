#pragma once
// Findings with what their switches would save: other ways are planned, not run; and, when asked, run after all.
#include <cmath>
#include <map>

#include "analysis/price.h"
#include "lab/measure.h"

namespace tacho {

/// A row of the turned step: what was estimated, and what it took.
struct VerifiedRow {
  PricedRow priced;
  int64_t measured_ns = 0;  ///< over all threads
};

/// An estimate beside what was measured.
struct Verified {
  std::string turn, value;
  Gain estimated;
  int64_t estimated_of_ns = 0;    ///< the step that the estimate is of
  Gain measured;                  ///< of both ways in alternation (lab/turns.h)
  int64_t step_ns = 0;            ///< of this way, in the same turns
  int64_t pairs = 0;              ///< turns of both ways
  std::vector<VerifiedRow> rows;  ///< of the turned step; empty where its plan was another than the estimate's
  /// Estimated less measured, as a share of the step.
  double off() const { return double(estimated.median_ns - measured.median_ns) / double(estimated_of_ns); }
  bool holds() const { return std::abs(off()) <= 0.1; }
};

/// Plans the step of each finding that turns a switch (once per switch and value) and measures by themselves the
/// kernels that this run does not have, in turn with those in whose place they come and with the run's own step; runs a
/// few steps of each finding's other batch (price_batch.h). Fills in the gain or why there is none, and groups the
/// findings by it (findings/groups.h). Returns the prices by switch and value; a batch is there as "batch-size".
///
/// Where `verified` is given, turns the switch of every finding that has a gain: while kernels are measured by
/// themselves (more often then), steps of both ways are, too, in alternation, 25 times or for as long as kernels take,
/// at least 5 times. The estimate knows nothing of the other way's. In the order of the findings.
using Prices = std::map<std::pair<std::string, std::string>, Price>;
Prices price_findings(Report& report, const StepOptions& options, const Switches& switches, const Dataset& data,
                      const MeasureOptions& measuring, std::vector<Verified>* verified = nullptr);

/// One line a switch, at most 80 columns; and for those that do not hold, the rows that are most off.
std::string to_text(const std::vector<Verified>& verified);

}  // namespace tacho
