#include "backends/simd/targets.h"
#include "backends/simd/winograd_wide.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/simd/winograd_wide_gradient.cc"
#include <hwy/foreach_target.h>
// Behind foreach_target.h:
#include "backends/simd/panels-inl.h"
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

/// The sums at a point that stand in registers together: of so many filters by up to so many channels.
constexpr int kFilters = kTileRows >= 14 ? 4 : 2, kMostChannels = 6;
/// Sums become numbers four at a time.
constexpr int64_t kFour = 4;
constexpr int64_t sums_of(int64_t channels) { return (channels * kFilters + kFour - 1) / kFour * kFour; }

/// Filters and channels in blocks; those of the channels as even as possible.
struct GradientBlocks {
  int64_t filters, channels, together;
  explicit GradientBlocks(const WideShape& s)
      : filters((s.to.channels + kFilters - 1) / kFilters),
        channels((s.from.channels + kMostChannels - 1) / kMostChannels),
        together((s.from.channels + channels - 1) / channels) {}
  int64_t sums() const { return sums_of(together); }
};

/// [block of filters][block of channels][row of points][point][sums]: channel by channel, a sum for each filter.
int64_t partial_floats(const WideShape& s) {
  const GradientBlocks blocks(s);
  return whole_vectors(blocks.filters * blocks.channels * WideShape::kPlaces * blocks.sums());
}

/// The scratch of a call, in vectors.
struct GradientScratch {
  int64_t zeros, image, gradient, columns, tiles, gradients, floats;
  GradientScratch(const WideShape& s, const GradientBlocks& blocks) {
    int64_t end = 0;
    const auto take = [&](int64_t vectors) { return std::exchange(end, end + vectors * kWidth); };
    zeros = take(std::max(s.from.channels, s.to.channels));
    image = take(s.from.elements());
    gradient = take(s.to.elements());
    columns = take(reached_columns(s) * s.from.channels);
    tiles = take(blocks.channels * blocks.together * kTile * s.tiles());
    gradients = take(blocks.filters * kFilters * kOutputs * s.tiles());
    floats = end;
  }
};
int64_t workspace_floats(const WideShape& s) { return GradientScratch(s, GradientBlocks(s)).floats; }

/// One row of points of B^T x B of all tiles: to[block of channels][point][tile][channel].
template <int kPoint>
void transform_images(const WideShape& s, const GradientBlocks& blocks, const float* image, const float* zeros,
                      float* columns, float* to) {
  const D d;
  const int64_t place = s.from.channels * kWidth, tile_floats = blocks.together * kWidth;
  const int64_t point_floats = s.tiles() * tile_floats;
  for (int64_t down = 0; down < s.tiles_down(); ++down) {
    const int64_t row = down * kOutputs - s.top;
    for (int64_t column = 0; column < reached_columns(s); ++column) {
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
        hn::Store(v[kPoint], d, columns + column * place + c);
      }
    }
    for (int64_t across = 0; across < s.tiles_across(); ++across, to += tile_floats)
      for (int64_t c = 0; c < s.from.channels; ++c) {
        const float* const from = columns + across * kOutputs * place + c * kWidth;
        Vector x[kTile], v[kTile];
        HWY_UNROLL(6)
        for (int j = 0; j < kTile; ++j) x[j] = hn::Load(d, from + j * place);
        T::input(d, x, v);
        float* const block = to + c / blocks.together * kTile * point_floats + c % blocks.together * kWidth;
        HWY_UNROLL(6)
        for (int j = 0; j < kTile; ++j) hn::Store(v[j], d, block + j * point_floats);
      }
  }
}

/// One row of points of A of the columns of all tiles' gradients: to[block of filters][tile][column][filter].
template <int kPoint>
void transform_gradients(const WideShape& s, const float* gradient, const float* zeros, float* to) {
  const D d;
  const int64_t place = s.to.channels * kWidth, block_floats = s.tiles() * kOutputs * kFilters * kWidth;
  for (int64_t row = 0; row < s.to.height; row += kOutputs)
    for (int64_t column = 0; column < s.tiles_across() * kOutputs; ++column, to += kFilters * kWidth) {
      const float* from[kOutputs];
      for (int i = 0; i < kOutputs; ++i)
        from[i] =
            row + i < s.to.height && column < s.to.width ? gradient + ((row + i) * s.to.width + column) * place : zeros;
      for (int64_t k = 0; k < s.to.channels; ++k) {
        Vector y[kOutputs], g[kTile];
        HWY_UNROLL(2)
        for (int i = 0; i < kOutputs; ++i) y[i] = hn::Load(d, from[i] + k * kWidth);
        T::gradient(d, y, g);
        hn::Store(g[kPoint], d, to + k / kFilters * block_floats + k % kFilters * kWidth);
      }
    }
}

