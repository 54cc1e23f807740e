#include "lab/pairs.h"

#include "lab/pace.h"

namespace tacho {

Pairs measure_pairs(const PairSource& source, double exchange) {
  constexpr double kVerifySeconds = 12;
  constexpr int64_t kFewestPairs = 5, kMostPairs = 15;
  const auto same_state = [&](double now) {
    return now >= Pace::kSteadyExchange * exchange && exchange >= Pace::kSteadyExchange * now;
  };
  Pairs same, other;  // by the machine's state
  const int64_t begin = source.clock_ns();
  double before = source.exchange();
  while (true) {
    const double seconds = double(source.clock_ns() - begin) / 1e9;
    const int64_t count = int64_t(same.steps.size());
    if (count >= kMostPairs || (count >= kFewestPairs && seconds > kVerifySeconds)) return same;
    if (seconds > 2 * kVerifySeconds && count + int64_t(other.steps.size()) >= kFewestPairs) break;
    std::vector<std::vector<int64_t>> rows;
    const int64_t step = source.ours(), turned = source.theirs(rows);
    const double after = source.exchange();
    Pairs& pairs = same_state(before) && same_state(after) ? same : other;
    pairs.steps.push_back(step);
    pairs.gains.push_back(step - turned);
    pairs.rows.insert(pairs.rows.end(), rows.begin(), rows.end());
    before = after;
    same.left_out = int64_t(other.steps.size());
  }
  other.same_state = false;
  return same.steps.empty() ? other : same;
}

}  // namespace tacho
