#include "backends/simd/batch_norm.h"
#include "backends/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/simd/batch_norm_kernels.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// Places whose sums stay in single precision.
constexpr int64_t kBlock = 256;
/// Channels whose sums of a block lie beside it in the first cache.
constexpr int64_t kPanel = 512;
/// A block is read in bands of places that are about so many floats of each operand: so memory is read nearly in order.
/// (Down a whole block at 128 bytes of each place, the caches fetched nothing ahead: 2048 channels in twice the time.)
/// No longer bands: of wide rows, the same columns lie in the same sets of a cache, which hold few of them.
constexpr int64_t kBandFloats = 2048;
constexpr int64_t kLeastBand = 4;

/// f(tag, c) for the channels from `c` on in vectors: full ones, then one each of half as many lanes as the one before
/// where they fit. (One at a time, 12 or 24 channels took 13 and 5 times as long for each of their numbers as 16.)
template <class D, class F>
HWY_INLINE void for_channels_from(D d, int64_t c, int64_t channels, const F& f) {
  constexpr int64_t kVector = int64_t(hn::MaxLanes(D()));
  for (; c + kVector <= channels; c += kVector) f(d, c);
  if constexpr (kVector > 1)
    if (c < channels) for_channels_from(hn::CappedTag<float, size_t(kVector / 2)>(), c, channels, f);
}

/// Sums of single precision beside a block, by channel of a panel.
struct PanelSums {
  HWY_ALIGN float first[kPanel];
  HWY_ALIGN float second[kPanel];
};

/// Adds two terms a place for kVectors vectors of channels from `c` on, which is `at` in the panel.
template <int kVectors, class D, class Terms>
HWY_INLINE void sum_band(D d, int64_t c, int64_t at, int64_t first, int64_t last, PanelSums& sums, const Terms& terms) {
  constexpr int kChains = 4 / kVectors;  // places side by side: each addition waits for the one before it
  using V = hn::Vec<D>;
  const int64_t lanes = int64_t(hn::Lanes(d));
  V a[kChains][kVectors], b[kChains][kVectors];
  for (int chain = 0; chain < kChains; ++chain)
    for (int v = 0; v < kVectors; ++v) a[chain][v] = b[chain][v] = hn::Zero(d);
  int64_t place = first;
  for (; place + kChains <= last; place += kChains) HWY_UNROLL(4)
  for (int chain = 0; chain < kChains; ++chain) HWY_UNROLL(4)
  for (int v = 0; v < kVectors; ++v) terms(d, place + chain, c + v * lanes, a[chain][v], b[chain][v]);
  for (; place < last; ++place)
    for (int v = 0; v < kVectors; ++v) terms(d, place, c + v * lanes, a[0][v], b[0][v]);
  if constexpr (kChains == 4) {
    const auto joined = [](const V(&chain)[kChains][kVectors]) HWY_ATTR {
      return hn::Add(hn::Add(chain[0][0], chain[1][0]), hn::Add(chain[2][0], chain[3][0]));
    };
    a[0][0] = joined(a), b[0][0] = joined(b);
  }
  for (int v = 0; v < kVectors; ++v) {
    float *const first_sums = sums.first + at + v * lanes, *const second_sums = sums.second + at + v * lanes;
    hn::StoreU(hn::Add(hn::LoadU(d, first_sums), a[0][v]), d, first_sums);
    hn::StoreU(hn::Add(hn::LoadU(d, second_sums), b[0][v]), d, second_sums);
  }
}

/// terms(tag, place, channel, a, b) adds to the vectors a and b.
template <class Terms>
HWY_INLINE void sum_terms(int64_t places, int64_t channels, const DeviationSums& sums, const Terms& terms) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = int64_t(hn::Lanes(d));
  PanelSums panel;
  for (int64_t first = 0; first < places; first += kBlock) {
    const int64_t last = std::min(first + kBlock, places);
    for (int64_t begin = 0; begin < channels; begin += kPanel) {
      const int64_t end = std::min(begin + kPanel, channels), count = end - begin;
      std::fill_n(panel.first, count, 0.0f);
      std::fill_n(panel.second, count, 0.0f);
      // A row that is read at once needs no bands.
      const int64_t band =
          count <= 4 * lanes ? kBlock : std::max(kBandFloats / count, kLeastBand) / kLeastBand * kLeastBand;
      for (int64_t from = first; from < last; from += band) {
        const int64_t to = std::min(from + band, last);
        int64_t c = begin;
        for (; c + 4 * lanes <= end; c += 4 * lanes) sum_band<4>(d, c, c - begin, from, to, panel, terms);
        for_channels_from(d, c, end, [&](auto tag, int64_t at) HWY_ATTR {
          sum_band<1>(tag, at, at - begin, from, to, panel, terms);
        });
      }
      for (int64_t i = 0; i < count; ++i) {
        sums.first[begin + i] += double(panel.first[i]);
        sums.second[begin + i] += double(panel.second[i]);
      }
    }
  }
}

