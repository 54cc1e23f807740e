#include <limits>

#include "backends/simd/rows.h"
#include "backends/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/simd/row_kernels.cc"
#include <hwy/foreach_target.h>
// Behind foreach_target.h:
#include "backends/simd/functions-inl.h"
#include "backends/simd/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {
namespace {

template <class T>
using Tag = hn::ScalableTag<T>;

/// The largest element; what stands behind the row's end is below all others.
template <class T>
HWY_INLINE T row_maximum(const T* x, int64_t n) {
  constexpr T kLeast = -std::numeric_limits<T>::infinity();
  const auto largest = combine_row<T>(
      n, hn::Set(Tag<T>(), kLeast), [&](int64_t i, auto how) HWY_ATTR { return how.load(x + i, kLeast); },
      [](auto a, auto b) HWY_ATTR { return hn::Max(a, b); });
  return hn::GetLane(hn::MaxOfLanes(Tag<T>(), largest));
}

/// y = exp(x - most), and their sum.
template <class T>
HWY_INLINE T powers(const T* x, T* y, int64_t n, T most) {
  const auto shift = hn::Set(Tag<T>(), most);
  return sum_row<T>(n, [&](int64_t i, auto how) HWY_ATTR {
    const auto power = exponential(Tag<T>(), hn::Sub(how.load(x + i, -std::numeric_limits<T>::infinity()), shift));
    if (y) how.store(power, y + i);
    return power;
  });
}

/// y = factor y
template <class T>
HWY_INLINE void scale(T* y, int64_t n, T factor) {
  const auto by = hn::Set(Tag<T>(), factor);
  for_row<T>(n, [&](int64_t i, auto how) HWY_ATTR { how.store(hn::Mul(how.load(y + i, T(0)), by), y + i); });
}

template <class T>
HWY_INLINE T logarithm_of(T x) {
  return hn::GetLane(logarithm(Tag<T>(), hn::Set(Tag<T>(), x)));
}

template <class T>
void softmax(const T* x, T* y, int64_t rows, int64_t n) {
  for (int64_t row = 0; row < rows; ++row, x += n, y += n) scale(y, n, T(1) / powers(x, y, n, row_maximum(x, n)));
}

template <class T>
void log_softmax(const T* x, T* y, int64_t rows, int64_t n) {
  for (int64_t row = 0; row < rows; ++row, x += n, y += n) {
    const T most = row_maximum(x, n);
    const auto shift = hn::Set(Tag<T>(), most);
    const auto total = hn::Set(Tag<T>(), logarithm_of(powers<T>(x, nullptr, n, most)));
    for_row<T>(n, [&](int64_t i, auto how)
                      HWY_ATTR { how.store(hn::Sub(hn::Sub(how.load(x + i, T(0)), shift), total), y + i); });
  }
}

template <class T>
void softmax_backward(const T* dy, const T* y, T* dx, int64_t rows, int64_t n) {
  for (int64_t row = 0; row < rows; ++row, dy += n, y += n, dx += n) {
    const T inner = sum_row<T>(
        n, [&](int64_t i, auto how) HWY_ATTR { return hn::Mul(how.load(dy + i, T(0)), how.load(y + i, T(0))); });
    const auto less = hn::Set(Tag<T>(), inner);
    for_row<T>(n, [&](int64_t i, auto how) HWY_ATTR {
      how.store(hn::Mul(how.load(y + i, T(0)), hn::Sub(how.load(dy + i, T(0)), less)), dx + i);
    });
  }
}

template <class T>
void log_softmax_backward(const T* dy, const T* y, T* dx, int64_t rows, int64_t n) {
  for (int64_t row = 0; row < rows; ++row, dy += n, y += n, dx += n) {
    const auto total =
        hn::Set(Tag<T>(), sum_row<T>(n, [&](int64_t i, auto how) HWY_ATTR { return how.load(dy + i, T(0)); }));
    for_row<T>(n, [&](int64_t i, auto how) HWY_ATTR {
      const auto power = exponential(Tag<T>(), how.load(y + i, T(0)));
      how.store(hn::NegMulAdd(power, total, how.load(dy + i, T(0))), dx + i);
    });
  }
}

template <class T>
void cross_entropy(const T* z, const int64_t* labels, T* p, T* loss, int64_t rows, int64_t n) {
  for (int64_t row = 0; row < rows; ++row, z += n, p += n) {
    const T most = row_maximum(z, n), at_label = z[labels[row]] - most;  // before p takes z's place
    const T total = powers(z, p, n, most);
    loss[row] = logarithm_of(total) - at_label;
    scale(p, n, T(1) / total);
  }
}

template <class T>
void cross_entropy_backward(const T* p, const int64_t* labels, const T* dloss, T* dz, int64_t rows, int64_t n) {
  for (int64_t row = 0; row < rows; ++row, p += n, dz += n) {
    const T at_label = (p[labels[row]] - T(1)) * dloss[row];
    const auto by = hn::Set(Tag<T>(), dloss[row]);
    for_row<T>(n, [&](int64_t i, auto how) HWY_ATTR { how.store(hn::Mul(how.load(p + i, T(0)), by), dz + i); });
    dz[labels[row]] = at_label;
  }
}

template <class T>
void normalize(const T* x, T* y, T* inverse, int64_t rows, int64_t n, T epsilon, bool center) {
  const hn::ScalableTag<T> d;
  for (int64_t row = 0; row < rows; ++row, x += n, y += n) {
    T mean = 0;
    if (center) mean = sum_row<T>(n, [&](int64_t i, auto how) HWY_ATTR { return how.load(x + i, T(0)); }) / T(n);
    const auto less = hn::Set(d, mean);
    const T squares = sum_row<T>(n, [&](int64_t i, auto how) HWY_ATTR {
      const auto off = hn::Sub(how.load(x + i, mean), less);
      return hn::Mul(off, off);
    });
    const auto factor = hn::Div(hn::Set(d, 1), hn::Sqrt(hn::Set(d, squares / T(n) + epsilon)));
    inverse[row] = hn::GetLane(factor);
    for_row<T>(n, [&](int64_t i, auto how)
                      HWY_ATTR { how.store(hn::Mul(hn::Sub(how.load(x + i, T(0)), less), factor), y + i); });
  }
}

template <class T>
void normalize_backward(const T* dy, const T* y, const T* inverse, T* dx, int64_t rows, int64_t n, bool center) {
  const hn::ScalableTag<T> d;
  for (int64_t row = 0; row < rows; ++row, dy += n, y += n, dx += n) {
    auto sums = hn::Zero(d);
    const T along = sum_row<T>(n,
                               [&](int64_t i, auto how) HWY_ATTR {
                                 const auto gradient = how.load(dy + i, T(0));
                                 sums = hn::Add(sums, gradient);
                                 return hn::Mul(gradient, how.load(y + i, T(0)));
                               }) /
                    T(n);
    const T mean = center ? hn::GetLane(hn::SumOfLanes(d, sums)) / T(n) : T(0);
    const auto less = hn::Set(d, mean), slope = hn::Set(d, along), factor = hn::Set(d, inverse[row]);
    for_row<T>(n, [&](int64_t i, auto how) HWY_ATTR {
      const auto rest = hn::Sub(how.load(dy + i, T(0)), less);
      how.store(hn::Mul(factor, hn::NegMulAdd(how.load(y + i, T(0)), slope, rest)), dx + i);
    });
  }
}

template <class T>
constexpr RowFunctions<T> functions_of() {
  return {&softmax<T>,          &log_softmax<T>,
          &softmax_backward<T>, &log_softmax_backward<T>,
          &cross_entropy<T>,    &cross_entropy_backward<T>,
          &normalize<T>,        &normalize_backward<T>};
}

}  // namespace

const RowTables* row_table() {
  static constexpr RowTables kTables{functions_of<float>(), functions_of<double>()};
  return &kTables;
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tacho::simd {

HWY_EXPORT(row_table);

const RowTables& row_tables() { return *HWY_DYNAMIC_DISPATCH(row_table)(); }

}  // namespace tacho::simd
#endif
