#pragma once
// What the step would be if one operation were free, or at its floor: with several threads that is not its share.
#include <cstdint>
#include <string>
#include <vector>

#include "analysis/render_json.h"
#include "analysis/text.h"

namespace tacho {

/// One operation. Gains are of the step, above 0 where it gets shorter; intervals are three standard errors of the
/// median difference of neighbouring steps, with and without.
struct CausalRow {
  std::string node, label;
  int64_t share_ns = 0;  ///< its thread time in a step over the threads: what it would give if share were gain
  int64_t pairs = 0;     ///< of steps with and without it
  // Measured: its kernel is left out and its results are those of a former step.
  int64_t free_gain_ns = 0, low_ns = 0, high_ns = 0;
  int64_t replayed_gain_ns = 0;  ///< the same by playing the schedule with its times at 0
  // Only where the machine's ceilings are known.
  bool has_floor = false;
  int64_t floor_gain_ns = 0;  ///< by playing the schedule with its times at its floor
  // Measured: each time it is over, the other threads are held for what it would have saved at its floor.
  int64_t virtual_gain_ns = 0, virtual_low_ns = 0, virtual_high_ns = 0;
  std::string no_virtual;  ///< why that was not measured; else empty
};

struct Causal {
  int64_t step_ns = 0;           ///< median of the steps with everything
  int64_t replayed_step_ns = 0;  ///< a measured step's schedule played with its own times and costs
  int64_t measured_step_ns = 0;  ///< and what that step took
  std::vector<CausalRow> rows;   ///< by share, largest first
};

/// CAUSAL GAIN: at most 80 columns.
std::string render_causal(const Report& report, const Causal& causal, const Paint& paint);
/// The field `causal` of `analyze --json`.
Json causal_to_json(const Causal& causal);

}  // namespace tacho
