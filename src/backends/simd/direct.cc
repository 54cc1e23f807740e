#include "backends/simd/direct.h"

#include "backends/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/simd/direct.cc"
#include <hwy/foreach_target.h>
// Behind foreach_target.h:
#include "backends/simd/channels-inl.h"
#include "backends/simd/direct-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {
namespace {

template <int kRows, int kVectors>
HWY_NOINLINE void add_gradient(const float* a, int64_t a_row, int64_t a_place, const float* b, int64_t b_row,
                               int64_t b_place, int64_t rows, int64_t places, float* c, const TileEnd<float>& end) {
  const hn::ScalableTag<float> d;
  hn::Vec<decltype(d)> sum[kRows][kVectors];
  HWY_UNROLL(16)
  for (int r = 0; r < kRows; ++r) HWY_UNROLL(2)
  for (int v = 0; v < kVectors; ++v) sum[r][v] = hn::Zero(d);
  for (int64_t row = 0; row < rows; ++row)
    add_steps(d, sum, places, RowsTogether<float>{a + row * a_row, a_place}, b + row * b_row, b_place);
  end_tile(d, sum, c, kPanel, end);
}

template <int kVectors, int... R>
constexpr std::array<AddGradient, sizeof...(R)> add_gradients(std::integer_sequence<int, R...>) {
  return {&add_gradient<R + 1, kVectors>...};
}
constexpr auto kAddWide = add_gradients<2>(std::make_integer_sequence<int, kTileRows>());
constexpr auto kAddNarrow = add_gradients<1>(std::make_integer_sequence<int, kTileRows>());

/// Factors as they are.
struct PlainFactors {
  static constexpr bool kCopies = false;
  static constexpr int kTogether = 1;
  static DirectShape in_units(const DirectShape& s) { return s; }
  static DirectShape summed(const DirectShape& s) { return s; }
  static float unit(const float* filter, int64_t c, int64_t step, int64_t) { return filter[c * step]; }

  static Source source(const DirectShape& s, const Padded& padded, const float* image, int64_t group, float* scratch) {
    if (!padded.needed) return {image, s.from.width * s.from.channels, s.from.channels};
    const int64_t channels = s.from_channels();
    return padded_source(s, padded, channels, scratch, [&](int64_t i, int64_t first, int64_t places, float* to) {
      const float* from = image_row(s, image, group, i, first);
      if (!from) return false;
      if (s.groups == 1) copy_floats(from, places * channels, to);
      else
        for (int64_t p = 0; p < places; ++p, from += s.from.channels) std::copy_n(from, channels, to + p * channels);
      return true;
    });
  }
  static Source summed_source(const DirectShape& s, const Padded& padded, const float* image, int64_t group,
                              float* scratch) {
    return source(s, padded, image, group, scratch);
  }
  static void copy_gradients(const DirectShape& s, const float* dy, int64_t present, int64_t columns, float* panel) {
    for (int64_t p = 0; p < s.to.height * s.to.width; ++p, dy += s.to.channels, panel += columns) {
      std::copy_n(dy, present, panel);
      std::fill(panel + present, panel + columns, 0.0f);
    }
  }
  static HWY_INLINE void multiply(int64_t rows, const StepsTogether<float>& a, int64_t steps, const float* filters,
                                  int64_t columns, float* c, int64_t c_row, const TileEnd<float>& end) {
    multiply_any_tile(rows, a, steps, filters, kPanel, columns, c, c_row, end);
  }
  static const auto& add_gradients(int64_t columns) { return columns > kLanes<float> ? kAddWide : kAddNarrow; }
};

constexpr DirectRoutines kRoutines = direct_routines_of<PlainFactors>();

}  // namespace

const DirectRoutines* direct_table() { return &kRoutines; }

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tacho::simd {

HWY_EXPORT(direct_table);

const DirectRoutines& direct_routines() { return *HWY_DYNAMIC_DISPATCH(direct_table)(); }

}  // namespace tacho::simd
#endif
