// Direct convolutions, written once for the ways to multiply: `F` says in which form the factors lie and how they are
// multiplied (PlainFactors in direct.cc, PairFactors in bfloat16_direct.cc). Included once per target.
#if defined(TACHO_SIMD_DIRECT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_DIRECT_INL_H
#undef TACHO_SIMD_DIRECT_INL_H
#else
#define TACHO_SIMD_DIRECT_INL_H
#endif

#include "backends/simd/channels-inl.h"
#include "backends/simd/direct.h"
#include "backends/simd/image_result-inl.h"
#include "backends/simd/joined-inl.h"
#include "backends/simd/narrow-inl.h"
#include "backends/simd/panels-inl.h"
#include "backends/simd/pooled_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {

inline int64_t rounded(int64_t floats) { return (floats + 15) / 16 * 16; }

/// A 1 x 1 filter that visits every place: the product of matrices, whatever the images' shape is.
inline bool is_product(const DirectShape& s) {
  const auto visits_all = [](const DirectAxis& axis) { return axis.taps == 1 && axis.stride == 1 && axis.before == 0; };
  return s.groups == 1 && visits_all(s.rows) && visits_all(s.columns) && s.from.height == s.to.height &&
         s.from.width == s.to.width;
}

/// All images as one row of places.
inline DirectShape as_one_row(const DirectShape& s, int64_t images) {
  DirectShape row = s;
  row.from.width = row.to.width = images * s.to.height * s.to.width;
  row.from.height = row.to.height = 1;
  return row;
}

/// The part of an image that the filters see, as the products read it: of one group, with zeros around it.
struct Padded {
  int64_t height, width;
  bool needed;  ///< false: the image itself will do
  Padded(const DirectShape& s, bool always)
      : height(s.rows.reach(s.to.height)),
        width(s.columns.reach(s.to.width)),
        needed(always || s.groups > 1 || s.rows.before != 0 || s.columns.before != 0 || height > s.from.height ||
               width > s.from.width) {}
  /// `channels`: floats of a place of one group.
  int64_t floats(int64_t channels) const { return needed ? rounded(height * width * channels) : 0; }
};

/// What the products read: a place's first channel, and the distances in floats.
struct Source {
  const float* data;
  int64_t row, place;  ///< to the next row, to the next place of the image
};

/// Row `i` of the padded image, from its first place inside the image on; null where it is padding.
inline const float* image_row(const DirectShape& s, const float* image, int64_t group, int64_t i, int64_t first) {
  const int64_t row = i - s.rows.before;
  if (row < 0 || row >= s.from.height) return nullptr;
  return image + (row * s.from.width + first - s.columns.before) * s.from.channels + group * s.from_channels();
}

/// Writes the padded image, `floats` a place: write(row, places, to) does those of a row that lie inside the image.
template <class Write>
Source padded_source(const DirectShape& s, const Padded& padded, int64_t floats, float* scratch, const Write& write) {
  const int64_t row_floats = padded.width * floats;
  const int64_t first = std::clamp<int64_t>(s.columns.before, 0, padded.width);
  const int64_t last = std::clamp<int64_t>(s.from.width + s.columns.before, first, padded.width);
  float* to = scratch;
  for (int64_t i = 0; i < padded.height; ++i, to += row_floats) {
    if (!write(i, first, last - first, to + first * floats)) {
      std::fill_n(to, row_floats, 0.0f);
      continue;
    }
    std::fill_n(to, first * floats, 0.0f);
    std::fill_n(to + last * floats, (padded.width - last) * floats, 0.0f);
  }
  return {scratch, row_floats, floats};
}

/// The floats that one row of a filter's taps covers when they lie side by side, or those of a single tap.
struct Runs {
  int64_t length, count;  ///< count runs a row of taps
  explicit Runs(const DirectShape& s)
      : length((s.columns.dilation == 1 || s.columns.taps == 1 ? s.columns.taps : 1) * s.from_channels()),
        count(s.columns.taps * s.from_channels() / length) {}
};

