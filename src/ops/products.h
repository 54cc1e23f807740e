#pragma once
// In what matmul, conv2d and its two gradients multiply: an attribute of theirs.
#include <bit>
#include <cstdint>
#include <string>
#include <type_traits>

#include "op/attributes.h"
#include "op/counting.h"

namespace tacho {

/// What an operation permits of its factors. It obliges nobody: a kernel that multiplies them as they are is more exact
/// and welcome, and the plan takes the fastest. The reference kernel rounds, so that it defines what is meant.
enum class Products : uint8_t {
  as_given,  ///< in the operands' dtype
  bfloat16,  ///< rounded to bfloat16 (8 significant bits, to nearest, ties to even; error 2^-9), summed in their dtype
};

/// For an attribute struct's `fields`. Without rounding it lists nothing, so that such operations are known as before.
void list_products(Products products, auto&& field) {
  if (products == Products::bfloat16) field("products", std::string("bfloat16"));
}

/// Whether an operation's attributes permit it.
inline bool permits_bfloat16(const Attributes& attributes) {
  for (const Field& field : attributes.fields())
    if (field.name == "products") return true;
  return false;
}

/// x with 8 significant bits; infinities and NaN stay.
template <class T>
T rounded_to_bfloat16(T x) {
  if constexpr (std::is_same_v<T, Counting>) {
    x.value = rounded_to_bfloat16(x.value);  // a conversion counts nothing
    return x;
  } else {
    using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
    constexpr int dropped = sizeof(T) == 4 ? 16 : 45;
    if (x != x) return x;
    Bits bits = std::bit_cast<Bits>(x);
    bits += (Bits(1) << (dropped - 1)) - 1 + (bits >> dropped & 1);
    return std::bit_cast<T>(bits >> dropped << dropped);
  }
}

/// Calls f with the function that a reference kernel passes every factor through.
template <class F>
void with_factors(Products products, F f) {
  if (products == Products::bfloat16) f([](auto x) { return rounded_to_bfloat16(x); });
  else f([](auto x) { return x; });
}

}  // namespace tacho
