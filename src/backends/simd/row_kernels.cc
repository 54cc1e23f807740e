#include <algorithm>
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
template <class T>
using Vector = hn::Vec<hn::ScalableTag<T>>;
template <class T>
constexpr int64_t kSide = int64_t(HWY_LANES(T));  ///< rows that lie side by side in a vector

/// Rows shorter than this are done side by side, one in each lane: vectors along them would be mostly ends (10 classes:
/// 11 ns an element along them).
constexpr int64_t kShort = 32;

/// One row, vectors along it. What there is one of in a row stands in every lane. `x` points to the row.
template <class T>
struct AlongRow {
  int64_t n;
  template <class F>
  HWY_INLINE void each(const F& f) const {
    for_row<T>(n, [&](int64_t i, auto how) HWY_ATTR {
      f([i, how](const T* x, T fill) HWY_ATTR { return how.load(x + i, fill); },
        [i, how](Vector<T> v, T* y) HWY_ATTR { how.store(v, y + i); });
    });
  }
  template <class Term>
  HWY_INLINE Vector<T> sum(const Term& term) const {
    return hn::Set(Tag<T>(), sum_row<T>(n, [&](int64_t i, auto how) HWY_ATTR {
                     return term([i, how](const T* x, T fill) HWY_ATTR { return how.load(x + i, fill); },
                                 [i, how](Vector<T> v, T* y) HWY_ATTR { how.store(v, y + i); });
                   }));
  }
  HWY_INLINE Vector<T> maximum(const T* x) const {
    constexpr T kLeast = -std::numeric_limits<T>::infinity();
    const auto largest = combine_row<T>(
        n, hn::Set(Tag<T>(), kLeast), [&](int64_t i, auto how) HWY_ATTR { return how.load(x + i, kLeast); },
        [](auto v, auto w) HWY_ATTR { return hn::Max(v, w); });
    return hn::MaxOfLanes(Tag<T>(), largest);
  }
  HWY_INLINE Vector<T> picked(const T* x, const int64_t* at) const { return hn::Set(Tag<T>(), x[*at]); }
  HWY_INLINE Vector<T> numbers(const T* of_rows) const { return hn::Set(Tag<T>(), *of_rows); }
  HWY_INLINE void store_numbers(Vector<T> v, T* of_rows) const { *of_rows = hn::GetLane(v); }
};

/// `rows` rows side by side, at most one a lane; element i of all of them is the vector at x + i kSide.
template <class T>
struct SideBySide {
  int64_t n, rows;
  template <class F>
  HWY_INLINE void each(const F& f) const {
    for (int64_t i = 0; i < n * kSide<T>; i += kSide<T>)
      f([i](const T* x, T) HWY_ATTR { return hn::Load(Tag<T>(), x + i); },
        [i](Vector<T> v, T* y) HWY_ATTR { hn::Store(v, Tag<T>(), y + i); });
  }
  template <class Term>
  HWY_INLINE Vector<T> sum(const Term& term) const {
    auto total = hn::Zero(Tag<T>());
    each([&](auto load, auto store) HWY_ATTR { total = hn::Add(total, term(load, store)); });
    return total;
  }
  HWY_INLINE Vector<T> maximum(const T* x) const {
    auto most = hn::Load(Tag<T>(), x);
    for (int64_t i = 1; i < n; ++i) most = hn::Max(most, hn::Load(Tag<T>(), x + i * kSide<T>));
    return most;
  }
  HWY_INLINE Vector<T> picked(const T* x, const int64_t* at) const {
    HWY_ALIGN T lanes[kSide<T>] = {};
    for (int64_t r = 0; r < rows; ++r) lanes[r] = x[at[r] * kSide<T> + r];
    return hn::Load(Tag<T>(), lanes);
  }
  HWY_INLINE Vector<T> numbers(const T* of_rows) const { return LastVector<T>{rows}.load(of_rows, T(0)); }
  HWY_INLINE void store_numbers(Vector<T> v, T* of_rows) const { LastVector<T>{rows}.store(v, of_rows); }
};

