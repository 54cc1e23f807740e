// Direct convolution of small images of many channels: the places of all rows are multiplied together, tap by tap, so
// that a tap's filters are read from memory once. Only places that the tap reaches inside the image are multiplied: of
// an image of 2 x 2 with zeros around it a 3 x 3 filter has 16 products of 36, of 4 x 4 100 of 144.
#if defined(TACHO_SIMD_JOINED_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_JOINED_INL_H
#undef TACHO_SIMD_JOINED_INL_H
#else
#define TACHO_SIMD_JOINED_INL_H
#endif

#include "backends/simd/channels-inl.h"
#include "backends/simd/direct.h"
#include "backends/simd/image_result-inl.h"
#include "backends/simd/panels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd::HWY_NAMESPACE {

struct Range {
  int64_t begin, end;
  int64_t count() const { return end - begin; }
};

/// Of results `among` the ones that a tap of an axis reaches inside the image.
inline Range reached(const DirectAxis& axis, int64_t tap, int64_t in, Range among) {
  const int64_t shift = axis.before - tap * axis.dilation;  // result r sees place r * stride - shift
  const int64_t first = shift > 0 ? (shift + axis.stride - 1) / axis.stride : 0;
  const int64_t end = in + shift > 0 ? (in - 1 + shift) / axis.stride + 1 : 0;
  const int64_t begin = std::clamp(first, among.begin, among.end);
  return {begin, std::clamp(end, begin, among.end)};
}

/// Places of an image's results that tap (i, j) reaches, in rows `rows`.
struct TapPlaces {
  Range rows, columns;
  TapPlaces(const DirectShape& s, Range some, int64_t i, int64_t j)
      : rows(reached(s.rows, i, s.from.height, some)), columns(reached(s.columns, j, s.from.width, {0, s.to.width})) {}
  int64_t count() const { return rows.count() * columns.count(); }
};

/// Those of all taps.
inline int64_t places_of_taps(const DirectShape& s) {
  int64_t rows = 0, columns = 0;
  for (int64_t i = 0; i < s.rows.taps; ++i) rows += reached(s.rows, i, s.from.height, {0, s.to.height}).count();
  for (int64_t j = 0; j < s.columns.taps; ++j) columns += reached(s.columns, j, s.from.width, {0, s.to.width}).count();
  return rows * columns;
}

/// Whether this is quicker than row by row: where a row fills less of a tile than all places do, of channels enough to
/// pay for the copies and for what a tile sums of a tap before it is put down.
inline bool joining_pays(const DirectShape& s) {
  constexpr int64_t kMostFloats = 1 << 17, kFewestChannels = 64;
  const int64_t places = s.to.height * s.to.width;
  return s.to.height > 1 && places > 0 && s.from_channels() >= kFewestChannels &&
         places_of_taps(s) * s.from_channels() <= kMostFloats &&
         RowSplit(places).tiles * 5 <= s.to.height * RowSplit(s.to.width).tiles * 4;
}

/// The workspace: what each tap sees of an image, as [tap row][tap column][place][channel]; one panel's sums of a tap,
/// and of all.
struct JoinedScratch {
  float *taps, *sums, *total;
  JoinedScratch(const DirectShape& s, float* workspace)
      : taps(workspace),
        sums(taps + whole_vectors(places_of_taps(s) * s.from_channels())),
        total(sums + s.to.height * s.to.width * kPanel) {}
};
inline int64_t joined_floats(const DirectShape& s) {
  return whole_vectors(places_of_taps(s) * s.from_channels()) + 2 * s.to.height * s.to.width * kPanel;
}

inline void copy_taps(const DirectShape& s, Range rows, const float* image, int64_t group, float* to) {
  const int64_t channels = s.from_channels();
  for (int64_t i = 0; i < s.rows.taps; ++i)
    for (int64_t j = 0; j < s.columns.taps; ++j) {
      const TapPlaces places(s, rows, i, j);
      for (int64_t row = places.rows.begin; row < places.rows.end; ++row) {
        const int64_t from_row = row * s.rows.stride + i * s.rows.dilation - s.rows.before;
        const int64_t first = j * s.columns.dilation - s.columns.before;
        for (int64_t column = places.columns.begin; column < places.columns.end; ++column, to += channels)
          std::copy_n(image + (from_row * s.from.width + first + column * s.columns.stride) * s.from.channels +
                          group * channels,
                      channels, to);
      }
    }
}

