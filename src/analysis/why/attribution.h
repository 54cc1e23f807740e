#pragma once
// The difference between two ways to execute the same step, attributed to the switches between them.
#include <functional>
#include <map>
#include <optional>

#include "analysis/why/orders.h"
#include "analysis/why/step_samples.h"

namespace tacho {

/// One way, visited in several rounds; all ways of a round are measured after one another, so that what drifts while
/// minutes pass lands in no single term.
struct MeasuredWay {
  std::string label;  ///< "procedural, gather convolution, reference, 1 thread"
  SwitchValues switches;
  std::vector<std::vector<WaySample>> rounds;  ///< at least one, none of them empty
  bool warmed_up = true;                       ///< false: its first step took so long that it is the sample

  /// The (lower) median of all its steps: one that really happened. Its parts sum to it.
  const WaySample& median() const;
  int64_t step_ns() const { return median().ns; }
  int64_t round_ns(size_t round) const;  ///< median of one round
  int64_t steps() const;
};

/// Everything measured.
struct WhyRecord {
  std::string command = "tacho why", network, data, optimizer, machine;
  int64_t batch = 0;
  std::string dtype = "float32";  ///< or float64, bfloat16
  int cores = 1;
  std::vector<Turn> turns;
  TurnOrder main;                       ///< whose terms are the result
  std::vector<TurnOrder> others;        ///< possible orders that give the ranges
  std::vector<std::string> left_out;    ///< orders that were not measured, with the reason
  std::map<TurnSet, MeasuredWay> ways;  ///< every combination on the way of one of the orders
};

/// What a difference of two ways lies between, by the rounds that both have: any round of the one against any of the
/// other. (Rounds of the same number alone were too narrow: run twice, a term moved by 26 ms where theirs reached over
/// 17.) Five rounds' range holds the difference of the centres 99 times of 100; that of fewer is widened until it does.
struct RoundRange {
  int64_t low_ns = 0, high_ns = 0;
};

/// What one switch is worth.
struct WhyTerm {
  Turn turn;
  const MeasuredWay *before = nullptr, *after = nullptr;  ///< in the record
  int64_t ns = 0;                                         ///< how much shorter the step became; below 0: longer
  double factor = 1;                                      ///< before / after
  int64_t samples_low_ns = 0, samples_high_ns = 0;        ///< its extremes over the rounds
  size_t rounds = 0;                                      ///< that both ways have
  int64_t orders_low_ns = 0, orders_high_ns = 0;          ///< its extremes over all orders measured
  int64_t low_ns = 0, high_ns = 0;                        ///< the wider side of the two
  bool orders_decide = false;                             ///< whether the orders' range is the wider one
  StepParts parts;                                        ///< sum to `ns`
  std::map<std::string, RoundRange> kinds;                ///< of the sums of the parts of each kind, holding them
};

struct Why {
  const WhyRecord* record = nullptr;  ///< must outlive the result
  const MeasuredWay *from = nullptr, *to = nullptr;
  std::vector<WhyTerm> terms;            ///< sum to from.step_ns - to.step_ns, exactly
  const MeasuredWay* fastest = nullptr;  ///< where a way's slowest round was faster than the fastest of `to`
  int64_t difference_ns() const { return from->step_ns() - to->step_ns(); }
};

/// Of `part` of a step, before less after, by each round's median.
RoundRange range_over_rounds(const MeasuredWay& before, const MeasuredWay& after,
                             const std::function<int64_t(const WaySample&)>& part);

/// Terms of the main order with their ranges. `record` holds every way that its orders pass.
Why attribute(const WhyRecord& record);

}  // namespace tacho
