#include "analysis/why/orders.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/random.h"

namespace tacho {

TurnOrder possible_order(const std::vector<Turn>& turns, const std::vector<int>& wish, const Refuse& refuse) {
  TACHO_CHECK(wish.size() == turns.size() && turns.size() <= kMostTurns, turns.size(), " turns");
  TurnOrder order;
  std::map<int, std::string> reasons;
  std::vector<int> left = wish;
  TurnSet made = 0;
  while (!left.empty()) {
    std::string last;
    const auto next = std::find_if(left.begin(), left.end(), [&](int turn) {
      last = refuse(made | TurnSet{1} << turn);
      if (!last.empty() && reasons.emplace(turn, last).second) order.postponed.push_back({turn, last});
      return last.empty();
    });
    if (next == left.end()) fail("no order of the switches is possible: ", last);
    made |= TurnSet{1} << *next;
    order.turns.push_back(*next);
    left.erase(next);
  }
  return order;
}

std::vector<TurnOrder> other_orders(const std::vector<Turn>& turns, const TurnOrder& main, int count,
                                    const Refuse& refuse) {
  constexpr int kTriesEach = 20;  // few turns have few orders
  std::vector<TurnOrder> orders;
  std::vector<int> wish(main.turns.rbegin(), main.turns.rend());
  for (int attempt = 0; attempt < kTriesEach * count && int(orders.size()) < count; ++attempt) {
    TurnOrder order = possible_order(turns, wish, refuse);
    bool known = order.turns == main.turns;
    for (const TurnOrder& other : orders) known = known || other.turns == order.turns;
    if (!known) orders.push_back(std::move(order));
    const Random random(0, uint64_t(attempt));
    for (size_t i = wish.size(); i > 1; --i) std::swap(wish[i - 1], wish[size_t(random.below(i, i))]);
  }
  return orders;
}

}  // namespace tacho
