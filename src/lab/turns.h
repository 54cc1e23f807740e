#pragma once
// Steps of several ways in alternation, in turn with other measurements: what a machine does for a minute meets all of
// them.
#include <cstdint>
#include <functional>
#include <vector>

#include "analysis/report.h"

namespace tacho {

class Turns {
 public:
  /// Runs a few steps: nanoseconds of one, and its thread time by row.
  using Steps = std::function<int64_t(std::vector<int64_t>& rows)>;

  /// Another way; returns its number.
  size_t add(Steps steps);
  /// Steps of each way, in their order.
  void turn();
  int64_t count() const { return turns_; }
  /// How long the last turn took.
  int64_t last_ns() const { return last_ns_; }

  // Undisturbed (trace/statistics.h), of all turns; each needs one.
  int64_t step_ns(size_t way) const;
  std::vector<int64_t> rows_ns(size_t way) const;
  /// A way's step less the other's; its range is that of the single turns.
  Gain gain(size_t way, size_t other) const;

 private:
  struct Way {
    Steps steps;
    // By turn.
    std::vector<int64_t> step_ns;
    std::vector<std::vector<int64_t>> rows_ns;
  };
  std::vector<Way> ways_;
  int64_t turns_ = 0, last_ns_ = 0;
};

}  // namespace tacho