inline int64_t panel_floats(const DirectShape& s) { return s.taps() * s.from_channels() * kPanel; }
inline int64_t panels_floats(const DirectShape& s) { return s.groups * panels(s.to_channels()) * panel_floats(s); }

template <class F>
int64_t packed_floats(const DirectShape& s) {
  return panels_floats(F::in_units(s));
}

/// [group][panel][tap row][tap column][channel][kPanel], channels in units.
template <class F>
void pack(const DirectShape& s, const DirectFilters& f, const float* w, float* packed) {
  const int64_t from_channels = s.from_channels(), to_channels = s.to_channels(), plane = f.rows * f.columns;
  const int64_t units = F::in_units(s).from_channels();
  // Turned, the filters are from.channels x to_channels, else to.channels x from_channels.
  const int64_t to_step = f.turned ? plane : from_channels * plane, from_step = f.turned ? to_channels * plane : plane;
  for (int64_t g = 0; g < s.groups; ++g)
    for (int64_t first = 0; first < to_channels; first += kPanel)
      for (int64_t i = 0; i < s.rows.taps; ++i)
        for (int64_t j = 0; j < s.columns.taps; ++j) {
          const int64_t row = f.first_row + (f.turned ? s.rows.taps - 1 - i : i) * f.down;
          const int64_t column = f.first_column + (f.turned ? s.columns.taps - 1 - j : j) * f.right;
          const float* tap = w + g * from_channels * to_channels * plane + first * to_step + row * f.columns + column;
          const int64_t present = std::min(kPanel, to_channels - first);
          for (int64_t c = 0; c < units; ++c, packed += kPanel) {
            for (int64_t k = 0; k < present; ++k) packed[k] = F::unit(tap + k * to_step, c, from_step, from_channels);
            std::fill(packed + present, packed + kPanel, 0.0f);
          }
        }
}

/// Products of `count` places of a row, their taps beginning at `from`, with one panel of filters, into `to`.
template <class F>
HWY_INLINE void multiply_places(const DirectShape& s, const Runs& runs, const Source& source, const float* from,
                                int64_t count, const float* filters, int64_t columns, float* to, int64_t to_place,
                                const TileEnd<float>& end) {
  const RowSplit split(count);
  const int64_t step = s.columns.stride * source.place;
  for (int64_t tile = 0; tile < split.tiles; ++tile) {
    const int64_t first = split.first(tile), rows = split.rows(tile);
    float* c = to + first * to_place;
    TileEnd<float> tile_end = end;
    if (end.added) tile_end.added += first * to_place;
    if (runs.count == 1) {
      const StepsTogether<float> a{from + first * step, step, runs.length, s.rows.dilation * source.row};
      F::multiply(rows, a, s.rows.taps * runs.length, filters, columns, c, to_place, tile_end);
      continue;
    }
    for (int64_t i = 0; i < s.rows.taps; ++i) {
      TileEnd<float> part = i + 1 < s.rows.taps ? TileEnd<float>{} : tile_end;
      part.add = i > 0;
      const StepsTogether<float> a{from + first * step + i * s.rows.dilation * source.row, step, runs.length,
                                   s.columns.dilation * source.place};
      const int64_t steps = runs.count * runs.length;
      F::multiply(rows, a, steps, filters + i * steps * kPanel, columns, c, to_place, part);
    }
  }
}

/// Whether the places of all rows are multiplied together (joined-inl.h).
template <class F>
bool joins_rows(const DirectShape& s, const DirectPhase& phase) {
  return !F::kCopies && phase.down == 1 && phase.right == 1 && !is_narrow(s, false) && !is_product(s) &&
         joining_pays(s);
}

inline int64_t pooled_floats(const DirectShape& s) { return rounded(2 * s.to.width * kPanel); }

