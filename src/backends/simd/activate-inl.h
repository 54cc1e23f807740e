// Activations over the rows of a block that is still in cache. Included once per target.
#if defined(TACHO_SIMD_ACTIVATE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_ACTIVATE_INL_H
#undef TACHO_SIMD_ACTIVATE_INL_H
#else
#define TACHO_SIMD_ACTIVATE_INL_H
#endif

#include "backends/simd/functions-inl.h"
#include "backends/simd/product_chain.h"
#include "backends/simd/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {

/// x = activation(x) for `columns` elements of each of `rows` rows, `stride` apart.
template <class T, class Function>
HWY_INLINE void activate_rows(T* x, int64_t rows, int64_t columns, int64_t stride, Function function) {
  const hn::ScalableTag<T> d;
  HWY_ALIGN T last[kLanes<T>] = {};
  for (int64_t i = 0; i < rows; ++i, x += stride) {
    int64_t j = 0;
    for (; j + kLanes<T> <= columns; j += kLanes<T>) hn::StoreU(function(d, hn::LoadU(d, x + j)), d, x + j);
    if (j == columns) continue;
    std::copy(x + j, x + columns, last);
    hn::Store(function(d, hn::Load(d, last)), d, last);
    std::copy_n(last, columns - j, x + j);
  }
}

template <class T>
HWY_NOINLINE void activate(Activation activation, T* x, int64_t rows, int64_t columns, int64_t stride) {
  if (activation == Activation::none) return;
  if (activation == Activation::sigmoid)
    activate_rows(x, rows, columns, stride, [](auto d, auto v) HWY_ATTR { return sigmoid(d, v); });
  else if (activation == Activation::tanh)
    activate_rows(x, rows, columns, stride, [](auto d, auto v) HWY_ATTR { return hyperbolic_tangent(d, v); });
  else
    activate_rows(x, rows, columns, stride,
                  [](auto d, auto v) HWY_ATTR { return hn::IfThenZeroElse(hn::Lt(v, hn::Zero(d)), v); });
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#endif  // TACHO_SIMD_ACTIVATE_INL_H
