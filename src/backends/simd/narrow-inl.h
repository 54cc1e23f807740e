// Direct convolution of one channel into few: what fills no vector of channels is computed in vectors of places.
#if defined(TACHO_SIMD_NARROW_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_NARROW_INL_H
#undef TACHO_SIMD_NARROW_INL_H
#else
#define TACHO_SIMD_NARROW_INL_H
#endif

#include <array>
#include <utility>

#include "backends/simd/bounds-inl.h"
#include "backends/simd/direct.h"
#include "backends/simd/images.h"
#include "backends/simd/panels-inl.h"
#include "backends/simd/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd::HWY_NAMESPACE {

/// Most results: of a gradient those that fill half of a vector, for three taps' sums of each stand in registers. A
/// convolution's, where vectors are short, nearly a whole one: less than a whole vector would be stored number by
/// number (six results of a 5 x 5 filter on 28 x 28 places by AVX2: 18 us of which 3 are products).
inline constexpr int kMostNarrowGradient = int(kLanes<float> / 2);
inline constexpr int kMostNarrow = kLanes<float> <= 8 ? int(kLanes<float>) - 1 : kMostNarrowGradient;

/// One channel, side by side, into few, in rows of at least a vector.
inline bool is_narrow(const DirectShape& s, bool gradient) {
  return s.groups == 1 && s.from.channels == 1 && s.to.channels <= (gradient ? kMostNarrowGradient : kMostNarrow) &&
         s.columns.stride == 1 && s.columns.dilation == 1 && s.to.width >= kLanes<float>;
}

/// A vector of places of each result, between `least` and `most`, into y (places x kResults).
template <int kResults, class V>
HWY_INLINE void store_narrow(V (&sum)[kResults], V least, V most, float* y) {
  const hn::ScalableTag<float> d;
  HWY_UNROLL(8)
  for (int k = 0; k < kResults; ++k) sum[k] = within(least, most, sum[k]);
  if constexpr (kResults == 6 || kResults == 8) {
    store_pairs(d, sum, y);
  } else if constexpr (kResults >= 4) {
    store_interleaved(d, sum[0], sum[1], sum[2], sum[3], y, kResults);
    if constexpr (constexpr int k = kResults - 4; k > 0)
      store_interleaved(d, sum[k], sum[k + 1], sum[k + 2], sum[k + 3], y + k, kResults);
  } else {
    HWY_ALIGN float results[kResults * kLanes<float>];
    HWY_UNROLL(4)
    for (int k = 0; k < kResults; ++k) hn::Store(sum[k], d, results + k * kLanes<float>);
    for (int64_t p = 0; p < kLanes<float>; ++p)
      for (int k = 0; k < kResults; ++k) y[p * kResults + k] = results[k * kLanes<float> + p];
  }
}

/// One row of results y (places x kResults) of rows x (`row` floats apart): filters [tap][kPanel]; bias and bounds as
/// `result` has them, nothing added.
template <int kResults>
HWY_NOINLINE void convolve_narrow(const DirectShape& s, const float* x, int64_t row, const float* filters,
                                  const ImageResult& result, float* y) {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  // Two vectors of each result's sums where the registers hold them.
  constexpr bool kTwo = kTileRows >= 14 || 2 * kResults + 3 <= 16;
  constexpr int64_t kWidth = kLanes<float>;
  const int64_t last = s.to.width - kWidth;
  const V least = hn::Set(d, result.least), most = hn::Set(d, result.most);
  const float* const bias = result.bias;
  for (int64_t place = 0; place < s.to.width; place += (kTwo ? 2 : 1) * kWidth) {
    // The last ones overlap those before them, so that nothing behind the row is touched.
    const int64_t at[2]{std::min(place, last), std::min(place + kWidth, last)};
    V sum[kResults], next[kResults];
    HWY_UNROLL(8)
    for (int k = 0; k < kResults; ++k) sum[k] = next[k] = hn::Set(d, bias ? bias[k] : 0.0f);
    const float* w = filters;
    for (int64_t i = 0; i < s.rows.taps; ++i) {
      const float* from = x + i * s.rows.dilation * row;
      for (int64_t j = 0; j < s.columns.taps; ++j, w += kPanel) {
        const V first = hn::LoadU(d, from + at[0] + j), second = hn::LoadU(d, from + at[1] + j);
        HWY_UNROLL(8)
        for (int k = 0; k < kResults; ++k) {
          sum[k] = hn::MulAdd(first, hn::Set(d, w[k]), sum[k]);
          if constexpr (kTwo) next[k] = hn::MulAdd(second, hn::Set(d, w[k]), next[k]);
        }
      }
    }
    store_narrow(sum, least, most, y + at[0] * kResults);
    if constexpr (kTwo) store_narrow(next, least, most, y + at[1] * kResults);
  }
}