template <class F>
int64_t workspace_floats(const DirectShape& s) {
  return std::max(joins_rows<F>(s, {}) ? joined_floats(s) : 0,
                  Padded(s, F::kCopies).floats(F::in_units(s).from_channels()) + pooled_floats(s));
}

/// Places times taps of an image that are multiplied.
template <class F>
int64_t places_multiplied(const DirectShape& s, const DirectPhase& phase) {
  return joins_rows<F>(s, phase) ? places_of_taps(s) : s.to.height * s.to.width * s.taps();
}

/// A part's share of `count` things; all of them where parts are of something else.
inline Range share(const DirectPart& part, bool panels, int64_t count) {
  if (part.panels != panels) return {0, count};
  return {count * part.begin / part.of, count * part.end / part.of};
}

/// One panel of one image, two rows of places at a time, pooled while they are in the first cache.
template <class F>
void convolve_pooled(const DirectShape& s, const Runs& runs, const Source& source, int64_t image, int64_t channel,
                     int64_t panel_channels, const float* filters, const ImageResult& result, Range pairs,
                     float* rows) {
  const int64_t width = s.to.width / 2 * 2, row_floats = s.to.width * kPanel;
  const int64_t channels = std::min(kPanel, panel_channels);
  const bool in_registers = !F::kCopies && runs.count == 1 && channels % kLanes<float> == 0;
  for (int64_t row = 2 * pairs.begin; row < 2 * pairs.end; row += 2) {
    const float* const from = source.data + row * s.rows.stride * source.row;
    if (in_registers) {
      pooled_rows({from, from + s.rows.stride * source.row, s.columns.stride * source.place, s.rows.taps,
                   s.rows.dilation * source.row, runs.length},
                  width, channels, filters, result, image, row, channel);
      continue;
    }
    for (int64_t i = 0; i < 2; ++i)
      multiply_places<F>(s, runs, source, from + i * s.rows.stride * source.row, width, filters,
                         panel_columns(panel_channels, 0), rows + i * row_floats, kPanel, {});
    for_channels(channels, [&](auto d, int64_t c) HWY_ATTR {
      for (int64_t column = 0; column < width; column += 2) {
        const float* at = rows + column * kPanel + c;
        hn::Vec<decltype(d)> block[2][2]{{hn::LoadU(d, at), hn::LoadU(d, at + kPanel)},
                                         {hn::LoadU(d, at + row_floats), hn::LoadU(d, at + row_floats + kPanel)}};
        store_block<2, 2>(d, block, result, image, row, column, channel + c);
      }
    });
  }
}

