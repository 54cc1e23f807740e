// Direct convolution of one channel into few: what fills no vector of channels is computed in vectors of places.
#if defined(TACHO_SIMD_NARROW_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_NARROW_INL_H
#undef TACHO_SIMD_NARROW_INL_H
#else
#define TACHO_SIMD_NARROW_INL_H
#endif

#include <array>
#include <utility>

#include "backends/simd/direct.h"
#include "backends/simd/images.h"
#include "backends/simd/panels-inl.h"
#include "backends/simd/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd::HWY_NAMESPACE {

/// Results that fill at most half of a vector.
inline constexpr int kMostNarrow = int(kLanes<float> / 2);

/// One channel, side by side, into at most kMostNarrow, in rows of at least a vector.
inline bool is_narrow(const DirectShape& s) {
  return s.groups == 1 && s.from.channels == 1 && s.to.channels <= kMostNarrow && s.columns.stride == 1 &&
         s.columns.dilation == 1 && s.to.width >= kLanes<float>;
}

/// One row of results y (places x kResults) of rows x (`row` floats apart): filters [tap][kPanel], bias may be null.
template <int kResults>
HWY_NOINLINE void convolve_narrow(const DirectShape& s, const float* x, int64_t row, const float* filters,
                                  const float* bias, bool relu, float* y) {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  constexpr int64_t kWidth = kLanes<float>;
  const int64_t last = s.to.width - kWidth;
  const V least = hn::Set(d, relu ? 0.0f : -std::numeric_limits<float>::infinity());
  HWY_ALIGN float results[kResults * kWidth];
  for (int64_t place = 0; place < s.to.width; place += 2 * kWidth) {
    // The last ones overlap those before them, so that nothing behind the row is touched.
    const int64_t at[2]{std::min(place, last), std::min(place + kWidth, last)};
    V sum[kResults][2];
    HWY_UNROLL(8)
    for (int k = 0; k < kResults; ++k) sum[k][0] = sum[k][1] = hn::Set(d, bias ? bias[k] : 0.0f);
    const float* w = filters;
    for (int64_t i = 0; i < s.rows.taps; ++i) {
      const float* from = x + i * s.rows.dilation * row;
      for (int64_t j = 0; j < s.columns.taps; ++j, w += kPanel) {
        const V first = hn::LoadU(d, from + at[0] + j), second = hn::LoadU(d, from + at[1] + j);
        HWY_UNROLL(8)
        for (int k = 0; k < kResults; ++k) {
          sum[k][0] = hn::MulAdd(first, hn::Set(d, w[k]), sum[k][0]);
          sum[k][1] = hn::MulAdd(second, hn::Set(d, w[k]), sum[k][1]);
        }
      }
    }
    for (int half = 0; half < 2; ++half) {
      HWY_UNROLL(8)
      for (int k = 0; k < kResults; ++k) hn::Store(hn::Max(least, sum[k][half]), d, results + k * kWidth);
      float* const to = y + at[half] * kResults;
      if constexpr (kResults >= 4) {
        for (int64_t p = 0; p < kWidth; p += 4)
          for (int k = 0; k < kResults; k += 4) {
            const int first = std::min(k, kResults - 4);
            transpose_square(results + first * kWidth + p, kWidth, to + p * kResults + first, kResults);
          }
      } else {
        for (int64_t p = 0; p < kWidth; ++p)
          for (int k = 0; k < kResults; ++k) to[p * kResults + k] = results[k * kWidth + p];
      }
    }
  }
}

using ConvolveNarrow = void (*)(const DirectShape&, const float*, int64_t, const float*, const float*, bool, float*);
template <int... K>
constexpr std::array<ConvolveNarrow, sizeof...(K)> convolve_narrows(std::integer_sequence<int, K...>) {
  return {&convolve_narrow<K + 1>...};
}
/// By results less one.
inline constexpr auto kConvolveNarrow = convolve_narrows(std::make_integer_sequence<int, kMostNarrow>());

