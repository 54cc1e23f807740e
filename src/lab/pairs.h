#pragma once
// Two ways of a step in alternation, as `analyze --verify` compares them.
#include <cstdint>
#include <functional>
#include <vector>

namespace tacho {

/// Steps of both ways in alternation.
struct Pairs {
  std::vector<int64_t> gains, steps;       ///< nanoseconds, of each pair: ours less theirs, and ours
  std::vector<std::vector<int64_t>> rows;  ///< of each step of theirs
  int64_t left_out = 0;                    ///< pairs that met the machine in another state
  bool same_state = true;                  ///< false: these are such pairs, there were no others
};

/// What measures them.
struct PairSource {
  std::function<int64_t()> ours;  ///< nanoseconds of a step of this way
  std::function<int64_t(std::vector<std::vector<int64_t>>& rows)> theirs;
  std::function<double()> exchange;   ///< bytes a second that threads exchange now; 0 where there is one
  std::function<int64_t()> clock_ns;  ///< monotonic
};

/// 15 pairs, or as many as fit 12 seconds, at least 5. `exchange`: what threads exchanged around the run that the pairs
/// are compared with. A pair before or behind which it was another by more than Pace::kSteadyExchange met the machine
/// in another state and is left out; where 24 seconds bring too few others, such pairs stand.
Pairs measure_pairs(const PairSource& source, double exchange);

}  // namespace tacho