using ConvolveNarrow = void (*)(const DirectShape&, const float*, int64_t, const float*, const ImageResult&, float*);
template <int... K>
constexpr std::array<ConvolveNarrow, sizeof...(K)> convolve_narrows(std::integer_sequence<int, K...>) {
  return {&convolve_narrow<K + 1>...};
}
/// By results less one.
inline constexpr auto kConvolveNarrow = convolve_narrows(std::make_integer_sequence<int, kMostNarrow>());

/// Floats of a row of a plane: whole vectors, so that they can be loaded aligned.
inline int64_t plane_row(const DirectShape& s) { return whole_vectors(s.to.width); }

/// Gradients of results (height x width x kResults) as kResults planes, zeros behind each row (which the `first` call
/// on these planes puts there).
template <int kResults>
void to_planes(const DirectShape& s, const float* dy, float* planes, bool first) {
  constexpr int64_t kWidth = kLanes<float>;
  const int64_t width = s.to.width, row = plane_row(s), plane = s.to.height * row;
  if (first) std::fill_n(planes, kResults * plane, 0.0f);
  for (int64_t i = 0; i < s.to.height; ++i, dy += width * kResults, planes += row) {
    if constexpr (kResults == 6 || kResults == 8) {
      const hn::ScalableTag<float> d;
      for (int64_t p = 0; p < width; p += kWidth) {
        const int64_t at = std::min(p, width - kWidth);
        hn::Vec<decltype(d)> v[kResults];
        load_pairs(d, dy + at * kResults, v);
        HWY_UNROLL(8)
        for (int k = 0; k < kResults; ++k) hn::StoreU(v[k], d, planes + k * plane + at);
      }
    } else if constexpr (kResults >= 4) {
      for (int64_t p = 0; p < width; p += kWidth) {
        const int64_t at = std::min(p, width - kWidth);
        for (int k = 0; k < kResults; k += 4) {
          const int first = std::min(k, kResults - 4);
          transpose_block(hn::ScalableTag<float>(), dy + at * kResults + first, kResults, planes + first * plane + at,
                          plane);
        }
      }
    } else {
      for (int64_t p = 0; p < width; ++p)
        for (int k = 0; k < kResults; ++k) planes[k * plane + p] = dy[p * kResults + k];
    }
  }
}

