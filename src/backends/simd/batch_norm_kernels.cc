#include "backends/simd/batch_norm.h"
#include "backends/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/simd/batch_norm_kernels.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <type_traits>

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

enum class Gated : uint8_t { no, above, between };

/// Calls f with an object of type std::integral_constant<Gated, ...>.
template <class F>
void with_gate(const NormGate& gate, const F& f) {
  if (!gate.values) f(std::integral_constant<Gated, Gated::no>());
  else if (!gate.bounded) f(std::integral_constant<Gated, Gated::above>());
  else f(std::integral_constant<Gated, Gated::between>());
}

/// A vector of gradients, 0 where they do not count.
template <Gated kGated, class D>
HWY_INLINE hn::Vec<D> load_gradient(D d, const float* dy, const NormGate& gate, int64_t at) {
  const auto value = hn::LoadU(d, dy + at);
  if constexpr (kGated == Gated::no) return value;
  else {
    const auto by = hn::LoadU(d, gate.values + at);
    const auto above = hn::Gt(by, hn::Set(d, gate.low));
    if constexpr (kGated == Gated::above) return hn::IfThenElseZero(above, value);
    else return hn::IfThenElseZero(hn::And(above, hn::Gt(hn::Set(d, gate.high), by)), value);
  }
}

template <Gated kGated>
void products_as(const float* dy, const NormGate& gate, const float* x, const float* mean, int64_t places,
                 int64_t channels, const DeviationSums& sums) {
  sum_terms(places, channels, sums, [&, gate](auto d, int64_t place, int64_t c, auto& a, auto& b) HWY_ATTR {
    const auto gradient = load_gradient<kGated>(d, dy, gate, place * channels + c);
    a = hn::Add(a, gradient);
    b = hn::MulAdd(gradient, hn::Sub(hn::LoadU(d, x + place * channels + c), hn::LoadU(d, mean + c)), b);
  });
}

void products(const float* dy, const NormGate& gate, const float* x, const float* mean, int64_t places,
              int64_t channels, const DeviationSums& sums) {
  with_gate(gate, [&](auto gated) { products_as<decltype(gated)::value>(dy, gate, x, mean, places, channels, sums); });
}

/// f(tag, element, channel) for every vector of every place.
template <class F>
HWY_INLINE void for_elements(int64_t places, int64_t channels, const F& f) {
  const hn::ScalableTag<float> d;
  for (int64_t place = 0, at = 0; place < places; ++place, at += channels)
    for_channels_from(d, 0, channels, [&](auto tag, int64_t c) HWY_ATTR { f(tag, at + c, c); });
}

template <bool kResidual, NormEnd::Kind kEnd>
void normalize_as(const float* x, const float* slope, const float* offset, const float* residual, const NormEnd& end,
                  float* y, int64_t places, int64_t channels) {
  for_elements(places, channels, [&, end](auto d, int64_t at, int64_t c) HWY_ATTR {
    auto value = hn::MulAdd(hn::LoadU(d, x + at), hn::LoadU(d, slope + c), hn::LoadU(d, offset + c));
    if (kResidual) value = hn::Add(value, hn::LoadU(d, residual + at));
    if (kEnd == NormEnd::relu) value = hn::IfThenZeroElse(hn::Lt(value, hn::Zero(d)), value);
    if (kEnd == NormEnd::clip) {
      const auto low = hn::Set(d, end.low), high = hn::Set(d, end.high);
      value = hn::IfThenElse(hn::Lt(value, low), low, value);
      value = hn::IfThenElse(hn::Lt(high, value), high, value);
    }
    hn::StoreU(value, d, y + at);
  });
}

template <NormEnd::Kind kEnd>
void normalize_to(const float* x, const float* slope, const float* offset, const float* residual, const NormEnd& end,
                  float* y, int64_t places, int64_t channels) {
  (residual ? normalize_as<true, kEnd> : normalize_as<false, kEnd>)(x, slope, offset, residual, end, y, places,
                                                                    channels);
}

void normalize(const float* x, const float* slope, const float* offset, const float* residual, const NormEnd& end,
               float* y, int64_t places, int64_t channels) {
  const auto to = end.kind == NormEnd::relu   ? normalize_to<NormEnd::relu>
                  : end.kind == NormEnd::clip ? normalize_to<NormEnd::clip>
                                              : normalize_to<NormEnd::as_is>;
  to(x, slope, offset, residual, end, y, places, channels);
}

template <Gated kGated>
void combine_as(const float* dy, const NormGate& gate, const float* x, const float* a, const float* b, const float* c,
                float* dx, int64_t places, int64_t channels) {
  if (dy && x) {
    for_elements(places, channels, [&, gate](auto d, int64_t at, int64_t channel) HWY_ATTR {
      const auto rest = hn::MulAdd(hn::LoadU(d, x + at), hn::LoadU(d, b + channel), hn::LoadU(d, c + channel));
      hn::StoreU(hn::MulAdd(load_gradient<kGated>(d, dy, gate, at), hn::LoadU(d, a + channel), rest), d, dx + at);
    });
    return;
  }
  const float *source = dy ? dy : x, *slope = dy ? a : b;
  for_elements(places, channels, [&, gate](auto d, int64_t at, int64_t channel) HWY_ATTR {
    const auto value = load_gradient<kGated>(d, source, gate, at);
    hn::StoreU(hn::MulAdd(value, hn::LoadU(d, slope + channel), hn::LoadU(d, c + channel)), d, dx + at);
  });
}

void combine(const float* dy, const NormGate& gate, const float* x, const float* a, const float* b, const float* c,
             float* dx, int64_t places, int64_t channels) {
  with_gate(dy ? gate : NormGate{},
            [&](auto gated) { combine_as<decltype(gated)::value>(dy, gate, x, a, b, c, dx, places, channels); });
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
