#include "lab/turns.h"

#include <algorithm>

#include "base/clock.h"
#include "trace/statistics.h"

namespace tacho {

void Turns::turn() {
  const int64_t begin = now_ns();
  own_steps_.push_back(own_(own_rows_.emplace_back()));
  if (other_) other_steps_.push_back(other_(other_rows_.emplace_back()));
  last_ns_ = now_ns() - begin;
}

int64_t Turns::own_step_ns() const { return undisturbed(own_steps_); }
std::vector<int64_t> Turns::own_rows_ns() const { return by_column(own_rows_, undisturbed); }
std::vector<int64_t> Turns::other_rows_ns() const { return by_column(other_rows_, undisturbed); }

Gain Turns::gain() const {
  const int64_t gain = own_step_ns() - undisturbed(other_steps_);
  Gain result{gain, gain, gain};
  for (size_t t = 0; t < other_steps_.size(); ++t) {
    const int64_t of_turn = own_steps_[t] - other_steps_[t];
    result.low_ns = std::min(result.low_ns, of_turn), result.high_ns = std::max(result.high_ns, of_turn);
  }
  return result;
}

}  // namespace tacho
