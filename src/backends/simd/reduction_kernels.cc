#include "backends/simd/reductions.h"
#include "backends/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/simd/reduction_kernels.cc"
#include <hwy/foreach_target.h>
// Behind foreach_target.h:
#include "backends/simd/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {
namespace {

template <Reduction kReduction, class V>
HWY_INLINE V combined(V a, V b) {
  if constexpr (kReduction == Reduction::sum) return hn::Add(a, b);
  else if constexpr (kReduction == Reduction::max) return hn::IfThenElse(hn::Lt(a, b), b, a);
  else return hn::IfThenElse(hn::Lt(b, a), b, a);
}
template <Reduction kReduction, class T>
HWY_INLINE T combined_scalar(T a, T b) {
  if constexpr (kReduction == Reduction::sum) return a + b;
  else if constexpr (kReduction == Reduction::max) return a < b ? b : a;
  else return b < a ? b : a;
}

template <Reduction kReduction, class T>
void reduce_rows(const T* x, T* y, int64_t rows, int64_t n, bool onto) {
  const hn::ScalableTag<T> d;
  for (int64_t row = 0; row < rows; ++row, x += n) {
    // An extreme starts from the row's own first element, a sum from nothing.
    const T start = kReduction == Reduction::sum ? T(0) : x[0];
    const auto lanes = combine_row<T>(
        n, hn::Set(d, start), [&](int64_t i, auto how) HWY_ATTR { return how.load(x + i, start); },
        [](auto a, auto b) HWY_ATTR { return combined<kReduction>(a, b); });
    T result;
    if constexpr (kReduction == Reduction::sum) result = hn::GetLane(hn::SumOfLanes(d, lanes));
    else if constexpr (kReduction == Reduction::max) result = hn::GetLane(hn::MaxOfLanes(d, lanes));
    else result = hn::GetLane(hn::MinOfLanes(d, lanes));
    y[row] = onto ? combined_scalar<kReduction>(y[row], result) : result;
  }
}

/// kVectors vectors of columns side by side, all rows.
template <Reduction kReduction, int kVectors, class D, class T>
HWY_INLINE void reduce_block(D d, const T* x, T* y, int64_t n, int64_t inner, bool onto) {
  const int64_t lanes = int64_t(hn::Lanes(d));
  hn::Vec<D> v[kVectors];
  for (int k = 0; k < kVectors; ++k) v[k] = hn::LoadU(d, x + k * lanes);
  for (int64_t i = 1; i < n; ++i)
    for (int k = 0; k < kVectors; ++k) v[k] = combined<kReduction>(v[k], hn::LoadU(d, x + i * inner + k * lanes));
  for (int k = 0; k < kVectors; ++k) {
    if (onto) v[k] = combined<kReduction>(hn::LoadU(d, y + k * lanes), v[k]);
    hn::StoreU(v[k], d, y + k * lanes);
  }
}

template <Reduction kReduction, class T>
void reduce_columns(const T* x, T* y, int64_t n, int64_t inner, bool onto) {
  const hn::ScalableTag<T> d;
  const hn::CappedTag<T, 1> one;
  constexpr int64_t kLanes = int64_t(HWY_LANES(T));
  int64_t j = 0;
  for (; j + 4 * kLanes <= inner; j += 4 * kLanes) reduce_block<kReduction, 4>(d, x + j, y + j, n, inner, onto);
  for (; j + kLanes <= inner; j += kLanes) reduce_block<kReduction, 1>(d, x + j, y + j, n, inner, onto);
  for (; j < inner; ++j) reduce_block<kReduction, 1>(one, x + j, y + j, n, inner, onto);
}

template <Reduction kReduction, class T>
constexpr ReductionFunctions<T> functions_of() {
  return {&reduce_rows<kReduction, T>, &reduce_columns<kReduction, T>};
}

}  // namespace

const ReductionTables* reduction_table() {
  static constexpr ReductionTables kTables{
      {functions_of<Reduction::sum, float>(), functions_of<Reduction::max, float>(),
       functions_of<Reduction::min, float>()},
      {functions_of<Reduction::sum, double>(), functions_of<Reduction::max, double>(),
       functions_of<Reduction::min, double>()}};
  return &kTables;
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tacho::simd {

HWY_EXPORT(reduction_table);

const ReductionTables& reduction_tables() { return *HWY_DYNAMIC_DISPATCH(reduction_table)(); }

}  // namespace tacho::simd
#endif
