#pragma once
// Walking a row-major output together with operands that broadcast or are permuted: axes are merged as far as every
// operand allows, so that kernels get long plain inner loops and no index arithmetic per element.
#include <array>

#include "op/kernel.h"
#include "op/scalar.h"

namespace tacho {

/// Axes of the output, outermost first and at least one; for each of K operands its step along each of them.
template <size_t K>
struct Walk {
  Shape extents;
  std::array<Shape, K> strides;
};

/// Merges neighbouring axes that every operand steps through as if they were one, and drops axes of extent 1.
template <size_t K>
Walk<K> make_walk(const Shape& extents, const std::array<Shape, K>& strides) {
  Walk<K> walk;
  for (size_t axis = 0; axis < extents.size(); ++axis) {
    if (extents[axis] == 1) continue;
    bool merges = !walk.extents.empty();
    for (size_t k = 0; k < K && merges; ++k) merges = walk.strides[k].back() == strides[k][axis] * extents[axis];
    if (!merges) {
      walk.extents.push_back(1);
      for (size_t k = 0; k < K; ++k) walk.strides[k].push_back(0);
    }
    walk.extents.back() *= extents[axis];
    for (size_t k = 0; k < K; ++k) walk.strides[k].back() = strides[k][axis];
  }
  if (walk.extents.empty()) {
    walk.extents.push_back(1);
    for (size_t k = 0; k < K; ++k) walk.strides[k].push_back(0);
  }
  return walk;
}

/// Steps of an operand of shape `own` along the axes of `out`, to which it broadcasts: 0 where it repeats.
inline Shape broadcast_strides(const Shape& own, const Shape& out) {
  const Shape plain = strides_of(own);
  Shape strides(out.size(), 0);
  const size_t missing = out.size() - own.size();
  for (size_t axis = 0; axis < own.size(); ++axis)
    if (own[axis] != 1) strides[missing + axis] = plain[axis];
  return strides;
}

/// Calls row(first output element, first element of each operand) for each row along the innermost axis.
template <size_t K, class Row>
void for_each_row(const Walk<K>& walk, Row row) {
  const size_t outer = walk.extents.size() - 1;
  for (const int64_t extent : walk.extents)
    if (extent == 0) return;
  Shape index(outer, 0);
  std::array<int64_t, K> offsets{};
  for (int64_t first = 0;; first += walk.extents.back()) {
    row(first, offsets);
    size_t axis = outer;
    for (; axis > 0; --axis) {
      const size_t a = axis - 1;
      for (size_t k = 0; k < K; ++k) offsets[k] += walk.strides[k][a];
      if (++index[a] < walk.extents[a]) break;
      for (size_t k = 0; k < K; ++k) offsets[k] -= walk.strides[k][a] * walk.extents[a];
      index[a] = 0;
    }
    if (axis == 0) return;
  }
}

/// y = f(a, b), elementwise with broadcasting; the result's elements may be of another type.
template <class T, class Out = T, class F>
void apply_broadcast(const KernelRun& run, F f) {
  const Shape& out = run.outputs[0].shape();
  const Walk<2> walk =
      make_walk<2>(out, {broadcast_strides(run.inputs[0].shape(), out), broadcast_strides(run.inputs[1].shape(), out)});
  const int64_t n = walk.extents.back();
  const bool steps_a = walk.strides[0].back() != 0, steps_b = walk.strides[1].back() != 0;
  for_each_row(walk, [&](int64_t first, const std::array<int64_t, 2>& offsets) {
    const T* a = run.in<T>(0) + offsets[0];
    const T* b = run.in<T>(1) + offsets[1];
    Out* y = run.out<Out>(0) + first;
    if (steps_a && steps_b) {
      for (int64_t i = 0; i < n; ++i) y[i] = f(a[i], b[i]);
    } else if (steps_a) {
      const T one = b[0];
      for (int64_t i = 0; i < n; ++i) y[i] = f(a[i], one);
    } else {
      const T one = a[0];
      const int64_t step = steps_b ? 1 : 0;
      for (int64_t i = 0; i < n; ++i) y[i] = f(one, b[i * step]);
    }
  });
}

/// y[i] = x[i * step] for n elements, each a move; for movement operations. Element types that are not arithmetic for
/// the count (integers) move without a tally.
template <class E>
void move_row(E* y, const E* x, int64_t n, int64_t step) {
  const auto move = [](E& to, const E& from) {
    if constexpr (std::is_integral_v<E>) to = from;
    else copy(to, from);
  };
  if (step == 1)
    for (int64_t i = 0; i < n; ++i) move(y[i], x[i]);
  else
    for (int64_t i = 0; i < n; ++i) move(y[i], x[i * step]);
}

/// Calls f(E{}) with the type to move elements of `dtype` by: T where that is the dtype, else an integer of its size.
template <class T, class F>
void with_element_type(DType dtype, F f) {
  if (matches<T>(dtype)) return f(T{});
  switch (size_of(dtype)) {
    case 1:
      return f(uint8_t{});
    case 4:
      return f(int32_t{});
    default:
      return f(int64_t{});
  }
}

/// The output gathered from input 0 by the walk; output 0 is written in order.
template <class T>
void move_by_walk(const KernelRun& run, const Walk<1>& walk) {
  with_element_type<T>(run.outputs[0].type.dtype, [&](auto element) {
    using E = decltype(element);
    const E* x = static_cast<const E*>(run.inputs[0].data);
    E* y = static_cast<E*>(run.outputs[0].data);
    for_each_row(walk, [&](int64_t first, const std::array<int64_t, 1>& offsets) {
      move_row(y + first, x + offsets[0], walk.extents.back(), walk.strides[0].back());
    });
  });
}

}  // namespace tacho
