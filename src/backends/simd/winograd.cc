#include "backends/simd/winograd.h"

#include "backends/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/simd/winograd.cc"
#include <hwy/foreach_target.h>
// Behind foreach_target.h:
#include "backends/simd/counted.h"
#include "backends/simd/panels-inl.h"
#include "backends/simd/transpose-inl.h"
#include "backends/simd/winograd_tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {
namespace {

int64_t packed_floats(const WinogradShape& s) {
  return panels(s.to.channels) * s.tile() * s.tile() * s.from.channels * kPanel;
}

constexpr int64_t kTapsTogether = 4;  ///< channels whose taps are whole blocks of a transposition

/// The taps of a vector of filters from `first` on, for up to kTapsTogether channels: taps[i * 9 + tap].
void gather_taps(const WinogradShape& s, const float* w, bool turned, int64_t first, int64_t channel, int64_t some,
                 float (&taps)[kTapsTogether * 9][kLanes<float>]) {
  const int64_t present = std::clamp<int64_t>(s.to.channels - first, 0, kLanes<float>);
  if (present < kLanes<float>) std::fill_n(taps[0], kTapsTogether * 9 * kLanes<float>, 0.0f);
  if (!turned)
    return transpose(w + (first * s.from.channels + channel) * 9, present, some * 9, s.from.channels * 9, taps[0],
                     kLanes<float>);
  for (int64_t i = 0; i < some; ++i)
    transpose(w + ((channel + i) * s.to.channels + first) * 9, present, 9, 9, taps[i * 9], kLanes<float>);
}

/// [panel][channel][tap][kPanel]
int64_t taps_floats(const WinogradShape& s) { return panels(s.to.channels) * s.from.channels * 9 * kPanel; }

void pack_taps(const WinogradShape& s, const float* w, bool turned, float* packed) {
  HWY_ALIGN float taps[kTapsTogether * 9][kLanes<float>];
  for (int64_t first = 0; first < panels(s.to.channels) * kPanel; first += kLanes<float>)
    for (int64_t c = 0; c < s.from.channels; c += kTapsTogether) {
      const int64_t some = std::min(kTapsTogether, s.from.channels - c);
      gather_taps(s, w, turned, first, c, some, taps);
      float* const to = packed + (first / kPanel * s.from.channels + c) * 9 * kPanel + first % kPanel;
      for (int64_t i = 0; i < some * 9; ++i)
        std::copy_n(taps[turned ? i / 9 * 9 + 8 - i % 9 : i], kLanes<float>, to + i * kPanel);
    }
}

/// G w G^T of a vector of filters, whose taps stand at tap_at(tap): a vector in each of the tile's places.
template <int M, class TapAt>
HWY_INLINE void transform_vector(const TapAt& tap_at, float* to, int64_t place_floats) {
  using T = Transform<M>;
  const hn::ScalableTag<float> d;
  transform_tile<3, T::kTile, hn::Vec<decltype(d)>>(
      [&](const auto* a, auto* b) HWY_ATTR { T::filter(d, a, b); },
      [&](int row, int column) HWY_ATTR { return hn::Load(d, tap_at(row * 3 + column)); },
      [&](int row, int column, auto value)
          HWY_ATTR { hn::StoreU(value, d, to + (row * T::kTile + column) * place_floats); });
}

/// A vector of filters from `first` on, for channels [channel, channel + count): one vector for each channel, kPanel
/// apart, in each of the tile's places.
template <int M>
void transform_filters(const WinogradShape& s, const float* w, bool turned, int64_t first, int64_t channel,
                       int64_t count, float* to, int64_t place_floats) {
  HWY_ALIGN float taps[kTapsTogether * 9][kLanes<float>];
  for (int64_t at = 0; at < count; at += kTapsTogether) {
    const int64_t some = std::min(kTapsTogether, count - at);
    gather_taps(s, w, turned, first, channel + at, some, taps);
    for (int64_t i = 0; i < some; ++i)
      transform_vector<M>([&](int tap) HWY_ATTR { return taps[i * 9 + (turned ? 8 - tap : tap)]; },
                          to + (at + i) * kPanel, place_floats);
  }
}

/// The same of all `columns` of a panel out of packed taps, which are read from end to end.
template <int M>
void transform_taps(const float* taps, int64_t columns, int64_t count, float* to, int64_t place_floats) {
  for (int64_t at = 0; at < count; ++at, taps += 9 * kPanel, to += kPanel)
    for (int64_t column = 0; column < columns; column += kLanes<float>)
      transform_vector<M>([&](int tap) HWY_ATTR { return taps + tap * kPanel + column; }, to + column, place_floats);
}

/// Filters as [group of panels][place][panel][channel][kPanel]: the order in which they are read.
template <int M>
void pack_as(const WinogradShape& s, const WinogradBlocks& blocks, const float* w, bool turned, float* packed) {
  constexpr int kPlaces = (M + 2) * (M + 2);
  const int64_t panel_floats = s.from.channels * kPanel;
  for (int64_t panel = 0; panel < panels(s.to.channels); ++panel) {
    const int64_t in_group = panel % blocks.panels;
    const int64_t place_floats = std::min(blocks.panels, panels(s.to.channels) - panel + in_group) * panel_floats;
    float* const to_panel = packed + (panel - in_group) * kPlaces * panel_floats + in_group * panel_floats;
    for (int64_t column = 0; column < kPanel; column += kLanes<float>)
      transform_filters<M>(s, w, turned, panel * kPanel + column, 0, s.from.channels, to_panel + column, place_floats);
  }
}

void pack(const WinogradShape& s, const WinogradBlocks& blocks, const float* w, bool turned, float* packed) {
  if (s.outputs == 4) pack_as<4>(s, blocks, w, turned, packed);
  else pack_as<2>(s, blocks, w, turned, packed);
}

/// Tiles in blocks of at most `most`, as even as possible.
int64_t even_block(int64_t tiles, int64_t most) {
  if (tiles <= most) return std::max<int64_t>(tiles, 1);
  const int64_t blocks = (tiles + most - 1) / most;
  return (tiles + blocks - 1) / blocks;
}

/// Channels whose transformed filters are made where they are used, or 0 where all are kept. Filters that leave L2 many
/// times over and meet few tiles take longer to write and read than to transform: so many channels are transformed at a
/// time that half of L2 holds them and the tiles.
int64_t fresh_depth(const WinogradShape& s, int64_t tiles, const CpuInfo& cpu) {
  constexpr int64_t kFewTiles = 64;
  const int64_t place_bytes = s.tile() * s.tile() * int64_t(sizeof(float));
  if (packed_floats(s) * int64_t(sizeof(float)) <= 4 * cpu.l2_bytes || tiles > kFewTiles) return 0;
  const int64_t fit = cpu.l2_bytes / 2 / (place_bytes * (kPanel + std::max<int64_t>(tiles, 1))) / 4 * 4;
  return even_block(s.from.channels, std::clamp<int64_t>(fit, 16, 128));
}

/// Blocks of a convolution. Filters stream past for every block, so it has many tiles; where the transformed images
/// then leave L2, several panels pass over each place's while it is near, so many as leave half of L2 to their
/// products. Measured from 32 to 512 channels: with 16 registers 48 tiles are best (Zen 3, against the third of L2 that
/// 14-row tiles want: 8 % less time at 32 channels, 25 % less at 512), with 32 registers 28 to 56 tiles that fit a
/// third of L2 and one panel.
WinogradBlocks blocks(const WinogradShape& s, int64_t images, const CpuInfo& cpu) {
  const int64_t place_bytes = s.tile() * s.tile() * int64_t(sizeof(float)), tiles = images * s.tiles();
  if (const int64_t depth = fresh_depth(s, tiles, cpu); depth > 0) return {std::max<int64_t>(tiles, 1), 1, depth};
  if (kTileRows < 14) {
    const int64_t block = even_block(tiles, 8 * kTileRows);
    const int64_t fit = cpu.l2_bytes / 2 / (block * place_bytes * kPanel);
    return {block, std::clamp<int64_t>(fit, 1, panels(s.to.channels))};
  }
  const int64_t fit = cpu.l2_bytes / 3 / (place_bytes * (s.from.channels + kPanel)) / kTileRows * kTileRows;
  return {even_block(tiles, std::clamp<int64_t>(fit, 2 * kTileRows, 4 * kTileRows)), 1};
}

/// A place's filters of one block of channels; no power of two apart (see Places).
int64_t fresh_distance(const WinogradBlocks& blocks) { return blocks.depth * kPanel + 16; }

int64_t zero_floats(int64_t channels) { return (channels + 15) / 16 * 16; }

int64_t workspace_floats(const WinogradShape& s, const WinogradBlocks& blocks) {
  return zero_floats(s.from.channels) + Places(s, blocks.tiles, s.from.channels).floats +
         Places(s, blocks.tiles, blocks.panels * kPanel).floats +
         (blocks.depth > 0 ? s.tile() * s.tile() * fresh_distance(blocks) : 0);
}

/// Channels that are summed at a time: their part of a panel of filters stays in half of L1. At most 128 whatever the
/// cache, for the rounding of long sums: 256 at once gave 1.003e-5 of the largest result instead of what winograd.h
/// states.
int64_t depth_block(int64_t channels, const CpuInfo& cpu) {
  const int64_t most = std::max<int64_t>(cpu.l1_bytes / 2 / (kPanel * int64_t(sizeof(float))), 32);
  return even_block(channels, std::min<int64_t>(most, 128));
}

template <int M>
void convolve_as(const WinogradShape& s, const WinogradBlocks& blocks, const WinogradPart& part,
                 const GradientImages& x, const float* packed, const ImageResult& result, float* workspace) {
  constexpr int kPlaces = (M + 2) * (M + 2);
  const int64_t together = blocks.panels * kPanel;
  const Places images_at(s, blocks.tiles, s.from.channels), products_at(s, blocks.tiles, together);
  float *zeros = workspace, *v = zeros + zero_floats(s.from.channels), *m = v + images_at.floats;
  std::fill_n(zeros, zero_floats(s.from.channels), 0.0f);
  const int64_t channels = s.from.channels, depth = depth_block(channels, this_cpu());
  const int64_t end_tile = part.tile + part.tiles, end_channel = part.channel + part.channels;
  for (int64_t first = part.tile; first < end_tile; first += blocks.tiles) {
    const TileBlock block(s, first, std::min(blocks.tiles, end_tile - first));
    transform_images<M>(s, block, x, zeros, images_at, v);
    const float* filters = packed + part.channel * kPlaces * channels;
    for (int64_t channel = part.channel; channel < end_channel; channel += together) {
      const int64_t results = std::min(together, s.to.channels - channel), columns = whole_vectors(results);
      for (int place = 0; place < kPlaces; ++place, filters += panels(results) * channels * kPanel) {
        const TileBlock::Range range = block.at(place / (M + 2), place % (M + 2));
        const float* const from = v + place * images_at.distance + range.begin * images_at.row;
        for (int64_t c = 0; c < channels; c += depth) {
          TileEnd<float> end;
          end.add = c > 0;
          multiply_panels<float>(range.count, columns, std::min(depth, channels - c),
                                 StepsTogether<float>{from + c, images_at.row}, filters + c * kPanel, kPanel,
                                 channels * kPanel, m + place * products_at.distance + range.begin * together, together,
                                 end);
        }
      }
      transform_results<M>(block, channel, results, products_at, m, result);
    }
  }
}

void convolve(const WinogradShape& s, const WinogradBlocks& blocks, const WinogradPart& part, const GradientImages& x,
              const float* packed, const ImageResult& result, float* workspace) {
  if (s.outputs == 4) convolve_as<4>(s, blocks, part, x, packed, result, workspace);
  else convolve_as<2>(s, blocks, part, x, packed, result, workspace);
}

/// Products with one panel; meanwhile a vector for each of the k steps is fetched from `ahead` on.
void multiply_fetching(int64_t rows, int64_t columns, int64_t k, const StepsTogether<float>& a, const float* b,
                       float* c, const TileEnd<float>& end, const float* ahead) {
  const RowSplit split(rows);
  multiply_any_tile(split.rows(0), StepsAhead<float, 1>{a, ahead, kLanes<float>}, k, b, kPanel, columns, c, kPanel,
                    end);
  for (int64_t tile = 1; tile < split.tiles; ++tile) {
    const int64_t first = split.first(tile);
    multiply_any_tile(split.rows(tile), from_row(a, first), k, b, kPanel, columns, c + first * kPanel, kPanel, end);
  }
}

template <int M>
void convolve_fresh_as(const WinogradShape& s, const WinogradBlocks& blocks, const WinogradPart& part,
                       const GradientImages& x, const WinogradFilters& w, const ImageResult& result, float* workspace) {
  constexpr int kPlaces = (M + 2) * (M + 2);
  // The next channels' taps, 18 vectors for each, are fetched while these are multiplied: memory would wait otherwise.
  constexpr int kFetchEvery = kPlaces / 18 + (kPlaces < 18);
  const Places images_at(s, blocks.tiles, s.from.channels), products_at(s, blocks.tiles, kPanel);
  float *zeros = workspace, *v = zeros + zero_floats(s.from.channels), *m = v + images_at.floats;
  float* filters = m + products_at.floats;
  std::fill_n(zeros, zero_floats(s.from.channels), 0.0f);
  const int64_t channels = s.from.channels, distance = fresh_distance(blocks);
  const TileBlock block(s, part.tile, part.tiles);
  transform_images<M>(s, block, x, zeros, images_at, v);
  for (int64_t channel = part.channel; channel < part.channel + part.channels; channel += kPanel) {
    const int64_t results = std::min(kPanel, s.to.channels - channel), columns = whole_vectors(results);
    for (int64_t c = 0; c < channels; c += blocks.depth) {
      const int64_t depth = std::min(blocks.depth, channels - c);
      const float* const taps = w.taps ? w.taps + (channel / kPanel * channels + c) * 9 * kPanel : nullptr;
      if (taps) transform_taps<M>(taps, columns, depth, filters, distance);
      for (int64_t column = 0; column < columns && !taps; column += kLanes<float>)
        transform_filters<M>(s, w.w, w.turned, channel + column, c, depth, filters + column, distance);
      TileEnd<float> end;
      end.add = c > 0;
      for (int place = 0; place < kPlaces; ++place) {
        const TileBlock::Range range = block.at(place / (M + 2), place % (M + 2));
        const StepsTogether<float> a{v + place * images_at.distance + range.begin * images_at.row + c, images_at.row};
        const float* const b = filters + place * distance;
        float* const products = m + place * products_at.distance + range.begin * kPanel;
        if (taps && range.count > 0 && place % kFetchEvery == 0)
          multiply_fetching(range.count, columns, depth, a, b, products, end,
                            taps + (9 * kPanel + place / kFetchEvery * kLanes<float>)*depth);
        else multiply_panels<float>(range.count, columns, depth, a, b, kPanel, 0, products, kPanel, end);
      }
    }
    transform_results<M>(block, channel, results, products_at, m, result);
  }
}

void convolve_fresh(const WinogradShape& s, const WinogradBlocks& blocks, const WinogradPart& part,
                    const GradientImages& x, const WinogradFilters& w, const ImageResult& result, float* workspace) {
  if (s.outputs == 4) convolve_fresh_as<4>(s, blocks, part, x, w, result, workspace);
  else convolve_fresh_as<2>(s, blocks, part, x, w, result, workspace);
}

/// The partial is read and written once a block, so a block has many tiles, also where the transformed images and
/// gradients then leave L2: they are read from end to end.
WinogradBlocks gradient_blocks(const WinogradShape& s, int64_t images, const CpuInfo& cpu) {
  const int64_t tiles = images * s.tiles();
  if (const int64_t depth = fresh_depth(s, tiles, cpu); depth > 0) return {std::max<int64_t>(tiles, 1), 1, depth};
  const int64_t tile_bytes =
      s.tile() * s.tile() * int64_t(sizeof(float)) * (s.from.channels + panels(s.to.channels) * kPanel);
  // By measurement: with 16 registers fewer than 72 cost up to 20 % (Zen 3), with 32 registers 56 suffice.
  const int64_t fewest = kTileRows < 14 ? 84 : 56;
  return {even_block(tiles, std::clamp<int64_t>(cpu.l2_bytes / 3 / tile_bytes, fewest, 96))};
}

int64_t gradient_workspace_floats(const WinogradShape& s, const WinogradBlocks& blocks) {
  const int64_t gradients = Places(s, blocks.tiles, kPanel).floats;
  return zero_floats(std::max(s.from.channels, kPanel)) + Places(s, blocks.tiles, s.from.channels).floats +
         (blocks.depth > 0 ? gradients + s.tile() * s.tile() * fresh_distance(blocks)
                           : panels(s.to.channels) * gradients);
}

/// [place][panel][channel][kPanel]; where blocks.depth is not 0, [panel][channel][tap][kPanel].
int64_t partial_floats(const WinogradShape& s, const WinogradBlocks& blocks) {
  return blocks.depth > 0 ? panels(s.to.channels) * s.from.channels * 9 * kPanel : packed_floats(s);
}

template <int M>
void accumulate_as(const WinogradShape& s, const WinogradBlocks& blocks, int64_t images, const float* x,
                   const GradientImages& dy, const FilterRange& some, bool empty, float* partial, float* workspace) {
  constexpr int kPlaces = (M + 2) * (M + 2);
  const int64_t channels = s.from.channels, zero = zero_floats(std::max(channels, kPanel));
  const Places images_at(s, blocks.tiles, channels), gradients_at(s, blocks.tiles, kPanel);
  float *zeros = workspace, *v = zeros + zero, *g = v + images_at.floats;
  std::fill_n(zeros, zero, 0.0f);
  const int64_t tiles = images * s.tiles(), steps = depth_block(tiles, this_cpu());
  const int64_t first_panel = some.first / kPanel, end_panel = panels(some.first + some.count);
  const int64_t place_floats = panels(s.to.channels) * channels * kPanel;
  for (int64_t first = 0; first < tiles; first += blocks.tiles) {
    const TileBlock block(s, first, std::min(blocks.tiles, tiles - first));
    transform_images<M>(s, block, {x}, zeros, images_at, v);
    for (int64_t p = first_panel; p < end_panel; ++p)
      transform_gradients<M>(s, block, p * kPanel, dy, zeros, gradients_at, g + p * gradients_at.floats);
    for (int place = 0; place < kPlaces; ++place) {
      const auto [begin, count] = block.at(place / (M + 2), place % (M + 2));
      float* sums = partial + place * place_floats + first_panel * channels * kPanel;
      for (int64_t p = first_panel; p < end_panel; ++p, sums += channels * kPanel) {
        int64_t t = 0;
        do {  // also where there are none: sums of nothing may be the first
          TileEnd<float> end;
          end.add = !empty || first + t > 0;
          const int64_t tile = begin + t;
          multiply_panels<float>(
              channels, panel_columns(s.to.channels, p * kPanel), std::min(steps, count - t),
              RowsTogether<float>{v + place * images_at.distance + tile * images_at.row, images_at.row},
              g + p * gradients_at.floats + place * gradients_at.distance + tile * kPanel, kPanel, 0, sums, kPanel,
              end);
        } while ((t += steps) < count);
      }
    }
  }
}

/// The sums of some channels go through the filters' transform while they are near, and only the taps are kept.
template <int M>
void accumulate_taps_as(const WinogradShape& s, const WinogradBlocks& blocks, int64_t images, const float* x,
                        const GradientImages& dy, const FilterRange& some, bool empty, float* partial,
                        float* workspace) {
  using T = Transform<M>;
  constexpr int kPlaces = T::kTile * T::kTile;
  const hn::ScalableTag<float> d;
  const int64_t channels = s.from.channels, zero = zero_floats(std::max(channels, kPanel));
  const Places images_at(s, blocks.tiles, channels), gradients_at(s, blocks.tiles, kPanel);
  float *zeros = workspace, *v = zeros + zero, *g = v + images_at.floats, *sums = g + gradients_at.floats;
  std::fill_n(zeros, zero, 0.0f);
  const int64_t distance = fresh_distance(blocks);
  const TileBlock block(s, 0, images * s.tiles());
  transform_images<M>(s, block, {x}, zeros, images_at, v);
  partial += some.first * channels * 9;
  for (int64_t panel = some.first; panel < some.first + some.count; panel += kPanel) {
    const int64_t columns = panel_columns(s.to.channels, panel);
    transform_gradients<M>(s, block, panel, dy, zeros, gradients_at, g);
    for (int64_t c = 0; c < channels; c += blocks.depth) {
      const int64_t depth = std::min(blocks.depth, channels - c);
      for (int place = 0; place < kPlaces; ++place) {
        const TileBlock::Range range = block.at(place / (M + 2), place % (M + 2));
        multiply_panels<float>(
            depth, columns, range.count,
            RowsTogether<float>{v + place * images_at.distance + range.begin * images_at.row + c, images_at.row},
            g + place * gradients_at.distance + range.begin * kPanel, kPanel, 0, sums + place * distance, kPanel, {});
      }
      for (int64_t i = 0; i < depth; ++i, partial += 9 * kPanel)
        for (int64_t column = 0; column < columns; column += kLanes<float>)
          transform_tile<T::kTile, 3, hn::Vec<decltype(d)>>(
              [&](const auto* a, auto* b) HWY_ATTR { T::filter_gradient(d, a, b); },
              [&](int row, int at)
                  HWY_ATTR { return hn::LoadU(d, sums + (row * T::kTile + at) * distance + i * kPanel + column); },
              [&](int row, int at, auto value) HWY_ATTR {
                float* const to = partial + (row * 3 + at) * kPanel + column;
                hn::StoreU(empty ? value : hn::Add(hn::LoadU(d, to), value), d, to);
              });
    }
  }
}

void accumulate(const WinogradShape& s, const WinogradBlocks& blocks, int64_t images, const float* x,
                const GradientImages& dy, const FilterRange& some, bool empty, float* partial, float* workspace) {
  const auto run = s.outputs == 4     ? blocks.depth > 0 ? accumulate_taps_as<4> : accumulate_as<4>
                       : blocks.depth > 0 ? accumulate_taps_as<2>
                                      : accumulate_as<2>;
  run(s, blocks, images, x, dy, some, empty, partial, workspace);
}

/// The sum over lanes [first, first + span) by a binary tree, where more than two make a loop of loads too simple.
template <class D>
HWY_NOINLINE hn::Vec<D> tree_sum(D d, const Lanes<float>& lanes, int64_t first, int64_t span, int64_t at) {
  if (span == 1) return hn::LoadU(d, lanes[first] + at);
  const auto left = tree_sum(d, lanes, first, span / 2, at);
  if (first + span / 2 >= lanes.count) return left;
  return hn::Add(left, tree_sum(d, lanes, first + span / 2, span / 2, at));
}

/// The lanes' sum of `count` floats from `at` on, a multiple of a vector.
HWY_INLINE void sum_lanes_at(const Lanes<float>& lanes, int64_t span, int64_t at, int64_t count, float* sum) {
  const hn::ScalableTag<float> d;
  const float *a = lanes[0] + at, *b = lanes[lanes.count > 1 ? 1 : 0] + at;
  for (int64_t i = 0; i < count; i += kLanes<float>)
    if (lanes.count == 1) hn::Store(hn::LoadU(d, a + i), d, sum + i);
    else if (lanes.count == 2) hn::Store(hn::Add(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, sum + i);
    else hn::Store(tree_sum(d, lanes, 0, span, at + i), d, sum + i);
}

/// Some channels' sums are gathered first, a run of whole lines of the cache from each place of the tile: places are a
/// power of two apart in wide layers, where a line that is read by halves would be gone before its second half.
template <int M>
void finish_as(const WinogradShape& s, const Lanes<float>& lanes, int64_t first, int64_t filters, float* dw) {
  using T = Transform<M>;
  constexpr int64_t kTogether = M == 2 ? 16 : 8;  // channels: their sums stay in the first cache
  const hn::ScalableTag<float> d;
  const int64_t channels = s.from.channels, distance = panels(s.to.channels) * channels * kPanel;
  HWY_ALIGN float sums[T::kTile * T::kTile][kTogether * kPanel];
  HWY_ALIGN float taps[9][kLanes<float>];
  int64_t span = 1;
  while (span < lanes.count) span *= 2;
  for (int64_t panel = first; panel < first + filters; panel += kPanel)
    for (int64_t begin = 0; begin < channels; begin += kTogether) {
      const int64_t count = std::min(kTogether, channels - begin) * kPanel;
      for (int64_t place = 0; place < T::kTile * T::kTile; ++place)
        sum_lanes_at(lanes, span, place * distance + panel * channels + begin * kPanel, count, sums[place]);
      for (int64_t at = 0; at < count; at += kLanes<float>) {
        const int64_t c = begin + at / kPanel, k = panel + at % kPanel - first;
        transform_tile<T::kTile, 3, hn::Vec<decltype(d)>>(
            [&](const auto* a, auto* b) HWY_ATTR { T::filter_gradient(d, a, b); },
            [&](int i, int j) HWY_ATTR { return hn::Load(d, sums[i * T::kTile + j] + at); },
            [&](int i, int j, auto value) HWY_ATTR { hn::Store(value, d, taps[i * 3 + j]); });
        const int64_t present = std::min(kLanes<float>, filters - k);
        for (int64_t lane = 0; lane < present; ++lane)
          for (int64_t tap = 0; tap < 9; ++tap) dw[((k + lane) * channels + c) * 9 + tap] = taps[tap][lane];
      }
    }
}

/// Of taps: the lanes' sums of some channels, so many that they are whole blocks of a transposition.
void finish_taps(const WinogradShape& s, const Lanes<float>& lanes, int64_t first, int64_t filters, float* dw) {
  constexpr int64_t kTogether = 16;
  const int64_t channels = s.from.channels;
  HWY_ALIGN float sums[kTogether * 9 * kPanel];
  int64_t span = 1;
  while (span < lanes.count) span *= 2;
  for (int64_t k = 0; k < filters; k += kPanel)
    for (int64_t c = 0; c < channels; c += kTogether) {
      const int64_t taps = std::min(kTogether, channels - c) * 9;
      sum_lanes_at(lanes, span, (first + k) * channels * 9 + c * 9 * kPanel, taps * kPanel, sums);
      transpose(sums, taps, std::min(kPanel, filters - k), kPanel, dw + (k * channels + c) * 9, channels * 9);
    }
}

void finish(const WinogradShape& s, const WinogradBlocks& blocks, const Lanes<float>& lanes, int64_t first,
            int64_t filters, float* dw) {
  const auto run = blocks.depth > 0 ? finish_taps : s.outputs == 4 ? finish_as<4> : finish_as<2>;
  run(s, lanes, first, filters, dw);
}

/// What one transform of a tile executes, counted by doing it.
template <int kFrom, int kTo, class F>
Tally count_transform(F f) {
  counting_tally() = {};
  transform_tile<kFrom, kTo, Counted>(
      f, [](int, int) { return Counted(); }, [](int, int, Counted) {});
  return counting_tally();
}

/// The transforms of one channel of a tile.
struct TileTally {
  Tally image, result;  ///< of the convolution's input; of its result, or of the result's gradient
};

template <int M>
TileTally tile_tally(const Tile& tile, bool gradient) {
  using T = Transform<M>;
  const CountedTag d;
  if (!tile.whole(M)) {
    const auto count = [&](auto kind) {
      counting_tally() = {};
      transform_short_tile<decltype(kind), Counted>(
          d, tile.down, tile.across, [](int, int) { return Counted(); }, [](int, int, Counted) {});
      return counting_tally();
    };
    return {count(ShortInput()), gradient ? count(ShortGradient()) : count(ShortOutput())};
  }
  return {count_transform<T::kTile, T::kTile>([&](const Counted* a, Counted* b) { T::input(d, a, b); }),
          gradient ? count_transform<M, T::kTile>([&](const Counted* a, Counted* b) { T::gradient(d, a, b); })
                   : count_transform<T::kTile, M>([&](const Counted* a, Counted* b) { T::output(d, a, b); })};
}

/// f(tile, count) for each kind of tile of an image: whole, the last of a row, of a column, of both.
template <class F>
void for_kinds(const WinogradShape& s, const F& f) {
  for (const bool bottom : {false, true})
    for (const bool right : {false, true}) {
      const Tile tile{0, 0, 0, 0, bottom ? s.last_down() : s.outputs, right ? s.last_across() : s.outputs};
      f(tile, (bottom ? 1 : s.tiles_down() - 1) * (right ? 1 : s.tiles_across() - 1));
    }
}

/// Of the images' transforms.
Tally images_tally(const WinogradShape& s, int64_t images) {
  Tally total;
  for_kinds(s, [&](const Tile& tile, int64_t count) {
    const TileTally each = s.outputs == 4 ? tile_tally<4>(tile, false) : tile_tally<2>(tile, false);
    total.mul += images * count * each.image.mul * s.from.channels;
    total.add += images * count * each.image.add * s.from.channels;
  });
  return total;
}

Tally tally(const WinogradShape& s, bool gradient, int64_t images) {
  Tally total = images_tally(s, images);
  total.mul += images * s.places() * s.from.channels * s.to.channels;
  total.add += images * s.places() * s.from.channels * s.to.channels;
  for_kinds(s, [&](const Tile& tile, int64_t count) {
    const TileTally each = s.outputs == 4 ? tile_tally<4>(tile, gradient) : tile_tally<2>(tile, gradient);
    total.mul += images * count * each.result.mul * s.to.channels;
    total.add += images * count * each.result.add * s.to.channels;
  });
  return total;
}
/// One transform of each filter.
Tally of_filters(const WinogradShape& s, const Tally& each) {
  Tally total;
  total.mul = each.mul * s.from.channels * s.to.channels, total.add = each.add * s.from.channels * s.to.channels;
  return total;
}
Tally convolve_tally(const WinogradShape& s, const WinogradBlocks& blocks, int64_t images) {
  Tally total = tally(s, false, images);
  if (blocks.depth == 0) return total;
  const CountedTag d;
  return total += of_filters(
             s, s.outputs == 4
                    ? count_transform<3, 6>([&](const Counted* a, Counted* b) { Transform<4>::filter(d, a, b); })
                    : count_transform<3, 4>([&](const Counted* a, Counted* b) { Transform<2>::filter(d, a, b); }));
}
Tally accumulate_tally(const WinogradShape& s, const WinogradBlocks& blocks, int64_t images) {
  Tally total = tally(s, true, images);
  if (blocks.depth == 0) return total;
  const CountedTag d;
  return total += of_filters(s, s.outputs == 4 ? count_transform<6, 3>([&](const Counted* a, Counted* b) {
                               Transform<4>::filter_gradient(d, a, b);
                             })
                                               : count_transform<4, 3>([&](const Counted* a, Counted* b) {
                                                   Transform<2>::filter_gradient(d, a, b);
                                                 }));
}

constexpr WinogradRoutines kRoutines{
    .packed_floats = packed_floats,
    .pack = pack,
    .blocks = blocks,
    .workspace_floats = workspace_floats,
    .convolve = convolve,
    .convolve_fresh = convolve_fresh,
    .taps_floats = taps_floats,
    .pack_taps = pack_taps,
    .gradient_blocks = gradient_blocks,
    .gradient_workspace_floats = gradient_workspace_floats,
    .partial_floats = partial_floats,
    .accumulate = accumulate,
    .combine = combine_panels,
    .finish = finish,
    .panel = kPanel,
    .convolve_tally = convolve_tally,
    .accumulate_tally = accumulate_tally,
    .images_tally = images_tally,
};

}  // namespace

const WinogradRoutines* winograd_table() { return &kRoutines; }

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tacho::simd {

HWY_EXPORT(winograd_table);

const WinogradRoutines& winograd_routines() { return *HWY_DYNAMIC_DISPATCH(winograd_table)(); }

int winograd_outputs(int64_t height, int64_t width) {
  const auto places = [&](int outputs) {
    WinogradShape s;
    s.outputs = outputs, s.to = {height, width, 1};
    return s.places();
  };
  return places(4) < places(2) ? 4 : 2;
}

}  // namespace tacho::simd
#endif
