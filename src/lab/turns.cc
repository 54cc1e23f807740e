#include "lab/turns.h"

#include <algorithm>

#include "base/clock.h"
#include "trace/statistics.h"

namespace tacho {

size_t Turns::add(Steps steps) {
  ways_.push_back({std::move(steps), {}, {}});
  return ways_.size() - 1;
}

void Turns::turn() {
  const int64_t begin = now_ns();
  for (Way& way : ways_) way.step_ns.push_back(way.steps(way.rows_ns.emplace_back()));
  ++turns_, last_ns_ = now_ns() - begin;
}

int64_t Turns::step_ns(size_t way) const { return undisturbed(ways_[way].step_ns); }
std::vector<int64_t> Turns::rows_ns(size_t way) const { return by_column(ways_[way].rows_ns, undisturbed); }

Gain Turns::gain(size_t way, size_t other) const {
  const int64_t gain = step_ns(way) - step_ns(other);
  Gain result{gain, gain, gain};
  for (size_t t = 0; t < size_t(turns_); ++t) {
    const int64_t of_turn = ways_[way].step_ns[t] - ways_[other].step_ns[t];
    result.low_ns = std::min(result.low_ns, of_turn), result.high_ns = std::max(result.high_ns, of_turn);
  }
  return result;
}

}  // namespace tacho