template <class F>
void convolve(const DirectShape& shape, const DirectPhase& phase, const DirectPart& part, int64_t images,
              const float* x, const float* packed, const ImageResult& result, float* workspace) {
  const bool one_row =
      !F::kCopies && is_product(shape) && !result.pool && phase.down == 1 && phase.right == 1 && part.of == 1;
  const DirectShape given = one_row ? as_one_row(shape, images) : shape, s = F::in_units(given);
  const ImageExtent to = one_row ? s.to : result.extent;
  if (one_row) images = 1;
  const Padded padded(given, F::kCopies);
  const Runs runs(s);
  float* pooled = workspace + padded.floats(s.from_channels());
  const int64_t to_place = phase.right * to.channels;
  const bool narrow = !F::kCopies && is_narrow(s, false) && !one_row && phase.right == 1 && !result.added;
  const bool joined = joins_rows<F>(given, phase);
  const Range rows = share(part, false, result.pool ? s.to.height / 2 : s.to.height);
  const Range some = share(part, true, panels(s.to_channels()));
  for (int64_t image = 0; image < images; ++image)
    for (int64_t group = 0; group < s.groups; ++group) {
      const float* const of_group = packed + group * panels(s.to_channels()) * panel_floats(s);
      if (joined) {
        const int64_t step = result.pool ? 2 : 1;
        convolve_joined(given, {rows.begin * step, rows.end * step}, some, x, image, group, of_group, result,
                        workspace);
        continue;
      }
      const Source source = F::source(given, padded, x + image * given.from.elements(), group, workspace);
      for (int64_t panel = some.begin; panel < some.end; ++panel) {
        const float* const filters = of_group + panel * panel_floats(s);
        const int64_t first = panel * kPanel;
        const int64_t left = s.to_channels() - first, channel = group * s.to_channels() + first;
        if (result.pool) {
          convolve_pooled<F>(s, runs, source, image, channel, left, filters, result, rows, pooled);
          continue;
        }
        TileEnd<float> end;
        end.bounded = result.bounded();
        end.least = result.least, end.most = result.most;
        if (result.bias) end.column_bias = result.bias + channel;
        for (int64_t row = rows.begin; row < rows.end; ++row) {
          float* y = result.y + image * to.elements() + channel +
                     ((phase.first_row + row * phase.down) * to.width + phase.first_column) * to.channels;
          const float* const from = source.data + row * s.rows.stride * source.row;
          if (result.added) end.added = result.added + (y - result.y);
          if (narrow) {
            kConvolveNarrow[size_t(s.to.channels - 1)](s, from, source.row, filters, result, y);
            continue;
          }
          multiply_places<F>(s, runs, source, from, s.to.width, filters, std::min(kPanel, left), y, to_place, end);
        }
      }
    }
}

/// Whether the results' gradients have to be copied into panels: so that what is read behind the last channel is ours,
/// and so that the places of many channels do not compete for a few lines of the cache.
template <class F>
bool gradient_in_panels(const DirectShape& s) {
  return F::kCopies || s.groups > 1 || s.to.channels % kLanes<float> != 0 || s.to.channels > 2 * kPanel;
}

template <class F>
int64_t gradient_workspace_floats(const DirectShape& shape) {
  const DirectShape s = F::summed(shape);
  int64_t gradients = gradient_in_panels<F>(s) ? rounded(s.to.height * s.to.width * kPanel) : 0;
  if (!F::kCopies && is_narrow(s, true)) gradients = narrow_gradient_floats(s);
  return Padded(s, F::kCopies).floats(s.from_channels()) + gradients;
}

/// c (+)= A^T B, summed over `rows` rows of `places` places: kRows floats of taps by a panel of gradients.
using AddGradient = void (*)(const float* a, int64_t a_row, int64_t a_place, const float* b, int64_t b_row,
                             int64_t b_place, int64_t rows, int64_t places, float* c, const TileEnd<float>& end);

