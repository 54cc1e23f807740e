#pragma once
// A scalar that looks like a vector of Highway and tallies what is done with it: a transform written over vectors runs
// on it unchanged.
#include "op/counting.h"

namespace tacho::simd {

struct Counted {
  Counting scalar;
};
struct CountedTag {};

inline Counted Set(CountedTag, float value) { return {Counting(value)}; }
inline Counted Add(Counted a, Counted b) { return {a.scalar + b.scalar}; }
inline Counted Sub(Counted a, Counted b) { return {a.scalar - b.scalar}; }
inline Counted Mul(Counted a, Counted b) { return {a.scalar * b.scalar}; }
inline Counted Neg(Counted a) { return {-a.scalar}; }
inline Counted MulAdd(Counted a, Counted b, Counted c) { return {a.scalar * b.scalar + c.scalar}; }
inline Counted NegMulAdd(Counted a, Counted b, Counted c) { return {c.scalar - a.scalar * b.scalar}; }

}  // namespace tacho::simd