/// Gradients of results (places x kResults) as kResults planes of `places`.
template <int kResults>
void to_planes(const float* dy, int64_t places, float* planes) {
  constexpr int64_t kWidth = kLanes<float>;
  int64_t p = 0;
  if constexpr (kResults >= 4)
    for (; p + kWidth <= places; p += kWidth)
      for (int k = 0; k < kResults; k += 4) {
        const int first = std::min(k, kResults - 4);
        transpose_block(hn::ScalableTag<float>(), dy + p * kResults + first, kResults, planes + first * places + p,
                        places);
      }
  for (; p < places; ++p)
    for (int k = 0; k < kResults; ++k) planes[k * places + p] = dy[p * kResults + k];
}

/// sums[tap][kPanel] (+)= the gradient of kTaps taps side by side, the first of which sees x at the first place.
template <int kResults, int kTaps>
HWY_NOINLINE void add_taps(const DirectShape& s, const float* x, int64_t row, const float* planes, float* sums,
                           bool add) {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  constexpr int64_t kWidth = kLanes<float>;
  const int64_t places = s.to.height * s.to.width;
  V sum[kTaps][kResults];
  HWY_UNROLL(3)
  for (int t = 0; t < kTaps; ++t) HWY_UNROLL(8)
  for (int k = 0; k < kResults; ++k) sum[t][k] = hn::Zero(d);
  const auto add_vector = [&](const auto& load, const float* from, const float* plane) HWY_ATTR {
    V seen[kTaps];
    HWY_UNROLL(3)
    for (int t = 0; t < kTaps; ++t) seen[t] = load(from + t);
    HWY_UNROLL(8)
    for (int k = 0; k < kResults; ++k) {
      const V gradient = load(plane + k * places);
      HWY_UNROLL(3)
      for (int t = 0; t < kTaps; ++t) sum[t][k] = hn::MulAdd(seen[t], gradient, sum[t][k]);
    }
  };
  const int64_t whole = s.to.width / kWidth * kWidth;
  const auto rest = hn::FirstN(d, size_t(s.to.width - whole));
  for (int64_t i = 0; i < s.to.height; ++i) {
    const float *from = x + i * s.rows.stride * row, *plane = planes + i * s.to.width;
    for (int64_t p = 0; p < whole; p += kWidth)
      add_vector([&](const float* at) HWY_ATTR { return hn::LoadU(d, at); }, from + p, plane + p);
    if (whole < s.to.width)
      add_vector([&](const float* at) HWY_ATTR { return hn::MaskedLoad(rest, d, at); }, from + whole, plane + whole);
  }
  for (int t = 0; t < kTaps; ++t)
    for (int k = 0; k < kResults; ++k) {
      float& to = sums[t * kPanel + k];
      to = hn::GetLane(hn::SumOfLanes(d, sum[t][k])) + (add ? to : 0.0f);
    }
}

/// The filters' gradient of one image: sums [tap][kPanel]. `planes`: room for the image's gradients.
template <int kResults>
void accumulate_narrow(const DirectShape& s, const float* x, int64_t row, const float* dy, float* planes, float* sums,
                       bool add) {
  to_planes<kResults>(dy, s.to.height * s.to.width, planes);
  for (int64_t i = 0; i < s.rows.taps; ++i)
    for (int64_t j = 0; j < s.columns.taps; j += 3) {
      const float* from = x + i * s.rows.dilation * row + j;
      float* const to = sums + (i * s.columns.taps + j) * kPanel;
      if (j + 3 <= s.columns.taps) add_taps<kResults, 3>(s, from, row, planes, to, add);
      else if (j + 2 == s.columns.taps) add_taps<kResults, 2>(s, from, row, planes, to, add);
      else add_taps<kResults, 1>(s, from, row, planes, to, add);
    }
}

using AccumulateNarrow = void (*)(const DirectShape&, const float*, int64_t, const float*, float*, float*, bool);
template <int... K>
constexpr std::array<AccumulateNarrow, sizeof...(K)> accumulate_narrows(std::integer_sequence<int, K...>) {
  return {&accumulate_narrow<K + 1>...};
}
inline constexpr auto kAccumulateNarrow = accumulate_narrows(std::make_integer_sequence<int, kMostNarrow>());

}  // namespace tacho::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
