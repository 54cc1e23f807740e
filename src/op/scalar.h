#pragma once
// What a reference kernel may do with a scalar of type T (float, double, Counting). Kernels call these unqualified,
// start a reduction from its first term, never branch on values (select instead), and move elements by copy(), so that
// the counting scalar sees it all.
#include <cmath>
#include <concepts>

#include "op/counting.h"

namespace tacho {

using std::exp, std::log, std::sqrt, std::tanh, std::erf, std::pow;

template <std::floating_point T>
T max(T a, T b) {
  return a < b ? b : a;
}
template <std::floating_point T>
T min(T a, T b) {
  return b < a ? b : a;
}
template <std::floating_point T>
bool greater(T a, T b) {
  return a > b;
}
template <std::floating_point T>
bool equal(T a, T b) {
  return a == b;
}
/// `a` where the mask holds, else `b`; the mask comes from greater() or equal().
template <class V>
V select(bool mask, V a, V b) {
  return mask ? a : b;
}
/// One element moved by index.
template <std::floating_point T>
void copy(T& to, T from) {
  to = from;
}
template <std::floating_point T>
double to_double(T x) {
  return double(x);
}
/// A zero that stands for padding; products with it count as padding_mul.
template <class T>
T padding_zero() {
  T zero(0);
  if constexpr (std::is_same_v<T, Counting>) zero.padding = true;
  return zero;
}

}  // namespace tacho
