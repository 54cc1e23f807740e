#include "backends/simd/targets.h"
#include "backends/simd/winograd_wide.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/simd/winograd_wide_spread.cc"
#include <hwy/foreach_target.h>
// Behind foreach_target.h:
#include "backends/simd/winograd_wide-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {
namespace {

using T = WideTransform;
constexpr int kTile = T::kTile, kOutputs = T::kOutputs, kTaps = T::kTaps;
constexpr int64_t kWidth = kLanes<float>;
using D = hn::ScalableTag<float>;
using Vector = hn::Vec<D>;

/// Channels of the images' gradient whose sums stand in registers together; their factors are made in registers too.
constexpr int kChannels = kTileRows >= 14 ? 3 : 2;
constexpr int64_t in_blocks(int64_t count, int64_t block) { return (count + block - 1) / block; }

int64_t packed_floats(const WideShape& s) {
  return in_blocks(s.from.channels, kChannels) * kChannels * WideShape::kPlaces * s.to.channels;
}

/// [block of kChannels][row of points][filter][point][channel]
void pack(const WideShape& s, const float* w, float* packed) {
  const D d;
  const int64_t channels = s.from.channels, filters = s.to.channels;
  HWY_ALIGN float taps[kTaps * kTaps][kWidth], points[WideShape::kPlaces][kWidth];
  std::fill_n(packed, packed_floats(s), 0.0f);
  std::fill_n(taps[0], kTaps * kTaps * kWidth, 0.0f);
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t k = 0; k < filters; k += kWidth) {
      const int64_t present = std::min(kWidth, filters - k);
      transpose(w + (k * channels + c) * kTaps * kTaps, present, kTaps * kTaps, channels * kTaps * kTaps, taps[0],
                kWidth);
      transform_tile<kTaps, kTile, Vector>([&](const Vector* a, Vector* b) HWY_ATTR { T::filter(d, a, b); },
                                           [&](int i, int j) HWY_ATTR { return hn::Load(d, taps[i * kTaps + j]); },
                                           [&](int i, int j, Vector value)
                                               HWY_ATTR { hn::Store(value, d, points[i * kTile + j]); });
      for (int64_t i = 0; i < kTile; ++i) {
        float* to = packed + ((c / kChannels * kTile + i) * filters + k) * kTile * kChannels + c % kChannels;
        for (int64_t lane = 0; lane < present; ++lane)
          for (int64_t j = 0; j < kTile; ++j, to += kChannels) *to = points[i * kTile + j][lane];
      }
    }
}

/// The scratch of a call, in vectors.
struct SpreadScratch {
  int64_t zeros, gradient, columns, rows, image, floats;
  explicit SpreadScratch(const WideShape& s) {
    int64_t end = 0;
    const auto take = [&](int64_t vectors) { return std::exchange(end, end + vectors * kWidth); };
    zeros = take(s.to.channels);
    gradient = take(s.to.elements());
    columns = take(kTile * s.tiles_across() * kOutputs * s.to.channels);
    rows = take(kTile * reached_columns(s) * in_blocks(s.from.channels, kChannels) * kChannels);
    image = take(s.from.elements());
    floats = end;
  }
};
int64_t workspace_floats(const WideShape& s) { return SpreadScratch(s).floats; }

/// A of the columns of two rows of gradients, from `row` on: to[point][column][filter].
void transform_gradients(const WideShape& s, const float* gradient, int64_t row, const float* zeros, float* to) {
  const D d;
  const int64_t columns = s.tiles_across() * kOutputs, place = s.to.channels * kWidth, step = columns * place;
  for (int64_t column = 0; column < columns; ++column, to += place) {
    const float* from[kOutputs];
    for (int i = 0; i < kOutputs; ++i)
      from[i] =
          row + i < s.to.height && column < s.to.width ? gradient + ((row + i) * s.to.width + column) * place : zeros;
    for (int64_t k = 0; k < place; k += kWidth) {
      Vector y[kOutputs], g[kTile];
      HWY_UNROLL(2)
      for (int i = 0; i < kOutputs; ++i) y[i] = hn::Load(d, from[i] + k);
      T::gradient(d, y, g);
      HWY_UNROLL(6)
      for (int i = 0; i < kTile; ++i) hn::Store(g[i], d, to + i * step + k);
    }
  }
}