/// body(how rows lie, first row, operand rows, result row) for all rows of kIn operands and one result.
template <class T, size_t kIn, class Body>
HWY_INLINE void over_rows(const T* const (&in)[kIn], T* y, int64_t rows, int64_t n, const Body& body) {
  if (n >= kShort) {
    const T* x[kIn];
    for (int64_t row = 0; row < rows; ++row) {
      for (size_t j = 0; j < kIn; ++j) x[j] = in[j] + row * n;
      body(AlongRow<T>{n}, row, x, y + row * n);
    }
    return;
  }
  HWY_ALIGN T turned[kIn + 1][kShort * kSide<T>];
  const T* x[kIn];
  for (size_t j = 0; j < kIn; ++j) x[j] = turned[j];
  for (int64_t first = 0; first < rows; first += kSide<T>) {
    const int64_t count = std::min(kSide<T>, rows - first);
    for (size_t j = 0; j < kIn; ++j) {
      if (count < kSide<T>) std::fill_n(turned[j], n * kSide<T>, T(0));
      for (int64_t r = 0; r < count; ++r)
        for (int64_t i = 0; i < n; ++i) turned[j][i * kSide<T> + r] = in[j][(first + r) * n + i];
    }
    body(SideBySide<T>{n, count}, first, x, turned[kIn]);
    for (int64_t r = 0; r < count; ++r)
      for (int64_t i = 0; i < n; ++i) y[(first + r) * n + i] = turned[kIn][i * kSide<T> + r];
  }
}

/// y = exp(x - most), and their sum; without y only the sum.
template <bool kStore, class T, class Lie>
HWY_INLINE Vector<T> powers(const Lie& lie, const T* x, [[maybe_unused]] T* y, Vector<T> most) {
  return lie.sum([&](auto load, [[maybe_unused]] auto store) HWY_ATTR {
    const auto power = exponential(Tag<T>(), hn::Sub(load(x, -std::numeric_limits<T>::infinity()), most));
    if constexpr (kStore) store(power, y);
    return power;
  });
}

template <class T, class Lie>
HWY_INLINE void divide(const Lie& lie, T* y, Vector<T> total) {
  const auto factor = hn::Div(hn::Set(Tag<T>(), 1), total);
  lie.each([&](auto load, auto store) HWY_ATTR { store(hn::Mul(load(y, T(0)), factor), y); });
}

template <class T>
void softmax(const T* x, T* y, int64_t rows, int64_t n) {
  over_rows<T, 1>({x}, y, rows, n, [](auto lie, int64_t, const T* const* in, T* out) HWY_ATTR {
    divide<T>(lie, out, powers<true, T>(lie, in[0], out, lie.maximum(in[0])));
  });
}

template <class T>
void log_softmax(const T* x, T* y, int64_t rows, int64_t n) {
  over_rows<T, 1>({x}, y, rows, n, [](auto lie, int64_t, const T* const* in, T* out) HWY_ATTR {
    const auto most = lie.maximum(in[0]);
    const auto total = logarithm(Tag<T>(), powers<false, T>(lie, in[0], out, most));
    lie.each([&](auto load, auto store) HWY_ATTR { store(hn::Sub(hn::Sub(load(in[0], T(0)), most), total), out); });
  });
}

template <class T>
void softmax_backward(const T* dy, const T* y, T* dx, int64_t rows, int64_t n) {
  over_rows<T, 2>({dy, y}, dx, rows, n, [](auto lie, int64_t, const T* const* in, T* out) HWY_ATTR {
    const auto inner = lie.sum([&](auto load, auto) HWY_ATTR { return hn::Mul(load(in[0], T(0)), load(in[1], T(0))); });
    lie.each([&](auto load, auto store)
                 HWY_ATTR { store(hn::Mul(load(in[1], T(0)), hn::Sub(load(in[0], T(0)), inner)), out); });
  });
}