void deviations(const float* x, const float* shift, int64_t places, int64_t channels, const DeviationSums& sums) {
  sum_terms(places, channels, sums, [&](auto d, int64_t place, int64_t c, auto& a, auto& b) HWY_ATTR {
    const auto deviation = hn::Sub(hn::LoadU(d, x + place * channels + c), hn::LoadU(d, shift + c));
    a = hn::Add(a, deviation);
    b = hn::MulAdd(deviation, deviation, b);
  });
}

/// A vector of gradients: 0 where the gate is not positive.
template <bool kGate, class D>
HWY_INLINE hn::Vec<D> load_gradient(D d, const float* dy, const float* gate, int64_t at) {
  const auto value = hn::LoadU(d, dy + at);
  if constexpr (kGate) return hn::IfThenElseZero(hn::Gt(hn::LoadU(d, gate + at), hn::Zero(d)), value);
  else return value;
}

template <bool kGate>
void products_as(const float* dy, const float* gate, const float* x, const float* mean, int64_t places,
                 int64_t channels, const DeviationSums& sums) {
  sum_terms(places, channels, sums, [&](auto d, int64_t place, int64_t c, auto& a, auto& b) HWY_ATTR {
    const auto gradient = load_gradient<kGate>(d, dy, gate, place * channels + c);
    a = hn::Add(a, gradient);
    b = hn::MulAdd(gradient, hn::Sub(hn::LoadU(d, x + place * channels + c), hn::LoadU(d, mean + c)), b);
  });
}

void products(const float* dy, const float* gate, const float* x, const float* mean, int64_t places, int64_t channels,
              const DeviationSums& sums) {
  (gate ? products_as<true> : products_as<false>)(dy, gate, x, mean, places, channels, sums);
}

/// f(tag, element, channel) for every vector of every place.
template <class F>
HWY_INLINE void for_elements(int64_t places, int64_t channels, const F& f) {
  const hn::ScalableTag<float> d;
  for (int64_t place = 0, at = 0; place < places; ++place, at += channels)
    for_channels_from(d, 0, channels, [&](auto tag, int64_t c) HWY_ATTR { f(tag, at + c, c); });
}

template <bool kResidual, bool kRelu>
void normalize_as(const float* x, const float* slope, const float* offset, const float* residual, float* y,
                  int64_t places, int64_t channels) {
  for_elements(places, channels, [&](auto d, int64_t at, int64_t c) HWY_ATTR {
    auto value = hn::MulAdd(hn::LoadU(d, x + at), hn::LoadU(d, slope + c), hn::LoadU(d, offset + c));
    if (kResidual) value = hn::Add(value, hn::LoadU(d, residual + at));
    if (kRelu) value = hn::IfThenZeroElse(hn::Lt(value, hn::Zero(d)), value);  // NaN stays
    hn::StoreU(value, d, y + at);
  });
}

void normalize(const float* x, const float* slope, const float* offset, const float* residual, bool relu, float* y,
               int64_t places, int64_t channels) {
  const auto as = residual ? (relu ? normalize_as<true, true> : normalize_as<true, false>)
                           : (relu ? normalize_as<false, true> : normalize_as<false, false>);
  as(x, slope, offset, residual, y, places, channels);
}

template <bool kGate>
void combine_as(const float* dy, const float* gate, const float* x, const float* a, const float* b, const float* c,
                float* dx, int64_t places, int64_t channels) {
  if (dy && x) {
    for_elements(places, channels, [&](auto d, int64_t at, int64_t channel) HWY_ATTR {
      const auto rest = hn::MulAdd(hn::LoadU(d, x + at), hn::LoadU(d, b + channel), hn::LoadU(d, c + channel));
      hn::StoreU(hn::MulAdd(load_gradient<kGate>(d, dy, gate, at), hn::LoadU(d, a + channel), rest), d, dx + at);
    });
    return;
  }
  const float *source = dy ? dy : x, *slope = dy ? a : b;
  for_elements(places, channels, [&](auto d, int64_t at, int64_t channel) HWY_ATTR {
    const auto value = load_gradient<kGate>(d, source, gate, at);
    hn::StoreU(hn::MulAdd(value, hn::LoadU(d, slope + channel), hn::LoadU(d, c + channel)), d, dx + at);
  });
}

void combine(const float* dy, const float* gate, const float* x, const float* a, const float* b, const float* c,
             float* dx, int64_t places, int64_t channels) {
  (dy && gate ? combine_as<true> : combine_as<false>)(dy, gate, x, a, b, c, dx, places, channels);
}

}  // namespace

const BatchNormFunctions* functions() {
  static constexpr BatchNormFunctions kFunctions{&deviations, &products, &normalize, &combine};
  return &kFunctions;
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tacho::simd {

HWY_EXPORT(functions);

const BatchNormFunctions& batch_norm_functions() { return *HWY_DYNAMIC_DISPATCH(functions)(); }

}  // namespace tacho::simd
#endif