/// The filters' gradient into `partial`: [group][panel][tap row][tap column][channel][kPanel].
template <class F>
void accumulate(const DirectShape& shape, int64_t images, const float* x, const float* dy, const FilterRange& some,
                bool empty, float* partial, float* workspace) {
  // As one row where nothing has to be copied, for its copies were sized for an image.
  const bool one_row = is_product(shape) && !gradient_in_panels<F>(shape);
  const DirectShape given = one_row ? as_one_row(shape, images) : shape, s = F::summed(given);
  if (one_row) images = 1;
  const Padded padded(s, F::kCopies);
  const Runs runs(s);
  const bool copied = gradient_in_panels<F>(s);
  float* panel = workspace + padded.floats(s.from_channels());
  TileEnd<float> end;
  for (int64_t image = 0; image < images; ++image) {
    end.add = !empty || image > 0;
    float* sums = partial;
    for (int64_t group = 0; group < s.groups; ++group) {
      const int64_t before = group * s.to_channels();  // filters of the groups before it
      if (before + s.to_channels() <= some.first || before >= some.first + some.count) {
        sums += panels(s.to_channels()) * panel_floats(s);
        continue;
      }
      const Source source = F::summed_source(given, padded, x + image * given.from.elements(), group, workspace);
      if (!F::kCopies && is_narrow(s, true)) {
        kAccumulateNarrow[size_t(s.to.channels - 1)](s, source.data, source.row, dy + image * s.to.elements(), panel,
                                                     image == 0);
        if (image + 1 == images) join_narrow(s, panel, !empty, sums);
        continue;
      }
      for (int64_t first = 0; first < s.to_channels(); first += kPanel) {
        if (before + first < some.first || before + first >= some.first + some.count) {
          sums += panel_floats(s);
          continue;
        }
        const int64_t columns = panel_columns(s.to_channels(), first), b_place = copied ? columns : s.to.channels;
        const float* b = dy + image * given.to.elements() + group * s.to_channels() + first;
        if (copied) {
          F::copy_gradients(given, b, std::min(kPanel, s.to_channels() - first), columns, panel);
          b = panel;
        }
        const auto& add = F::add_gradients(columns);
        for (int64_t i = 0; i < s.rows.taps; ++i)
          for (int64_t run = 0; run < runs.count; ++run, sums += runs.length * kPanel) {
            const float* a = source.data + i * s.rows.dilation * source.row + run * s.columns.dilation * source.place;
            const RowSplit split(runs.length);
            for (int64_t tile = 0; tile < split.tiles; ++tile)
              add[size_t(split.rows(tile) - 1)](a + split.first(tile), s.rows.stride * source.row,
                                                s.columns.stride * source.place, b, s.to.width * b_place, b_place,
                                                s.to.height, s.to.width, sums + split.first(tile) * kPanel, end);
          }
      }
    }
  }
}

/// Filters of a panel, or of a group, whose panels begin anew.
inline int64_t row_step(const DirectShape& s) { return s.groups > 1 ? s.to_channels() : kPanel; }

inline void finish(const DirectShape& s, const Lanes<float>& lanes, int64_t first, int64_t filters, float* dw) {
  constexpr int64_t kTogether = 8;  // channels: their sums stay in the first cache
  HWY_ALIGN float sums[kTogether * kPanel];
  const int64_t taps = s.taps(), from_channels = s.from_channels(), to_channels = s.to_channels();
  for (int64_t k = first; k < first + filters;) {
    const int64_t group = k / to_channels, in_group = k % to_channels;
    const int64_t present = std::min(kPanel, std::min(to_channels - in_group, first + filters - k));
    const int64_t panel = (group * panels(to_channels) + in_group / kPanel) * panel_floats(s);
    float* const filter = dw + (k - first) * from_channels * taps;
    for (int64_t tap = 0; tap < taps; ++tap)
      for (int64_t c = 0; c < from_channels; c += kTogether) {
        const int64_t some = std::min(kTogether, from_channels - c), at = panel + (tap * from_channels + c) * kPanel;
        sum_lanes({lanes.first + at, lanes.step, lanes.count}, some * kPanel, sums);
        for (int64_t j = 0; j < present; ++j)
          for (int64_t i = 0; i < some; ++i) filter[(j * from_channels + c + i) * taps + tap] = sums[i * kPanel + j];
      }
    k += present;
  }
}

template <class F>
constexpr DirectRoutines direct_routines_of() {
  return {
      .together = F::kTogether,
      .in_units = &F::in_units,
      .summed = &F::summed,
      .is_narrow = [](const DirectShape& s, bool gradient) { return !F::kCopies && is_narrow(s, gradient); },
      .packed_floats = &packed_floats<F>,
      .pack = &pack<F>,
      .workspace_floats = &workspace_floats<F>,
      .convolve = &convolve<F>,
      .panels = [](int64_t channels) { return panels(channels); },
      .places_multiplied = &places_multiplied<F>,
      .gradient_workspace_floats = &gradient_workspace_floats<F>,
      .partial_floats = &panels_floats,
      .accumulate = &accumulate<F>,
      .combine = &combine_panels,
      .finish = &finish,
      .row_step = &row_step,
  };
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#endif  // TACHO_SIMD_DIRECT_INL_H
