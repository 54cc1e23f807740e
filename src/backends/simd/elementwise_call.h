#pragma once
// Which elementwise function an operation of the catalogue is.
#include <array>
#include <optional>
#include <string_view>

#include "backends/simd/elementwise.h"
#include "op/attributes.h"

namespace tacho::simd {

/// The function of an operation with its numbers.
struct ElementwiseCall {
  Elementwise function;
  std::array<double, 2> numbers{};
};

/// Nothing for an operation that is none of these.
std::optional<ElementwiseCall> elementwise_call_of(std::string_view op, const Attributes& attributes);

/// The function for rows of T of the target in use; null where `function` is of one operand, and `spread` is not none.
template <class T>
ElementwiseFunction<T> elementwise_function(Elementwise function, Spread spread) {
  const ElementwiseFunctions& functions = elementwise_functions();
  if constexpr (sizeof(T) == sizeof(float)) return functions.f32[size_t(function)][size_t(spread)];
  else return functions.f64[size_t(function)][size_t(spread)];
}

}  // namespace tacho::simd
