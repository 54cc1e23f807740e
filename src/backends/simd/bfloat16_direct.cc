// Direct convolutions with factors rounded to bfloat16 while images are copied and filters packed, and float32 sums.
#include "backends/simd/direct.h"
#include "backends/simd/targets.h"
#include "ops/products.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/simd/bfloat16_direct.cc"
#include <hwy/foreach_target.h>
// Behind foreach_target.h:
#include "backends/simd/bfloat16_tile-inl.h"
#include "backends/simd/direct-inl.h"

#if TACHO_SIMD_BFLOAT16
TACHO_BEFORE_BFLOAT16();
namespace tacho::simd {
namespace HWY_NAMESPACE {
namespace {

/// As add_gradient of direct.cc, two places at a time.
template <int kRows, int kVectors>
HWY_NOINLINE void add_gradient_pairs(const float* a, int64_t a_row, int64_t a_place, const float* b, int64_t b_row,
                                     int64_t b_place, int64_t rows, int64_t places, float* c,
                                     const TileEnd<float>& end) {
  const hn::ScalableTag<float> d;
  hn::Vec<decltype(d)> sum[kRows][kVectors];
  HWY_UNROLL(16)
  for (int r = 0; r < kRows; ++r) HWY_UNROLL(2)
  for (int v = 0; v < kVectors; ++v) sum[r][v] = hn::Zero(d);
  for (int64_t row = 0; row < rows; ++row)
    add_all_pairs(sum, places, RowsTogether<float>{a + row * a_row, a_place}, b + row * b_row, b_place);
  end_tile(d, sum, c, kPanel, end);
}

template <int kVectors, int... R>
constexpr std::array<AddGradient, sizeof...(R)> add_gradients_of_pairs(std::integer_sequence<int, R...>) {
  return {&add_gradient_pairs<R + 1, kVectors>...};
}
constexpr auto kAddWidePairs = add_gradients_of_pairs<2>(std::make_integer_sequence<int, kTileRows>());
constexpr auto kAddNarrowPairs = add_gradients_of_pairs<1>(std::make_integer_sequence<int, kTileRows>());

/// Runs of `channels` floats of `places` places, `step` apart, to runs of pairs side by side.
HWY_NOINLINE void round_places(const float* from, int64_t places, int64_t step, int64_t channels, float* to) {
  if (step == channels && channels % 2 == 0) return round_run(from, places * channels, to);
  const int64_t pairs = pairs_of(channels);
  for (int64_t p = 0; p < places; ++p, from += step, to += pairs) round_run(from, channels, to);
}

/// `count` pairs of two rows, either of which may be null: zeros. Behind them zeros up to `width`.
HWY_INLINE void zip_run(const float* low, const float* high, int64_t count, int64_t width, float* to) {
  for (int64_t i = 0; i < width; i += 16) {
    const __mmask16 mask = first_lanes(count - i);
    const __m512 first = low ? _mm512_maskz_loadu_ps(mask, low + i) : _mm512_setzero_ps();
    const __m512 second = high ? _mm512_maskz_loadu_ps(mask, high + i) : _mm512_setzero_ps();
    _mm512_mask_storeu_ps(to + i, first_lanes(width - i), zipped_pairs(first, second));
  }
}
HWY_NOINLINE void zip_places(const float* low, const float* high, int64_t places, int64_t step, int64_t channels,
                             float* to) {
  if (step == channels) return zip_run(low, high, places * channels, places * channels, to);
  for (int64_t p = 0; p < places; ++p, to += channels)
    zip_run(low ? low + p * step : nullptr, high ? high + p * step : nullptr, channels, channels, to);
}
HWY_NOINLINE void zip_gradients(const DirectShape& s, const float* dy, int64_t present, int64_t columns, float* panel) {
  const int64_t half = pairs_of(s.to.height), row = s.to.width * s.to.channels;
  for (int64_t i = 0; i < half; ++i)
    for (int64_t p = 0; p < s.to.width; ++p, panel += columns) {
      const float* low = dy + i * row + p * s.to.channels;
      zip_run(low, i + half < s.to.height ? low + half * row : nullptr, present, columns, panel);
    }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {
namespace {

/// Factors in pairs. Where channels are summed, a pair is two of them; where places are (filters' gradients), it is a
/// place in the upper half of the results and the one as far below the middle, so that one image, put together with
/// itself moved up by half, serves every tap, stride and dilation.
struct PairFactors {
  static constexpr bool kCopies = true;
  static constexpr int kTogether = 2;
  static DirectShape in_units(const DirectShape& s) {
    DirectShape pairs = s;
    pairs.from.channels = s.groups * pairs_of(s.from_channels());
    return pairs;
  }
  static DirectShape summed(const DirectShape& s) {
    DirectShape half = s;
    half.to.height = pairs_of(s.to.height);
    return half;
  }
  static float unit(const float* filter, int64_t c, int64_t step, int64_t channels) {
    const auto half = [&](int64_t i) {
      return i < channels ? std::bit_cast<uint32_t>(rounded_to_bfloat16(filter[i * step])) : 0u;
    };
    return std::bit_cast<float>(half(2 * c) >> 16 | half(2 * c + 1));
  }

  static Source source(const DirectShape& s, const Padded& padded, const float* image, int64_t group, float* scratch) {
    const int64_t channels = s.from_channels();
    return padded_source(s, padded, pairs_of(channels), scratch,
                         [&](int64_t i, int64_t first, int64_t places, float* to) {
                           const float* from = image_row(s, image, group, i, first);
                           if (from) round_places(from, places, s.from.channels, channels, to);
                           return from != nullptr;
                         });
  }
  static Source summed_source(const DirectShape& s, const Padded& padded, const float* image, int64_t group,
                              float* scratch) {
    const int64_t channels = s.from_channels(), apart = summed(s).to.height * s.rows.stride;
    const int64_t all = s.rows.reach(s.to.height);
    return padded_source(s, padded, channels, scratch, [&](int64_t i, int64_t first, int64_t places, float* to) {
      const float* const low = image_row(s, image, group, i, first);
      // Rows that no result sees may hold infinities, which a gradient of zero does not make vanish.
      const float* const high = i + apart < all ? image_row(s, image, group, i + apart, first) : nullptr;
      if (low || high) zip_places(low, high, places, s.from.channels, channels, to);
      return low || high;
    });
  }
  static void copy_gradients(const DirectShape& s, const float* dy, int64_t present, int64_t columns, float* panel) {
    zip_gradients(s, dy, present, columns, panel);
  }
  static HWY_INLINE void multiply(int64_t rows, const StepsTogether<float>& a, int64_t pairs, const float* filters,
                                  int64_t columns, float* c, int64_t c_row, const TileEnd<float>& end) {
    multiply_any_pair_tile(rows, a, pairs, filters, kPanel, columns, c, c_row, end);
  }
  static const auto& add_gradients(int64_t columns) {
    return columns > kLanes<float> ? kAddWidePairs : kAddNarrowPairs;
  }
};

constexpr DirectRoutines kPairRoutines = direct_routines_of<PairFactors>();

}  // namespace

const DirectRoutines* bfloat16_direct_table() { return &kPairRoutines; }

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();
#else   // a target without
HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {
const DirectRoutines* bfloat16_direct_table() { return nullptr; }
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();
#endif  // TACHO_SIMD_BFLOAT16

#if HWY_ONCE
namespace tacho::simd {

HWY_EXPORT(bfloat16_direct_table);

const DirectRoutines* bfloat16_direct_routines() {
  return this_cpu().has("avx512_bf16") ? HWY_DYNAMIC_DISPATCH(bfloat16_direct_table)() : nullptr;
}

}  // namespace tacho::simd
#endif  // HWY_ONCE
