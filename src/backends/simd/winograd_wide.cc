#include "backends/simd/winograd_wide.h"

#include "backends/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/simd/winograd_wide.cc"
#include <hwy/foreach_target.h>
// Behind foreach_target.h:
#include "backends/simd/abreast-inl.h"
#include "backends/simd/bounds-inl.h"
#include "backends/simd/counted.h"
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

/// Results whose sums stand in registers together, six points of a tile's row for each: with 32 registers 24 sums of a
/// convolution, and of the images' gradient, whose factors are made in registers too, 18; with 16 registers 12.
constexpr int kFilters = kTileRows >= 14 ? 4 : 2;
constexpr int kChannels = kTileRows >= 14 ? 3 : 2;
constexpr int64_t in_blocks(int64_t count, int64_t block) { return (count + block - 1) / block; }

/// Filters transformed: [block of kBlock results][row of points][what is summed over][point][kBlock].
template <int kBlock>
void pack_blocks(int64_t results, int64_t summed, int64_t result_step, int64_t summed_step, const float* w,
                 float* packed) {
  const hn::CappedTag<float, 1> d;
  using V = hn::Vec<decltype(d)>;
  for (int64_t result = 0; result < in_blocks(results, kBlock) * kBlock; ++result)
    for (int64_t c = 0; c < summed; ++c) {
      const float* const taps = w + result * result_step + c * summed_step;
      float* const to = packed + (result / kBlock * kTile * summed + c) * kTile * kBlock + result % kBlock;
      transform_tile<kTaps, kTile, V>(
          [&](const V* a, V* b) HWY_ATTR { T::filter(d, a, b); },
          [&](int i, int j) HWY_ATTR { return hn::Set(d, result < results ? taps[i * kTaps + j] : 0.0f); },
          [&](int i, int j, V value) HWY_ATTR { to[(i * summed * kTile + j) * kBlock] = hn::GetLane(value); });
    }
}
int64_t packed_floats(const WideShape& s) {
  return in_blocks(s.to.channels, kFilters) * kFilters * WideShape::kPlaces * s.from.channels;
}
void pack(const WideShape& s, const float* w, float* packed) {
  constexpr int64_t kFilter = kTaps * kTaps;
  pack_blocks<kFilters>(s.to.channels, s.from.channels, s.from.channels * kFilter, kFilter, w, packed);
}
int64_t gradient_packed_floats(const WideShape& s) {
  return in_blocks(s.from.channels, kChannels) * kChannels * WideShape::kPlaces * s.to.channels;
}
void gradient_pack(const WideShape& s, const float* w, float* packed) {
  constexpr int64_t kFilter = kTaps * kTaps;
  pack_blocks<kChannels>(s.from.channels, s.to.channels, kFilter, s.from.channels * kFilter, w, packed);
}

/// Columns of the images that a row of tiles reaches.
int64_t reached_columns(const WideShape& s) { return s.tiles_across() * kOutputs + kTaps - 1; }

/// The scratch of a call, in vectors.
struct ConvolveScratch {
  int64_t zeros, image, columns, tile, rows, result, floats;
  explicit ConvolveScratch(const WideShape& s) {
    int64_t end = 0;
    const auto take = [&](int64_t vectors) { return std::exchange(end, end + vectors * kWidth); };
    zeros = take(s.from.channels);
    image = take(s.from.elements());
    columns = take(kTile * reached_columns(s) * s.from.channels);
    tile = take(WideShape::kPlaces * s.from.channels);
    rows = take(kTile * kOutputs * kFilters);
    result = take(s.to.elements());
    floats = end;
  }
};
int64_t workspace_floats(const WideShape& s) { return ConvolveScratch(s).floats; }

/// B^T of the columns of a row of tiles whose first row of the images is `row`: to[point][column][channel].
void transform_columns(const WideShape& s, const float* image, int64_t row, const float* zeros, float* to) {
  const D d;
  const int64_t columns = reached_columns(s), place = s.from.channels * kWidth, step = columns * place;
  for (int64_t column = 0; column < columns; ++column, to += place) {
    const int64_t at = column - s.left;
    const float* from[kTile];
    for (int i = 0; i < kTile; ++i) {
      const bool inside = uint64_t(row + i) < uint64_t(s.from.height) && uint64_t(at) < uint64_t(s.from.width);
      from[i] = inside ? image + ((row + i) * s.from.width + at) * place : zeros;
    }
    for (int64_t c = 0; c < place; c += kWidth) {
      Vector x[kTile], v[kTile];
      HWY_UNROLL(6)
      for (int i = 0; i < kTile; ++i) x[i] = hn::Load(d, from[i] + c);
      T::input(d, x, v);
      HWY_UNROLL(6)
      for (int i = 0; i < kTile; ++i) hn::Store(v[i], d, to + i * step + c);
    }
  }
}

