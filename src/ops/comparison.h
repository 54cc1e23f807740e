#pragma once
// What the six comparisons share: types, count and the loop. Operands of one dtype, floating or not, with broadcasting;
// booleans come out. NaN compares as in IEEE 754: unequal to everything.
#include "ops/pointwise.h"
#include "ops/walk.h"

namespace tacho {

/// Of elements that are not arithmetic for the count: integers and booleans.
template <std::integral E>
bool greater(E a, E b) {
  return a > b;
}
template <std::integral E>
bool equal(E a, E b) {
  return a == b;
}
template <std::integral E>
bool greater_equal(E a, E b) {
  return a >= b;
}
template <std::floating_point T>
bool greater_equal(T a, T b) {
  return a >= b;
}
inline Counting::Mask greater_equal(Counting a, Counting b) {
  return ++counting_tally().cmp, Counting::Mask{a.value >= b.value};
}

/// What a mask says, as a boolean tensor's element.
inline uint8_t element_of(bool mask) { return mask; }
inline uint8_t element_of(Counting::Mask mask) { return mask.value; }

inline TensorTypes comparison_types(const OpCall& call) {
  expect(call.inputs.size() == 2, "expected two inputs, got ", call.inputs.size());
  expect(call.inputs[0].dtype == call.inputs[1].dtype, "expected one dtype, got ", name_of(call.inputs[0].dtype),
         " and ", name_of(call.inputs[1].dtype));
  for (size_t i = 0; i < 2; ++i)
    expect(call.inputs[i].dtype != DType::boolean || !call.in(i).empty(), "expected booleans of rank 1 or more");
  return {{DType::boolean, broadcast(call.in(0), call.in(1))}};
}

/// One comparison an element; comparing integers counts nothing.
inline OpCount comparison_count(const OpCall& call) {
  return {.cmp = is_floating(call.inputs[0].dtype) ? elements(call.out(0)) : Expr(0)};
}

/// y = compare(a, b), elementwise with broadcasting.
template <class T, class Compare>
void compare_elements(const KernelRun& run, Compare compare) {
  with_element_type<T>(run.inputs[0].type.dtype, [&](auto element) {
    using E = decltype(element);
    apply_broadcast<E, uint8_t>(run, [compare](E a, E b) { return element_of(compare(a, b)); });
  });
}

/// Floating operands with ties, integers, nothing, and broadcasting.
inline std::vector<Sample> comparison_samples() {
  return {{{{DType::float32, {2, 3, 5, 7}}, {DType::float32, {2, 3, 5, 7}}}, {}, {}},
          {{{DType::float32, {3, 17}}, {DType::float32, {17}}}, {}, {{Fill::distinct}, {Fill::distinct}}},
          {{{DType::float32, {31}}, {DType::float32, {}}}, {}, {{Fill::number, 0, 1}, {Fill::number, 0, 1}}},
          {{{DType::int32, {3, 5, 1, 3}}, {DType::int32, {4, 1}}}, {}, {{Fill::index, 4}, {Fill::index, 4}}},
          {{{DType::int64, {17}}, {DType::int64, {17}}}, {}, {{Fill::index, 3}, {Fill::index, 3}}},
          {{{DType::float32, {0, 3}}, {DType::float32, {3}}}, {}, {}}};
}

}  // namespace tacho
