#pragma once
// The counting scalar: a double that tallies what is done with it, by the convention of architecture section 7. Running
// a reference kernel on it *is* the count that the symbolic formula must equal, to the integer.
#include <cmath>

#include "count/op_count.h"

namespace tacho {

/// The tally of the calling thread; laws set it to zero before a run and read it after.
Tally& counting_tally();

struct Counting {
  double value = 0;
  bool padding = false;  ///< a zero that stands for padding: products with it are tallied as padding_mul too

  Counting() = default;
  explicit Counting(double v) : value(v) {}

  struct Mask {
    bool value;
    friend Mask operator&(Mask a, Mask b) { return {a.value && b.value}; }
    friend Mask operator!(Mask a) { return {!a.value}; }
  };

  friend Counting operator+(Counting a, Counting b) { return ++counting_tally().add, Counting(a.value + b.value); }
  friend Counting operator-(Counting a, Counting b) { return ++counting_tally().add, Counting(a.value - b.value); }
  friend Counting operator-(Counting a) { return Counting(-a.value); }
  friend Counting operator*(Counting a, Counting b) {
    Tally& t = counting_tally();
    ++t.mul;
    if (a.padding || b.padding) ++t.padding_mul;
    return Counting(a.value * b.value);
  }
  friend Counting operator/(Counting a, Counting b) { return ++counting_tally().div, Counting(a.value / b.value); }
  Counting& operator+=(Counting b) { return *this = *this + b; }
  Counting& operator-=(Counting b) { return *this = *this - b; }
  Counting& operator*=(Counting b) { return *this = *this * b; }
  Counting& operator/=(Counting b) { return *this = *this / b; }
};

inline Counting tally_transcendental(double result) { return ++counting_tally().transcendental, Counting(result); }
inline Counting exp(Counting x) { return tally_transcendental(std::exp(x.value)); }
inline Counting log(Counting x) { return tally_transcendental(std::log(x.value)); }
inline Counting sqrt(Counting x) { return tally_transcendental(std::sqrt(x.value)); }
inline Counting tanh(Counting x) { return tally_transcendental(std::tanh(x.value)); }
inline Counting erf(Counting x) { return tally_transcendental(std::erf(x.value)); }
inline Counting pow(Counting x, Counting y) { return tally_transcendental(std::pow(x.value, y.value)); }
inline Counting max(Counting a, Counting b) { return ++counting_tally().cmp, a.value < b.value ? b : a; }
inline Counting min(Counting a, Counting b) { return ++counting_tally().cmp, b.value < a.value ? b : a; }
inline Counting::Mask greater(Counting a, Counting b) {
  return ++counting_tally().cmp, Counting::Mask{a.value > b.value};
}
inline Counting::Mask equal(Counting a, Counting b) {
  return ++counting_tally().cmp, Counting::Mask{a.value == b.value};
}
/// Selects are steered by a comparison that was already tallied, so they count nothing.
template <class V>
V select(Counting::Mask m, V a, V b) {
  return m.value ? a : b;
}
inline void copy(Counting& to, Counting from) { ++counting_tally().move, to = from; }
inline double to_double(Counting x) { return x.value; }

}  // namespace tacho
