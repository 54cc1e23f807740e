#include "count/op_count.h"

#include <algorithm>

#include "count/checked.h"

namespace tacho {

Tally& Tally::operator+=(const Tally& other) {
  Tally total;  // apart, so that an overflow leaves this as it was
  for_each_kind([](const char*, int64_t& sum, int64_t a, int64_t b) { sum = checked_add(a, b); }, total, *this, other);
  return *this = total;
}

Tally evaluate(const OpCount& count, const Bindings& bindings) {
  Tally tally;
  for_each_kind([&](const char*, int64_t& value, const Expr& expr) { value = expr.evaluate(bindings); }, tally, count);
  return tally;
}

int64_t work(const Tally& tally) {
  int64_t total = std::max(tally.mul, tally.add);
  for (const int64_t part : {tally.cmp, tally.div, tally.transcendental, tally.move}) total = checked_add(total, part);
  return total;
}

Expr work(const OpCount& count) {
  // Without the shortcut, max(0, N*(2*C - 1)) would stay: its sign is not known for C = 0.
  const Expr products = count.mul.is_zero() ? count.add : count.add.is_zero() ? count.mul : max(count.mul, count.add);
  return simplify(products + count.cmp + count.div + count.transcendental + count.move);
}

int64_t flop(const Tally& tally) { return checked_add(checked_add(tally.mul, tally.add), tally.div); }

}  // namespace tacho