/// sums[tap][result][lane] (+)= the gradient of kTaps taps side by side, the first of which sees x at the first place.
template <int kResults, int kTaps>
HWY_NOINLINE void add_taps(const DirectShape& s, const float* x, int64_t row, const float* planes, float* sums,
                           bool add) {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  constexpr int64_t kWidth = kLanes<float>;
  const int64_t plane_floats = plane_row(s), plane = s.to.height * plane_floats, step = s.rows.stride * row;
  V sum[kTaps][kResults];
  HWY_UNROLL(3)
  for (int t = 0; t < kTaps; ++t) HWY_UNROLL(8)
  for (int k = 0; k < kResults; ++k) sum[t][k] = hn::Zero(d);
  // One loop body for whole vectors and the last: with two, the sums would go over the stack between them. What x has
  // behind a row is another row's: it may be infinite, so a gradient of zero does not make it vanish.
  const auto all = hn::FirstN(d, size_t(kWidth)), rest = hn::FirstN(d, size_t(s.to.width - (plane_floats - kWidth)));
  for (int64_t i = 0; i < s.to.height; ++i, x += step)
    for (int64_t p = 0; p < plane_floats; p += kWidth, planes += kWidth) {
      const auto present = p + kWidth < plane_floats ? all : rest;
      V seen[kTaps];
      HWY_UNROLL(3)
      for (int t = 0; t < kTaps; ++t) seen[t] = hn::MaskedLoad(present, d, x + p + t);
      HWY_UNROLL(8)
      for (int k = 0; k < kResults; ++k) {
        const V gradient = in_register(hn::Load(d, planes + k * plane));
        HWY_UNROLL(3)
        for (int t = 0; t < kTaps; ++t) sum[t][k] = hn::MulAdd(seen[t], gradient, sum[t][k]);
      }
    }
  HWY_UNROLL(3)  // else the sums would be an array in memory all along
  for (int t = 0; t < kTaps; ++t) HWY_UNROLL(8)
  for (int k = 0; k < kResults; ++k) {
    float* const to = sums + (t * kResults + k) * kWidth;
    hn::Store(add ? hn::Add(hn::Load(d, to), sum[t][k]) : sum[t][k], d, to);
  }
}

/// The scratch of a call, aligned: an image's gradients in planes; behind them each tap's sums, a vector for each
/// result. They become numbers once a call, not once an image (with planes made by pairs: a 5 x 5 filter's gradients of
/// six results of 28 x 28 in 0.87 of the time on a Zen 4).
inline int64_t planes_floats(const DirectShape& s) { return s.to.channels * s.to.height * plane_row(s); }
inline int64_t narrow_gradient_floats(const DirectShape& s) {
  return planes_floats(s) + s.taps() * s.to.channels * kLanes<float>;
}

/// The filters' gradient of one image, added to the scratch's sums but for the `first`.
template <int kResults>
void accumulate_narrow(const DirectShape& s, const float* x, int64_t row, const float* dy, float* scratch, bool first) {
  to_planes<kResults>(s, dy, scratch, first);
  float* to = scratch + planes_floats(s);
  for (int64_t i = 0; i < s.rows.taps; ++i)
    for (int64_t j = 0; j < s.columns.taps; j += 3) {
      const float* from = x + i * s.rows.dilation * row + j;
      const int64_t taps = std::min<int64_t>(3, s.columns.taps - j);
      if (taps == 3) add_taps<kResults, 3>(s, from, row, scratch, to, !first);
      else if (taps == 2) add_taps<kResults, 2>(s, from, row, scratch, to, !first);
      else add_taps<kResults, 1>(s, from, row, scratch, to, !first);
      to += taps * kResults * kLanes<float>;
    }
}

using AccumulateNarrow = void (*)(const DirectShape&, const float*, int64_t, const float*, float*, bool);
template <int... K>
constexpr std::array<AccumulateNarrow, sizeof...(K)> accumulate_narrows(std::integer_sequence<int, K...>) {
  return {&accumulate_narrow<K + 1>...};
}
inline constexpr auto kAccumulateNarrow = accumulate_narrows(std::make_integer_sequence<int, kMostNarrowGradient>());

/// The scratch's sums as numbers: partial[tap][kPanel] (+)= them.
inline void join_narrow(const DirectShape& s, const float* scratch, bool add, float* partial) {
  const hn::ScalableTag<float> d;
  const float* sums = scratch + planes_floats(s);
  for (int64_t tap = 0; tap < s.taps(); ++tap, partial += kPanel)
    for (int64_t k = 0; k < s.to.channels; ++k, sums += kLanes<float>)
      partial[k] = hn::GetLane(hn::SumOfLanes(d, hn::Load(d, sums))) + (add ? partial[k] : 0.0f);
}

}  // namespace tacho::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
