#pragma once
// In which order switches are turned: as wished, but each turn only once the combination it leads to is possible.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tacho {

/// One switch between two ways to execute a step.
struct Turn {
  std::string name, from, to;
};

/// Which turns have been made: bit i for turn i.
using TurnSet = uint32_t;
constexpr size_t kMostTurns = 32;

/// A turn that had to wait, because the combination that it would have led to is impossible.
struct Postponed {
  int turn = 0;
  std::string reason;
};

struct TurnOrder {
  std::vector<int> turns;
  std::vector<Postponed> postponed;  ///< each turn at most once, with the first reason
};

/// Why the combination is impossible; "" where it is possible.
using Refuse = std::function<std::string(TurnSet)>;

/// The order nearest to `wish` (every turn once): at each place the first turn that is possible there. Throws
/// tacho::Error where none is.
TurnOrder possible_order(const std::vector<Turn>& turns, const std::vector<int>& wish, const Refuse& refuse);

/// Up to `count` possible orders that differ from `main` and from each other: the reverse wish, then random ones, the
/// same for every call.
std::vector<TurnOrder> other_orders(const std::vector<Turn>& turns, const TurnOrder& main, int count,
                                    const Refuse& refuse);

}  // namespace tacho