/// Each block of four lanes of the result: the sums of that block of a, of b, of c and of e.
template <class DB, class V = hn::Vec<DB>>
HWY_INLINE V sum_blocks(DB d, V a, V b, V c, V e) {
  const hn::Repartition<uint64_t, DB> d64;
  const auto low = hn::BitCast(d64, hn::Add(hn::InterleaveLower(d, a, b), hn::InterleaveUpper(d, a, b)));
  const auto high = hn::BitCast(d64, hn::Add(hn::InterleaveLower(d, c, e), hn::InterleaveUpper(d, c, e)));
  return hn::Add(hn::BitCast(d, hn::InterleaveLower(d64, low, high)),
                 hn::BitCast(d, hn::InterleaveUpper(d64, low, high)));
}
template <class DB>
HWY_INLINE hn::Vec<hn::CappedTag<float, 4>> join_blocks(DB, hn::Vec<DB> v) {
  if constexpr (hn::MaxLanes(DB()) <= 4) {
    return v;
  } else {
    const hn::Half<DB> half;
    return join_blocks(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

/// The products at one point, summed over tiles and images: `sums` (+)= those of kChannels by kFilters.
template <int kPoint, int kChannels>
HWY_NOINLINE void add_products(int64_t tiles, const float* v, const float* g, bool empty, float* sums) {
  const D d;
  const hn::CappedTag<float, 4> d4;
  constexpr int kSums = int(sums_of(kChannels));
  Vector sum[kSums];
  HWY_UNROLL(24)
  for (int i = 0; i < kSums; ++i) sum[i] = hn::Zero(d);
  for (int64_t tile = 0; tile < tiles; ++tile, v += kChannels * kWidth, g += kOutputs * kFilters * kWidth) {
    Vector of_filter[kFilters];
    HWY_UNROLL(4)
    for (int f = 0; f < kFilters; ++f) {
      const Vector y[kOutputs] = {hn::Load(d, g + f * kWidth), hn::Load(d, g + (kFilters + f) * kWidth)};
      Vector points[kTile];
      T::gradient(d, y, points);
      of_filter[f] = points[kPoint];
    }
    HWY_UNROLL(6)
    for (int c = 0; c < kChannels; ++c) {
      const Vector x = hn::Load(d, v + c * kWidth);
      HWY_UNROLL(4)
      for (int f = 0; f < kFilters; ++f) sum[c * kFilters + f] = hn::MulAdd(x, of_filter[f], sum[c * kFilters + f]);
    }
  }
  HWY_UNROLL(6)
  for (int i = 0; i < kSums; i += 4, sums += 4) {
    const auto four = join_blocks(d, sum_blocks(d, sum[i], sum[i + 1], sum[i + 2], sum[i + 3]));
    hn::StoreU(empty ? four : hn::Add(hn::LoadU(d4, sums), four), d4, sums);
  }
}

using AddProducts = void (*)(int64_t, const float*, const float*, bool, float*);
template <int kPoint, int... C>
constexpr std::array<AddProducts, sizeof...(C)> by_channels(std::integer_sequence<int, C...>) {
  return {&add_products<kPoint, C + 1>...};
}
template <int... P>
constexpr std::array<std::array<AddProducts, kMostChannels>, sizeof...(P)> by_points(std::integer_sequence<int, P...>) {
  return {by_channels<P>(std::make_integer_sequence<int, kMostChannels>())...};
}
/// By the point, and by the channels less one.
constexpr auto kAddProducts = by_points(std::make_integer_sequence<int, kTile>());

template <int kPoint>
void accumulate_row(const WideShape& s, const GradientBlocks& blocks, const GradientScratch& scratch, bool empty,
                    float* partial, float* workspace) {
  float *const tiles = workspace + scratch.tiles, *const gradients = workspace + scratch.gradients;
  const float* const zeros = workspace + scratch.zeros;
  transform_images<kPoint>(s, blocks, workspace + scratch.image, zeros, workspace + scratch.columns, tiles);
  transform_gradients<kPoint>(s, workspace + scratch.gradient, zeros, gradients);
  for (int64_t k = 0; k < blocks.filters; ++k)
    for (int64_t c = 0; c < blocks.channels; ++c)
      for (int64_t j = 0; j < kTile; ++j)
        kAddProducts[size_t(j)][size_t(blocks.together - 1)](
            s.tiles(), tiles + (c * kTile + j) * s.tiles() * blocks.together * kWidth,
            gradients + k * s.tiles() * kOutputs * kFilters * kWidth, empty,
            partial + (((k * blocks.channels + c) * kTile + kPoint) * kTile + j) * blocks.sums());
}

void accumulate(const WideShape& s, int64_t images, const float* x, const float* dy, bool empty, float* partial,
                float* workspace) {
  const GradientBlocks blocks(s);
  const GradientScratch scratch(s, blocks);
  std::fill_n(workspace + scratch.zeros, std::max(s.from.channels, s.to.channels) * kWidth, 0.0f);
  // What stands for channels and filters behind the last is not written below.
  if (blocks.channels * blocks.together > s.from.channels || blocks.filters * kFilters > s.to.channels)
    std::fill(workspace + scratch.tiles, workspace + scratch.floats, 0.0f);
  for (int64_t n = 0; n < images; n += kWidth, empty = false) {
    const int64_t together = std::min(kWidth, images - n);
    to_abreast(x + n * s.from.elements(), together, s.from.elements(), workspace + scratch.image);
    to_abreast(dy + n * s.to.elements(), together, s.to.elements(), workspace + scratch.gradient);
    accumulate_row<0>(s, blocks, scratch, empty, partial, workspace);
    accumulate_row<1>(s, blocks, scratch, empty, partial, workspace);
    accumulate_row<2>(s, blocks, scratch, empty, partial, workspace);
    accumulate_row<3>(s, blocks, scratch, empty, partial, workspace);
    accumulate_row<4>(s, blocks, scratch, empty, partial, workspace);
    accumulate_row<5>(s, blocks, scratch, empty, partial, workspace);
  }
}

/// G^T of four sums at a time.
void finish(const WideShape& s, const float* partial, float* dw) {
  const GradientBlocks blocks(s);
  const hn::CappedTag<float, 4> d;
  using V = hn::Vec<decltype(d)>;
  HWY_ALIGN float taps[kTaps * kTaps][kFour];
  for (int64_t k = 0; k < blocks.filters; ++k)
    for (int64_t c = 0; c < blocks.channels; ++c, partial += WideShape::kPlaces * blocks.sums())
      for (int64_t at = 0; at < blocks.sums(); at += kFour) {
        transform_tile<kTile, kTaps, V>(
            [&](const V* a, V* b) HWY_ATTR { T::filter_gradient(d, a, b); },
            [&](int i, int j) HWY_ATTR { return hn::LoadU(d, partial + (i * kTile + j) * blocks.sums() + at); },
            [&](int i, int j, V value) HWY_ATTR { hn::Store(value, d, taps[i * kTaps + j]); });
        for (int64_t i = 0; i < kFour; ++i) {
          const int64_t in_block = (at + i) / kFilters, channel = c * blocks.together + in_block;
          const int64_t filter = k * kFilters + (at + i) % kFilters;
          if (in_block >= blocks.together || channel >= s.from.channels || filter >= s.to.channels) continue;
          float* const to = dw + (filter * s.from.channels + channel) * kTaps * kTaps;
          for (int64_t tap = 0; tap < kTaps * kTaps; ++tap) to[tap] = taps[tap][i];
        }
      }
}

/// What making a tile's rows of points one by one takes more than making them at once: what two of them share is made
/// for each. Of the input (Transform<4>) o[1] and o[2] share two multiply-adds, o[3] and o[4] two subtractions and a
/// multiplication; of a gradient o[3] and o[4] an addition.
constexpr int64_t kInputMul = 3, kInputAdd = 4, kGradientAdd = 1;

/// Without the sums over lanes, whose number is no image's.
Tally tally(const WideShape& s) {
  const CountedTag d;
  Tally total = wide_products(s);
  const GradientBlocks blocks(s);
  add_lines(total, count_line<kTile, kTile>([&](const Counted* a, Counted* b) { T::input(d, a, b); }),
            (s.tiles_down() * reached_columns(s) + s.tiles() * kTile) * s.from.channels);
  add_lines(total, count_line<kOutputs, kTile>([&](const Counted* a, Counted* b) { T::gradient(d, a, b); }),
            (s.tiles() * kOutputs + s.tiles() * kTile * blocks.channels) * s.to.channels);
  const int64_t columns = s.tiles_down() * reached_columns(s) * s.from.channels;
  total.mul += kInputMul * columns;
  total.add +=
      kInputAdd * columns + kGradientAdd * (s.tiles() * kOutputs + s.tiles() * kTile * blocks.channels) * s.to.channels;
  return total;
}

constexpr WideGradientRoutines kRoutines{
    .worth_it = kTileRows >= 14,
    .workspace_floats = workspace_floats,
    .partial_floats = partial_floats,
    .accumulate = accumulate,
    .combine = combine_panels,
    .finish = finish,
    .tally = tally,
};

}  // namespace

const WideGradientRoutines* wide_gradient_table() { return &kRoutines; }

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tacho::simd {

HWY_EXPORT(wide_gradient_table);

const WideGradientRoutines& wide_gradient_routines() { return *HWY_DYNAMIC_DISPATCH(wide_gradient_table)(); }

}  // namespace tacho::simd
#endif