/// A tap's products with one panel, into `sums` (places x kPanel). What is read next, behind its filters, is fetched
/// meanwhile.
inline void multiply_tap(const float* places, int64_t count, int64_t channels, const float* filters, int64_t columns,
                         float* sums) {
  const RowSplit split(count);
  for (int64_t tile = 0; tile < split.tiles; ++tile) {
    const int64_t first = split.first(tile);
    const StepsTogether<float> a{places + first * channels, channels};
    const auto multiply = [&](const auto& left) HWY_ATTR {
      multiply_any_tile(split.rows(tile), left, channels, filters, kPanel, columns, sums + first * kPanel, kPanel, {});
    };
    if (split.tiles == 1) multiply(StepsAhead<float, 2>{a, filters + channels * kPanel, kPanel});
    else if (tile < 2) multiply(StepsAhead<float, 1>{a, filters + channels * kPanel + tile * kLanes<float>, kPanel});
    else multiply(a);
  }
}

/// One panel of one image's rows, its sums into scratch.total.
inline void multiply_joined(const DirectShape& s, Range rows, const JoinedScratch& scratch, const float* filters,
                            int64_t columns) {
  const hn::ScalableTag<float> d;
  const int64_t channels = s.from_channels(), row_floats = s.to.width * kPanel;
  std::fill(scratch.total + rows.begin * row_floats, scratch.total + rows.end * row_floats, 0.0f);
  const float* seen = scratch.taps;
  for (int64_t i = 0; i < s.rows.taps; ++i)
    for (int64_t j = 0; j < s.columns.taps; ++j, filters += channels * kPanel) {
      const TapPlaces places(s, rows, i, j);
      if (places.count() == 0) continue;
      multiply_tap(seen, places.count(), channels, filters, columns, scratch.sums);
      seen += places.count() * channels;
      const float* sum = scratch.sums;
      for (int64_t row = places.rows.begin; row < places.rows.end; ++row) {
        float* const to = scratch.total + row * row_floats;
        for (int64_t at = places.columns.begin * kPanel; at < places.columns.end * kPanel;
             at += kLanes<float>, sum += kLanes<float>)
          hn::StoreU(hn::Add(hn::LoadU(d, to + at), hn::LoadU(d, sum)), d, to + at);
      }
    }
}

/// The first `channels` of a panel's sums on their way out.
inline void store_joined(const DirectShape& s, Range rows, const float* total, int64_t image, int64_t channel,
                         int64_t channels, const ImageResult& result) {
  for_channels(channels, [&](auto d, int64_t c) HWY_ATTR {
    const auto at = [&](int64_t row, int64_t column)
                        HWY_ATTR { return hn::LoadU(d, total + (row * s.to.width + column) * kPanel + c); };
    using V = hn::Vec<decltype(d)>;
    if (result.pool) {
      for (int64_t row = rows.begin; row + 1 < rows.end; row += 2)
        for (int64_t column = 0; column + 1 < s.to.width; column += 2) {
          V block[2][2]{{at(row, column), at(row, column + 1)}, {at(row + 1, column), at(row + 1, column + 1)}};
          store_block<2, 2>(d, block, result, image, row, column, channel + c);
        }
      return;
    }
    for (int64_t row = rows.begin; row < rows.end; ++row)
      for (int64_t column = 0; column < s.to.width; ++column) {
        V block[1][1]{{at(row, column)}};
        store_block<1, 1>(d, block, result, image, row, column, channel + c);
      }
  });
}

/// Rows and panels of one group of one image x; `filters` are the group's.
inline void convolve_joined(const DirectShape& s, Range rows, Range some_panels, const float* x, int64_t image,
                            int64_t group, const float* filters, const ImageResult& result, float* workspace) {
  const JoinedScratch scratch(s, workspace);
  copy_taps(s, rows, x + image * s.from.elements(), group, scratch.taps);
  for (int64_t panel = some_panels.begin; panel < some_panels.end; ++panel) {
    const int64_t first = panel * kPanel, left = s.to_channels() - first;
    multiply_joined(s, rows, scratch, filters + panel * s.taps() * s.from_channels() * kPanel, panel_columns(left, 0));
    store_joined(s, rows, scratch.total, image, group * s.to_channels() + first, std::min(kPanel, left), result);
  }
}

}  // namespace tacho::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