/// A row of a tile's products, summed over the filters, whose gradients are those of two columns, `filters` vectors
/// each; and B of it, added to what stands for the tile's columns, `place` floats apart.
HWY_NOINLINE void spread_row(int64_t filters, const float* gradients, const float* packed, float* to, int64_t place) {
  const D d;
  Vector sum[kChannels][kTile];
  HWY_UNROLL(3)
  for (int c = 0; c < kChannels; ++c) HWY_UNROLL(6)
  for (int j = 0; j < kTile; ++j) sum[c][j] = hn::Zero(d);
  for (int64_t k = 0; k < filters; ++k, gradients += kWidth, packed += kTile * kChannels) {
    const Vector y[kOutputs] = {hn::Load(d, gradients), hn::Load(d, gradients + filters * kWidth)};
    Vector g[kTile];
    T::gradient(d, y, g);
    HWY_UNROLL(6)
    for (int j = 0; j < kTile; ++j) HWY_UNROLL(3)
    for (int c = 0; c < kChannels; ++c) sum[c][j] = hn::MulAdd(g[j], hn::Set(d, packed[j * kChannels + c]), sum[c][j]);
  }
  HWY_UNROLL(3)
  for (int c = 0; c < kChannels; ++c, to += kWidth) {
    Vector x[kTile];
    T::input_gradient(d, sum[c], x);
    HWY_UNROLL(6)
    for (int j = 0; j < kTile; ++j) hn::Store(hn::Add(hn::Load(d, to + j * place), x[j]), d, to + j * place);
  }
}

/// B down the columns of a row of tiles, added to the rows of the images from `row` on.
void add_columns(const WideShape& s, const float* rows, int64_t row, float* image) {
  const D d;
  const int64_t from_place = in_blocks(s.from.channels, kChannels) * kChannels * kWidth;
  const int64_t columns = reached_columns(s), step = columns * from_place, place = s.from.channels * kWidth;
  for (int64_t column = 0; column < columns; ++column, rows += from_place) {
    const int64_t at = column - s.left;
    if (uint64_t(at) >= uint64_t(s.from.width)) continue;
    for (int64_t c = 0; c < place; c += kWidth) {
      Vector m[kTile], x[kTile];
      HWY_UNROLL(6)
      for (int i = 0; i < kTile; ++i) m[i] = hn::Load(d, rows + i * step + c);
      T::input_gradient(d, m, x);
      HWY_UNROLL(6)
      for (int i = 0; i < kTile; ++i) {
        if (uint64_t(row + i) >= uint64_t(s.from.height)) continue;
        float* const to = image + ((row + i) * s.from.width + at) * place + c;
        hn::Store(hn::Add(hn::Load(d, to), x[i]), d, to);
      }
    }
  }
}

void spread(const WideShape& s, int64_t images, const float* dy, const float* packed, float* dx, float* workspace) {
  const SpreadScratch scratch(s);
  float *const zeros = workspace + scratch.zeros, *const gradient = workspace + scratch.gradient;
  float *const columns = workspace + scratch.columns, *const rows = workspace + scratch.rows;
  float* const image = workspace + scratch.image;
  const int64_t blocks = in_blocks(s.from.channels, kChannels), place = blocks * kChannels * kWidth;
  const int64_t filters = s.to.channels, across = s.tiles_across() * kOutputs;
  std::fill_n(zeros, filters * kWidth, 0.0f);
  for (int64_t n = 0; n < images; n += kWidth) {
    const int64_t together = std::min(kWidth, images - n);
    to_abreast(dy + n * s.to.elements(), together, s.to.elements(), gradient);
    std::fill_n(image, s.from.elements() * kWidth, 0.0f);
    for (int64_t row = 0; row < s.to.height; row += kOutputs) {
      transform_gradients(s, gradient, row, zeros, columns);
      std::fill_n(rows, kTile * reached_columns(s) * place, 0.0f);
      const float* filter = packed;
      for (int64_t block = 0; block < blocks; ++block)
        for (int i = 0; i < kTile; ++i, filter += filters * kTile * kChannels)
          for (int64_t column = 0; column < across; column += kOutputs)
            spread_row(filters, columns + (i * across + column) * filters * kWidth, filter,
                       rows + (i * reached_columns(s) + column) * place + block * kChannels * kWidth, place);
      add_columns(s, rows, row - s.top, image);
    }
    from_abreast(image, together, s.from.elements(), dx + n * s.from.elements());
  }
}

Tally tally(const WideShape& s) {
  const CountedTag d;
  Tally total = wide_products(s);
  const int64_t passes = in_blocks(s.from.channels, kChannels);
  add_lines(total, count_line<kOutputs, kTile>([&](const Counted* a, Counted* b) { T::gradient(d, a, b); }),
            (s.tiles_down() * s.tiles_across() * kOutputs + s.tiles() * kTile * passes) * s.to.channels);
  Tally line = count_line<kTile, kTile>([&](const Counted* a, Counted* b) { T::input_gradient(d, a, b); });
  line.add += kTile;  // to what other tiles have for the same places
  add_lines(total, line, (s.tiles() * kTile + s.tiles_down() * s.from.width) * s.from.channels);
  return total;
}

constexpr WideSpreadRoutines kRoutines{
    .lanes = kWidth,
    .packed_floats = packed_floats,
    .pack = pack,
    .workspace_floats = workspace_floats,
    .spread = spread,
    .tally = tally,
};

}  // namespace

const WideSpreadRoutines* wide_spread_table() { return &kRoutines; }

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tacho::simd {

HWY_EXPORT(wide_spread_table);

const WideSpreadRoutines& wide_spread_routines() { return *HWY_DYNAMIC_DISPATCH(wide_spread_table)(); }

}  // namespace tacho::simd
#endif