/// B^T along the rows of one tile, whose columns begin at `columns`: to[row of points][channel][point].
void transform_rows(const WideShape& s, const float* columns, float* to) {
  const D d;
  const int64_t place = s.from.channels * kWidth, step = reached_columns(s) * place;
  for (int i = 0; i < kTile; ++i, columns += step)
    for (int64_t c = 0; c < place; c += kWidth, to += kTile * kWidth) {
      Vector x[kTile], v[kTile];
      HWY_UNROLL(6)
      for (int j = 0; j < kTile; ++j) x[j] = hn::Load(d, columns + j * place + c);
      T::input(d, x, v);
      HWY_UNROLL(6)
      for (int j = 0; j < kTile; ++j) hn::Store(v[j], d, to + j * kWidth);
    }
}

/// A row of a tile's products, summed over the channels, and A^T of it: to[filter][output].
HWY_NOINLINE void multiply_row(int64_t channels, const float* tile, const float* filters, float* to) {
  const D d;
  Vector sum[kFilters][kTile];
  HWY_UNROLL(4)
  for (int f = 0; f < kFilters; ++f) HWY_UNROLL(6)
  for (int j = 0; j < kTile; ++j) sum[f][j] = hn::Zero(d);
  for (int64_t c = 0; c < channels; ++c, tile += kTile * kWidth, filters += kTile * kFilters) HWY_UNROLL(6)
  for (int j = 0; j < kTile; ++j) {
    const Vector x = hn::Load(d, tile + j * kWidth);
    HWY_UNROLL(4)
    for (int f = 0; f < kFilters; ++f) sum[f][j] = hn::MulAdd(x, hn::Set(d, filters[j * kFilters + f]), sum[f][j]);
  }
  HWY_UNROLL(4)
  for (int f = 0; f < kFilters; ++f, to += kOutputs * kWidth) {
    Vector y[kOutputs];
    T::output(d, sum[f], y);
    HWY_UNROLL(2)
    for (int j = 0; j < kOutputs; ++j) hn::Store(y[j], d, to + j * kWidth);
  }
}

/// A^T down the columns of what multiply_row gave for all rows of points; `count` filters from `filter` on, and no more
/// than `down` x `across` outputs, into `to`, the tile's first place in the results.
void finish_tile(const WideShape& s, const ImageResult& result, const float* rows, int64_t filter, int64_t count,
                 int64_t down, int64_t across, float* to) {
  const D d;
  const Vector least = hn::Set(d, result.least), most = hn::Set(d, result.most);
  const int64_t place = s.to.channels * kWidth;
  for (int64_t f = 0; f < count; ++f, rows += kOutputs * kWidth) {
    const Vector bias = hn::Set(d, result.bias ? result.bias[filter + f] : 0.0f);
    for (int64_t j = 0; j < across; ++j) {
      Vector m[kTile], y[kOutputs];
      HWY_UNROLL(6)
      for (int i = 0; i < kTile; ++i) m[i] = hn::Load(d, rows + (i * kFilters * kOutputs + j) * kWidth);
      T::output(d, m, y);
      float* const at = to + j * place + (filter + f) * kWidth;
      for (int64_t i = 0; i < down; ++i)
        hn::Store(within(least, most, hn::Add(y[i], bias)), d, at + i * s.to.width * place);
    }
  }
}

