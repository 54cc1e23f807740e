#pragma once
// What an operation requires, by kind (architecture section 7): as formulas, and as integers for given sizes.
#include <cstdint>

#include "count/expr.h"

namespace tacho {

/// What an operation requires, symbolically. mul, add (subtraction too), div, cmp (compare, max, select),
/// transcendental (exp, log, sqrt, tanh, erf, pow), move (elements copied by index); padding_mul is the part of mul on
/// padded zeros. All zero by default.
struct OpCount {
  Expr mul = 0, add = 0, div = 0, cmp = 0, transcendental = 0, move = 0, padding_mul = 0;
};

/// The same as integers.
struct Tally {
  int64_t mul = 0, add = 0, div = 0, cmp = 0, transcendental = 0, move = 0, padding_mul = 0;

  bool operator==(const Tally&) const = default;
  /// Throws tacho::Error where a sum does not fit 64 bits.
  Tally& operator+=(const Tally& other);
};

/// Calls visit("mul", counts.mul...), then "add", "div", "cmp", "transcendental", "move", "padding_mul": the one list
/// of kinds, for one OpCount or Tally or several side by side.
template <class Visit, class... Counts>
void for_each_kind(Visit&& visit, Counts&&... counts) {
  visit("mul", counts.mul...);
  visit("add", counts.add...);
  visit("div", counts.div...);
  visit("cmp", counts.cmp...);
  visit("transcendental", counts.transcendental...);
  visit("move", counts.move...);
  visit("padding_mul", counts.padding_mul...);
}

/// The integers for these sizes; throws tacho::Error as Expr::evaluate does.
Tally evaluate(const OpCount& count, const Bindings& bindings);

/// max(mul, add) + cmp + div + transcendental + move, so that a multiply-add is one. Of one source node: sums of nodes
/// add their works, never their counts. Throws tacho::Error on overflow.
int64_t work(const Tally& tally);
/// The same symbolically, for counts that are not negative.
Expr work(const OpCount& count);

/// mul + add + div; a multiply-add is two. Throws tacho::Error on overflow.
int64_t flop(const Tally& tally);

}  // namespace tacho
