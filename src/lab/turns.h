#pragma once
// Steps of this way, or of two ways in alternation, in turn with other measurements: what a machine does for a minute
// meets all of them.
#include <cstdint>
#include <functional>
#include <vector>

#include "analysis/report.h"

namespace tacho {

class Turns {
 public:
  /// Runs a few steps: nanoseconds of one, and its thread time by row.
  using Steps = std::function<int64_t(std::vector<int64_t>& rows)>;
  /// `other` may be empty: then only this way's steps are measured.
  Turns(Steps own, Steps other) : own_(std::move(own)), other_(std::move(other)) {}

  /// Steps of this way, then of the other.
  void turn();
  int64_t count() const { return int64_t(own_steps_.size()); }
  /// How long the last turn took.
  int64_t last_ns() const { return last_ns_; }

  // Undisturbed (trace/statistics.h), of all turns; each needs one.
  int64_t own_step_ns() const;
  std::vector<int64_t> own_rows_ns() const;
  std::vector<int64_t> other_rows_ns() const;
  /// This way's step less the other's; its range is that of the single turns.
  Gain gain() const;

 private:
  Steps own_, other_;
  int64_t last_ns_ = 0;
  // By turn.
  std::vector<int64_t> own_steps_, other_steps_;
  std::vector<std::vector<int64_t>> own_rows_, other_rows_;
};

}  // namespace tacho