void convolve(const WideShape& s, int64_t images, const float* x, const float* packed, const ImageResult& result,
              float* workspace) {
  const ConvolveScratch scratch(s);
  float *const image = workspace + scratch.image, *const columns = workspace + scratch.columns;
  float *const tile = workspace + scratch.tile, *const rows = workspace + scratch.rows;
  float *const zeros = workspace + scratch.zeros, *const results = workspace + scratch.result;
  const int64_t channels = s.from.channels, filters = s.to.channels;
  std::fill_n(zeros, channels * kWidth, 0.0f);
  for (int64_t n = 0; n < images; n += kWidth) {
    const int64_t together = std::min(kWidth, images - n);
    to_abreast(x + n * s.from.elements(), together, s.from.elements(), image);
    for (int64_t row = 0; row < s.to.height; row += kOutputs) {
      transform_columns(s, image, row - s.top, zeros, columns);
      for (int64_t column = 0; column < s.to.width; column += kOutputs) {
        transform_rows(s, columns + column * channels * kWidth, tile);
        const float* block = packed;
        for (int64_t filter = 0; filter < filters; filter += kFilters) {
          for (int i = 0; i < kTile; ++i, block += channels * kTile * kFilters)
            multiply_row(channels, tile + i * channels * kTile * kWidth, block,
                         rows + i * kFilters * kOutputs * kWidth);
          finish_tile(s, result, rows, filter, std::min<int64_t>(kFilters, filters - filter),
                      std::min<int64_t>(kOutputs, s.to.height - row), std::min<int64_t>(kOutputs, s.to.width - column),
                      results + (row * s.to.width + column) * filters * kWidth);
        }
      }
    }
    from_abreast(results, together, s.to.elements(), result.y + n * s.to.elements());
  }
}

/// The scratch of the images' gradient.
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
int64_t gradient_workspace_floats(const WideShape& s) { return SpreadScratch(s).floats; }

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
/// each; and B of it, added to what `channel_step` floats apart stands for the tile's columns.
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

/// What `f` executes on one row or column.
template <int kFrom, int kTo, class F>
Tally count_line(const F& f) {
  counting_tally() = {};
  Counted from[kFrom], to[kTo];
  f(from, to);
  return counting_tally();
}
void add_lines(Tally& total, const Tally& line, int64_t lines) {
  total.mul += line.mul * lines, total.add += line.add * lines;
}

Tally products(const WideShape& s) {
  Tally total;
  total.mul = total.add = s.tiles() * WideShape::kPlaces * s.from.channels * s.to.channels;
  return total;
}
Tally convolve_tally(const WideShape& s) {
  const CountedTag d;
  Tally total = products(s);
  add_lines(total, count_line<kTile, kTile>([&](const Counted* a, Counted* b) { T::input(d, a, b); }),
            (s.tiles_down() * reached_columns(s) + s.tiles() * kTile) * s.from.channels);
  add_lines(total, count_line<kTile, kOutputs>([&](const Counted* a, Counted* b) { T::output(d, a, b); }),
            (s.tiles() * kTile + s.tiles_down() * s.to.width) * s.to.channels);
  return total;
}
Tally spread_tally(const WideShape& s) {
  const CountedTag d;
  Tally total = products(s);
  const int64_t passes = in_blocks(s.from.channels, kChannels);
  add_lines(total, count_line<kOutputs, kTile>([&](const Counted* a, Counted* b) { T::gradient(d, a, b); }),
            (s.tiles_down() * s.tiles_across() * kOutputs + s.tiles() * kTile * passes) * s.to.channels);
  Tally line = count_line<kTile, kTile>([&](const Counted* a, Counted* b) { T::input_gradient(d, a, b); });
  line.add += kTile;  // to what other tiles have for the same places
  add_lines(total, line, (s.tiles() * kTile + s.tiles_down() * s.from.width) * s.from.channels);
  return total;
}

constexpr WideRoutines kRoutines{
    .lanes = kWidth,
    .packed_floats = packed_floats,
    .pack = pack,
    .workspace_floats = workspace_floats,
    .convolve = convolve,
    .gradient_packed_floats = gradient_packed_floats,
    .gradient_pack = gradient_pack,
    .gradient_workspace_floats = gradient_workspace_floats,
    .spread = spread,
    .convolve_tally = convolve_tally,
    .spread_tally = spread_tally,
};

}  // namespace

const WideRoutines* wide_table() { return &kRoutines; }

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tacho::simd {

HWY_EXPORT(wide_table);

const WideRoutines& wide_routines() { return *HWY_DYNAMIC_DISPATCH(wide_table)(); }

}  // namespace tacho::simd
#endif
