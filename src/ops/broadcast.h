#pragma once
// What operations of two operands that broadcast share: their samples, and the gradient of a choice between them.
#include "op/rules.h"
#include "ops/sum.h"
#include "ops/walk.h"
#include "ops/where.h"

namespace tacho {

/// Operands of one shape, a row and a number against more, both ways at once, nothing, single elements.
inline std::vector<Sample> broadcast_samples(Fill a = {}, Fill b = {}) {
  const auto sample = [&](const Shape& left, const Shape& right) {
    return Sample{{{DType::float32, left}, {DType::float32, right}}, {}, {a, b}};
  };
  return {sample({2, 3, 5, 7}, {2, 3, 5, 7}),
          sample({3, 17}, {17}),
          sample({3, 5, 1, 3}, {4, 1}),
          sample({31}, {}),
          sample({0, 3}, {3}),
          sample({1}, {1})};
}

/// The gradients of the last two inputs of an operation whose output is the first of them where `first` holds, else the
/// second.
struct ChoiceGradients {
  Value first, second;
};
inline ChoiceGradients choice_gradients(const GradientCall& g, Value first) {
  Emitter& e = g.emitter;
  const size_t second_input = g.inputs.size() - 1, first_input = second_input - 1;
  const Value dy = g.output_gradients[0], zero = e.splat({e.type(dy).dtype, {}}, 0);
  const auto part = [&](size_t input, Value where_first, Value where_second) {
    if (!g.wanted[input]) return Value{};
    return sum_to(e, where(e, first, where_first, where_second), e.type(g.inputs[input]).shape);
  };
  return {part(first_input, dy, zero), part(second_input, zero, dy)};
}

}  // namespace tacho
