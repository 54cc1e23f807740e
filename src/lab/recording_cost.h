#pragma once
// What recording costs: the same training steps with the ledger on and off, in alternation.
#include "lab/measure.h"

namespace tacho {

struct RecordingCost {
  int64_t batch = 0;
  int threads = 1;
  int64_t plain_ns = 0, plain_mad_ns = 0;        ///< a step without recording: median, median absolute deviation
  int64_t recorded_ns = 0, recorded_mad_ns = 0;  ///< the same recorded as `analyze` records
  /// Recorded less plain: median over pairs of neighbours, with three standard errors of it by rank.
  int64_t cost_ns = 0, low_ns = 0, high_ns = 0;
  int64_t pairs = 0, steps = 0;  ///< pairs of turns, and steps in one turn
  double timestamps = 0;         ///< of one step, all threads
  double stamp_ns = 0;           ///< of one timestamp

  /// What the timestamps alone come to, over a thread's step: a figure that no noise widens.
  double counted_share() const { return plain_ns > 0 ? timestamps / threads * stamp_ns / double(plain_ns) : 0; }
  double share(int64_t ns) const { return plain_ns > 0 ? double(ns) / double(plain_ns) : 0; }
  /// Whether it surely costs more than the hundredth of a step that it may. An interval that reaches over it says
  /// nothing.
  bool too_much() const { return share(low_ns) > 0.01; }
};

/// Turns of some steps each, plain, recorded, recorded, plain, for `measuring.seconds` (10) in one session: the same
/// memory and plan. Timed from outside; the allocation of the ledger before its first step is not a step's.
RecordingCost recording_cost(const StepOptions& options, const Dataset& data, const MeasureOptions& measuring);

/// Four lines of at most 80 columns.
std::string to_text(const RecordingCost& cost);

}  // namespace tacho
