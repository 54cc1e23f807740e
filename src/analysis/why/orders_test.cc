#include "analysis/why/orders.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"

namespace tacho {
namespace {

std::vector<Turn> turns_named(const std::vector<std::string>& names) {
  std::vector<Turn> turns;
  for (const std::string& name : names) turns.push_back({name, "a", "b"});
  return turns;
}

/// Turn 1 only behind turn 0.
std::string one_needs_zero(TurnSet made) { return (made & 2) && !(made & 1) ? "1 needs 0" : ""; }

TEST(WhyOrders, FollowTheWishWhereTheyCan) {
  const TurnOrder order = possible_order(turns_named({"a", "b", "c"}), {2, 0, 1}, one_needs_zero);
  EXPECT_EQ(order.turns, (std::vector<int>{2, 0, 1}));
  EXPECT_TRUE(order.postponed.empty());
}

TEST(WhyOrders, AnImpossibleTurnWaitsWithItsReason) {
  const TurnOrder order = possible_order(turns_named({"a", "b", "c"}), {1, 2, 0}, one_needs_zero);
  EXPECT_EQ(order.turns, (std::vector<int>{2, 0, 1}));
  ASSERT_EQ(order.postponed.size(), 1u);
  EXPECT_EQ(order.postponed[0].turn, 1);
  EXPECT_EQ(order.postponed[0].reason, "1 needs 0");
}

TEST(WhyOrders, NoPossibleOrderIsAnError) {
  const auto never = [](TurnSet) { return std::string("never"); };
  EXPECT_THROW(possible_order(turns_named({"a", "b"}), {0, 1}, never), Error);
}

TEST(WhyOrders, OthersArePossibleDistinctAndTheSameEachTime) {
  const std::vector<Turn> turns = turns_named({"a", "b", "c", "d", "e"});
  const TurnOrder main = possible_order(turns, {0, 1, 2, 3, 4}, one_needs_zero);
  const auto orders = other_orders(turns, main, 5, one_needs_zero);
  ASSERT_EQ(orders.size(), 5u);
  const auto again = other_orders(turns, main, 5, one_needs_zero);
  for (size_t i = 0; i < orders.size(); ++i) {
    EXPECT_EQ(orders[i].turns, again[i].turns);
    EXPECT_NE(orders[i].turns, main.turns);
    for (size_t j = 0; j < i; ++j) EXPECT_NE(orders[i].turns, orders[j].turns);
    TurnSet made = 0;
    for (int turn : orders[i].turns) {
      made |= TurnSet{1} << turn;
      EXPECT_EQ(one_needs_zero(made), "");
    }
    EXPECT_EQ(made, 31u);
  }
}

TEST(WhyOrders, FewTurnsHaveFewOrders) {
  const std::vector<Turn> turns = turns_named({"a", "b"});
  EXPECT_TRUE(other_orders(turns, possible_order(turns, {0, 1}, one_needs_zero), 5, one_needs_zero).empty());
}

}  // namespace
}  // namespace tacho