template <class T>
void log_softmax_backward(const T* dy, const T* y, T* dx, int64_t rows, int64_t n) {
  over_rows<T, 2>({dy, y}, dx, rows, n, [](auto lie, int64_t, const T* const* in, T* out) HWY_ATTR {
    const auto total = lie.sum([&](auto load, auto) HWY_ATTR { return load(in[0], T(0)); });
    lie.each([&](auto load, auto store) HWY_ATTR {
      store(hn::NegMulAdd(exponential(Tag<T>(), load(in[1], T(0))), total, load(in[0], T(0))), out);
    });
  });
}

template <class T>
void cross_entropy(const T* z, const int64_t* labels, T* p, T* loss, int64_t rows, int64_t n) {
  over_rows<T, 1>({z}, p, rows, n, [&](auto lie, int64_t row, const T* const* in, T* out) HWY_ATTR {
    const auto most = lie.maximum(in[0]), at_label = hn::Sub(lie.picked(in[0], labels + row), most);
    const auto total = powers<true, T>(lie, in[0], out, most);  // out may be in[0]
    lie.store_numbers(hn::Sub(logarithm(Tag<T>(), total), at_label), loss + row);
    divide<T>(lie, out, total);
  });
}

template <class T>
void cross_entropy_backward(const T* p, const int64_t* labels, const T* dloss, T* dz, int64_t rows, int64_t n) {
  for (int64_t row = 0; row < rows; ++row, p += n, dz += n) {
    const T by = dloss[row], at_label = (p[labels[row]] - T(1)) * by;
    if (n >= kShort) {
      const auto factor = hn::Set(Tag<T>(), by);
      for_row<T>(n, [&](int64_t i, auto how) HWY_ATTR { how.store(hn::Mul(how.load(p + i, T(0)), factor), dz + i); });
    } else {
      for (int64_t i = 0; i < n; ++i) dz[i] = p[i] * by;
    }
    dz[labels[row]] = at_label;
  }
}

template <class T>
void normalize(const T* x, T* y, T* inverse, int64_t rows, int64_t n, T epsilon, bool center) {
  const auto length = hn::Set(Tag<T>(), T(n)), least = hn::Set(Tag<T>(), epsilon);
  over_rows<T, 1>({x}, y, rows, n, [&](auto lie, int64_t row, const T* const* in, T* out) HWY_ATTR {
    auto mean = hn::Zero(Tag<T>());
    if (center) mean = hn::Div(lie.sum([&](auto load, auto) HWY_ATTR { return load(in[0], T(0)); }), length);
    const T middle = hn::GetLane(mean);  // along a row: what stands behind its end is no deviation
    const auto squares = lie.sum([&](auto load, auto) HWY_ATTR {
      const auto off = hn::Sub(load(in[0], middle), mean);
      return hn::Mul(off, off);
    });
    const auto square = hn::Add(hn::Div(squares, length), least);
    const auto factor = hn::Div(hn::Set(Tag<T>(), 1), hn::Sqrt(square));
    lie.store_numbers(factor, inverse + row);
    lie.each([&](auto load, auto store) HWY_ATTR { store(hn::Mul(hn::Sub(load(in[0], T(0)), mean), factor), out); });
  });
}

template <class T>
void normalize_backward(const T* dy, const T* y, const T* inverse, T* dx, int64_t rows, int64_t n, bool center) {
  const auto length = hn::Set(Tag<T>(), T(n));
  over_rows<T, 2>({dy, y}, dx, rows, n, [&](auto lie, int64_t row, const T* const* in, T* out) HWY_ATTR {
    const auto along = hn::Div(
        lie.sum([&](auto load, auto) HWY_ATTR { return hn::Mul(load(in[0], T(0)), load(in[1], T(0))); }), length);
    auto mean = hn::Zero(Tag<T>());
    if (center) mean = hn::Div(lie.sum([&](auto load, auto) HWY_ATTR { return load(in[0], T(0)); }), length);
    const auto factor = lie.numbers(inverse + row);
    lie.each([&](auto load, auto store) HWY_ATTR {
      const auto rest = hn::Sub(load(in[0], T(0)), mean);
      store(hn::Mul(factor, hn::NegMulAdd(load(in[1], T(0)), along, rest)), out);
    });
  });
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
