#include "backends/simd/image_ops.h"

#include <numeric>

#include "backends/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/simd/image_ops.cc"
#include <hwy/foreach_target.h>
// Behind foreach_target.h:
#include "backends/simd/windows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {
namespace {

/// Sums of a few vectors of channels side by side; each channel once.
template <int kVectors, class D>
HWY_INLINE void add_columns(D d, const float* x, const float* gate, int64_t places, int64_t channels, int64_t first,
                            float* sums) {
  const int64_t lanes = int64_t(hn::Lanes(d));
  hn::Vec<D> total[kVectors];
  for (int v = 0; v < kVectors; ++v) total[v] = hn::Zero(d);
  for (int64_t p = 0, at = first; p < places; ++p, at += channels)
    for (int v = 0; v < kVectors; ++v) total[v] = hn::Add(total[v], load_gated(d, x, gate, at + v * lanes));
  for (int v = 0; v < kVectors; ++v) {
    float* const to = sums + first + v * lanes;
    hn::StoreU(hn::Add(hn::LoadU(d, to), total[v]), d, to);
  }
}

void add_channels(const float* x, const float* gate, int64_t places, int64_t channels, float* sums) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = int64_t(hn::Lanes(d));
  int64_t c = 0;
  for (; c + 4 * lanes <= channels; c += 4 * lanes) add_columns<4>(d, x, gate, places, channels, c, sums);
  for (; c + lanes <= channels; c += lanes) add_columns<1>(d, x, gate, places, channels, c, sums);
  for (; c < channels; ++c) add_columns<1>(hn::CappedTag<float, 1>(), x, gate, places, channels, c, sums);
}

void add_places(const float* x, const float* gate, int64_t places, int64_t channels, float* sums) {
  constexpr int64_t kMostFloats = 1024;
  const int64_t lanes = int64_t(HWY_LANES(float)), together = lanes / std::gcd(lanes, channels);
  const int64_t floats = together * channels, blocks = places / together;
  if (together == 1 || blocks < 2 || floats > kMostFloats) return add_channels(x, gate, places, channels, sums);
  // Channels that fill no vectors: so many places that they do are taken as one place of as many channels more.
  HWY_ALIGN float block[kMostFloats];
  std::fill_n(block, floats, 0.0f);
  add_channels(x, gate, blocks, floats, block);
  for (int64_t p = 0; p < together; ++p)
    for (int64_t c = 0; c < channels; ++c) sums[c] += block[p * channels + c];
  add_channels(x + blocks * floats, gate ? gate + blocks * floats : nullptr, places - blocks * together, channels,
               sums);
}

/// `count` elements behind `index`; void: none.
template <class Index>
HWY_INLINE Index* behind(Index* index, int64_t count) {
  if constexpr (std::is_void_v<Index>) return index;
  else return index + count;
}

template <class Index>
void max_pool_as(const PoolGeometry& g, int64_t channels, int64_t images, int64_t first_result, int64_t end_result,
                 const float* x, float* to, Index* places) {
  const int64_t image_floats = g.rows.in * g.columns.in * channels, row_floats = g.columns.out * channels;
  for (int64_t n = 0; n < images; ++n, x += image_floats)
    for (int64_t oh = first_result; oh < end_result; ++oh) {
      float* y = to + (n * g.rows.out + oh) * row_floats;
      Index* index = behind(places, (n * g.rows.out + oh) * row_floats);
      const int64_t top = g.rows.place(oh, 0);
      const int64_t first_row = std::max<int64_t>(-top, 0), last_row = std::min(g.rows.kernel, g.rows.in - top);
      for (int64_t ow = 0; ow < g.columns.out; ++ow, y += channels, index = behind(index, channels)) {
        const int64_t left = g.columns.place(ow, 0);
        const int64_t first = std::max<int64_t>(-left, 0), last = std::min(g.columns.kernel, g.columns.in - left);
        const SeenPlaces places{((top + first_row) * g.columns.in + left + first) * channels, last_row - first_row,
                                last - first, g.columns.in * channels, channels};
        const int32_t across = int32_t(g.columns.kernel), number = int32_t(first_row) * across + int32_t(first);
        with_window_size(places, [&](auto rows, auto columns) HWY_ATTR {
          max_window<decltype(rows)::value, decltype(columns)::value>(places, x, number, across, channels, y, index);
        });
      }
    }
}

void max_pool(const PoolGeometry& g, int64_t channels, int64_t images, int64_t first, int64_t end, const float* x,
              float* y, uint8_t* index) {
  if (index) max_pool_as(g, channels, images, first, end, x, y, index);
  else max_pool_as(g, channels, images, first, end, x, y, static_cast<void*>(nullptr));
}

/// The windows of rows `down` and columns `across` among results whose rows are `line` floats long.
SeenPlaces seen_by(const PooledAxis::Windows& down, const PooledAxis::Windows& across, int64_t line, int64_t channels) {
  return {down.begin * line + across.begin * channels, down.end - down.begin, across.end - across.begin, line,
          channels};
}

bool unpool_by_two(const PoolGeometry& g, int64_t channels, const float* dy, const float* gate, const uint8_t* index,
                   float* dx) {
  const int64_t height = g.rows.in, width = g.columns.in, down = height / 2, right = width / 2;
  bool within = true;
  for (int64_t oh = 0; oh < down; ++oh)
    for (int64_t ow = 0; ow < right; ++ow) {
      const int64_t window = (oh * right + ow) * channels;
      float* const corner = dx + (2 * oh * width + 2 * ow) * channels;
      for_channels(channels, [&](auto d, int64_t c) HWY_ATTR {
        const hn::RebindToSigned<decltype(d)> di;
        const auto value = load_gated(d, dy, gate, window + c);
        const auto at = load_index(d, index + window + c);
        for (int32_t tap = 0; tap < 4; ++tap) {
          const auto here = hn::Eq(at, hn::Set(di, tap));
          hn::StoreU(hn::IfThenElseZero(hn::RebindMask(d, here), value), d,
                     corner + (tap / 2 * width + tap % 2) * channels + c);
        }
        within = within && hn::AllTrue(di, hn::Lt(at, hn::Set(di, 4)));
      });
    }
  // A last odd column and row belong to no window.
  if (width % 2)
    for (int64_t row = 0; row < height; ++row) std::fill_n(dx + (row * width + width - 1) * channels, channels, 0.0f);
  if (height % 2) std::fill_n(dx + (height - 1) * width * channels, width * channels, 0.0f);
  return within;
}

/// Whether each window's place lies in it and in the image.
bool places_inside(const PoolGeometry& g, int64_t channels, const uint8_t* index) {
  const int64_t across = g.columns.kernel, taps = std::min<int64_t>(g.rows.kernel * across, 256);
  uint8_t most = 0;
  for (int64_t i = 0; i < g.rows.out * g.columns.out * channels; ++i) most = std::max(most, index[i]);
  if (most >= taps) return false;
  const auto whole = [](const WindowAxis& axis, int64_t window) {
    return axis.inside(window, 0) && axis.inside(window, axis.kernel - 1);
  };
  for (int64_t oh = 0; oh < g.rows.out; ++oh)
    for (int64_t ow = 0; ow < g.columns.out; ++ow, index += channels) {
      if (whole(g.rows, oh) && whole(g.columns, ow)) continue;
      bool outside[256];
      for (int64_t tap = 0; tap < taps; ++tap)
        outside[tap] = !g.rows.inside(oh, tap / across) || !g.columns.inside(ow, tap % across);
      bool any = false;
      for (int64_t c = 0; c < channels; ++c) any |= outside[index[c]];
      if (any) return false;
    }
  return true;
}

template <bool kGate>
void unpool_any(const MaxWindows& w, int64_t channels, const float* dy, const float* gate, const uint8_t* index,
                float* dx) {
  const PoolGeometry& g = w.geometry;
  const int64_t line = g.columns.out * channels;
  const int32_t right = int32_t(g.columns.stride), down = int32_t(g.rows.stride * g.columns.kernel);
  for (int64_t row = 0; row < g.rows.in; ++row)
    for (int64_t column = 0; column < g.columns.in; ++column, dx += channels) {
      const PooledAxis::Windows &above = w.rows.seen_by[size_t(row)], &before = w.columns.seen_by[size_t(column)];
      const SeenPlaces windows = seen_by(above, before, line, channels);
      const int64_t number =
          (row - g.rows.place(above.begin, 0)) * g.columns.kernel + column - g.columns.place(before.begin, 0);
      with_seen_by(windows, [&](auto rows, auto columns) HWY_ATTR {
        unpool_place<kGate, decltype(rows)::value, decltype(columns)::value>(windows, int32_t(number), down, right,
                                                                             channels, dy, gate, index, dx);
      });
    }
}

bool unpool(const MaxWindows& w, int64_t channels, const float* dy, const float* gate, const uint8_t* index,
            float* dx) {
  const PoolGeometry& g = w.geometry;
  if (w.by_two()) return unpool_by_two(g, channels, dy, gate, index, dx);
  if (!places_inside(g, channels, index)) return false;
  (gate ? unpool_any<true> : unpool_any<false>)(w, channels, dy, gate, index, dx);
  return true;
}

/// The windows of one image in which channels fill vectors.
void average_channels(const AverageWindows& w, int64_t channels, const float* x, float* y) {
  const int64_t line = int64_t(w.columns.seen_by.size()) * channels;
  const float* share = w.shares.data();
  for (const WindowPart& row : w.rows.parts)
    for (const WindowPart& column : w.columns.parts) {
      const SeenPlaces places{row.begin * line + column.begin * channels, row.end - row.begin,
                              column.end - column.begin, line, channels};
      const float by = *share++;
      with_window_size(places, [&](auto rows, auto columns) HWY_ATTR {
        mean_window<decltype(rows)::value, decltype(columns)::value>(places, x, by, channels, y);
      });
      y += channels;
    }
}

/// The mean of each window of two rows and, mostly, two columns that stand apart. Places are read where they are:
/// reading them out of rows of sums that were just stored would wait for these stores, since a place may lie in two of
/// them. kInside: a vector may be read and written at each place.
template <bool kInside, class D>
HWY_INLINE void average_row_apart(D d, const PooledAxis& columns, int64_t channels, const float* upper,
                                  const float* lower, const float* x_end, const float* shares, float* y,
                                  const float* y_end) {
  const auto load = [&](const float* place) HWY_ATTR {
    if constexpr (kInside) return hn::LoadU(d, place);
    else return load_place(d, channels, place, x_end);
  };
  const auto both = [&](int64_t at) HWY_ATTR { return hn::Add(load(upper + at), load(lower + at)); };
  for (const WindowPart& window : columns.parts) {
    const int64_t first = window.begin * channels;
    auto sum = both(first);
    if (HWY_LIKELY(window.end - window.begin == 2)) sum = hn::Add(sum, both(first + channels));
    else
      for (int64_t at = window.begin + 1; at < window.end; ++at) sum = hn::Add(sum, both(at * channels));
    const auto mean = hn::Mul(sum, hn::Set(d, *shares++));
    if constexpr (kInside) hn::StoreU(mean, d, y);
    else store_place(d, mean, channels, y, y_end);
    y += channels;
  }
}

/// The same where a vector holds a place: the rows of a window are summed first, in vectors across the places.
template <class D>
void average_places(D d, const AverageWindows& w, int64_t channels, const float* x, const float* x_end, float* y,
                    const float* y_end, float* sums) {
  const int64_t row_floats = int64_t(w.columns.seen_by.size()) * channels;
  const float *share = w.shares.data(), *const end = sums + row_floats;
  const int64_t result_floats = int64_t(w.columns.parts.size()) * channels, lanes = int64_t(hn::MaxLanes(d));
  for (const WindowPart& row : w.rows.parts) {
    if (w.columns.apart && channels > 2 && row.end - row.begin == 2) {
      const float *const upper = x + row.begin * row_floats, *const lower = upper + row_floats;
      if (lower + row_floats + lanes <= x_end && y + result_floats + lanes <= y_end)
        average_row_apart<true>(d, w.columns, channels, upper, lower, x_end, share, y, y_end);
      else average_row_apart<false>(d, w.columns, channels, upper, lower, x_end, share, y, y_end);
      share += w.columns.parts.size();
      y += result_floats;
      continue;
    }
    for_channels(row_floats, [&](auto all, int64_t i) HWY_ATTR {
      auto sum = hn::Zero(all);
      for (int64_t h = row.begin; h < row.end; ++h) sum = hn::Add(sum, hn::LoadU(all, x + h * row_floats + i));
      hn::StoreU(sum, all, sums + i);
    });
    for (const WindowPart& column : w.columns.parts) {
      auto sum = hn::Zero(d);
      for (int64_t at = column.begin; at < column.end; ++at)
        sum = hn::Add(sum, load_place(d, channels, sums + at * channels, end));
      store_place(d, hn::Mul(sum, hn::Set(d, *share++)), channels, y, y_end);
      y += channels;
    }
  }
}

void average(const AverageWindows& w, int64_t channels, int64_t images, const float* x, float* y, float* workspace) {
  const int64_t x_floats = int64_t(w.rows.seen_by.size() * w.columns.seen_by.size()) * channels;
  const int64_t y_floats = int64_t(w.shares.size()) * channels;
  const float *const x_end = x + images * x_floats, *const y_end = y + images * y_floats;
  for (int64_t n = 0; n < images; ++n, x += x_floats, y += y_floats)
    if (channels >= int64_t(HWY_LANES(float))) average_channels(w, channels, x, y);
    else for_place(channels, [&](auto d) HWY_ATTR { average_places(d, w, channels, x, x_end, y, y_end, workspace); });
}

/// The first place behind `place` that other windows see.
int64_t end_of_run(const std::vector<PooledAxis::Windows>& seen_by, int64_t place) {
  const int64_t places = int64_t(seen_by.size());
  int64_t end = place + 1;
  while (end < places && seen_by[size_t(end)].begin == seen_by[size_t(place)].begin &&
         seen_by[size_t(end)].end == seen_by[size_t(place)].end)
    ++end;
  return end;
}

/// Places that the same windows see get the same: it is computed once.
void spread_channels(const AverageWindows& w, int64_t channels, const float* dy, float* dx) {
  const int64_t height = int64_t(w.rows.seen_by.size()), width = int64_t(w.columns.seen_by.size());
  const int64_t across = int64_t(w.columns.parts.size());
  for (int64_t row = 0, below = 0; row < height; row = below) {
    below = end_of_run(w.rows.seen_by, row);
    for (int64_t column = 0, right = 0; column < width; column = right) {
      right = end_of_run(w.columns.seen_by, column);
      const SeenPlaces windows =
          seen_by(w.rows.seen_by[size_t(row)], w.columns.seen_by[size_t(column)], across * channels, channels);
      const SeenPlaces places{(row * width + column) * channels, below - row, right - column, width * channels,
                              channels};
      const float* const shares = w.shares.data() + windows.first / channels;
      with_seen_by(windows, [&](auto rows, auto columns) HWY_ATTR {
        spread_to<decltype(rows)::value, decltype(columns)::value>(windows, shares, across, channels, dy, places, dx);
      });
    }
  }
}

/// One row of places below one row of windows that stand apart: a window's gradient is stored to all of its places,
/// without looking for the windows of each (two by two places of six channels: in 0.52 of the time on a Zen 4).
template <class D>
HWY_INLINE void spread_row_apart(D d, const PooledAxis& columns, int64_t channels, const float* dy, const float* shares,
                                 const float* dy_end, float* dx, const float* dx_end) {
  int64_t place = 0;
  const auto fill = [&](int64_t end, hn::Vec<D> value) HWY_ATTR {
    for (; place < end; ++place, dx += channels) store_place(d, value, channels, dx, dx_end);
  };
  for (const WindowPart& window : columns.parts) {
    fill(window.begin, hn::Zero(d));
    fill(window.end, hn::Mul(load_place(d, channels, dy, dy_end), hn::Set(d, *shares++)));
    dy += channels;
  }
  fill(int64_t(columns.seen_by.size()), hn::Zero(d));
}

/// The same where a vector holds a place; rows that see the same windows are copied.
template <class D>
void spread_places(D d, const AverageWindows& w, int64_t channels, const float* dy, const float* dy_end, float* dx,
                   const float* dx_end) {
  const int64_t across = int64_t(w.columns.parts.size());
  const int64_t row_floats = int64_t(w.columns.seen_by.size()) * channels;
  PooledAxis::Windows done{-1, -1};
  for (const PooledAxis::Windows& row : w.rows.seen_by) {
    if (row.begin == done.begin && row.end == done.end) {
      dx = std::copy_n(dx - row_floats, row_floats, dx);
      continue;
    }
    done = row;
    if (w.columns.apart && row.end - row.begin == 1) {
      const int64_t first = row.begin * across;
      spread_row_apart(d, w.columns, channels, dy + first * channels, w.shares.data() + first, dy_end, dx, dx_end);
      dx += row_floats;
      continue;
    }
    for (const auto& [left, right] : w.columns.seen_by) {
      auto sum = hn::Zero(d);
      for (int64_t r = row.begin * across; r < row.end * across; r += across)
        for (int64_t s = r + left; s < r + right; ++s)
          sum = hn::MulAdd(load_place(d, channels, dy + s * channels, dy_end), hn::Set(d, w.shares[size_t(s)]), sum);
      store_place(d, sum, channels, dx, dx_end);
      dx += channels;
    }
  }
}

void spread(const AverageWindows& w, int64_t channels, int64_t images, const float* dy, float* dx, float*) {
  const int64_t dx_floats = int64_t(w.rows.seen_by.size() * w.columns.seen_by.size()) * channels;
  const int64_t dy_floats = int64_t(w.shares.size()) * channels;
  const float *const dy_end = dy + images * dy_floats, *const dx_end = dx + images * dx_floats;
  for (int64_t n = 0; n < images; ++n, dy += dy_floats, dx += dx_floats)
    if (channels >= int64_t(HWY_LANES(float))) spread_channels(w, channels, dy, dx);
    else for_place(channels, [&](auto d) HWY_ATTR { spread_places(d, w, channels, dy, dy_end, dx, dx_end); });
}

int64_t average_workspace_floats(const AverageWindows& w, int64_t channels) {
  return channels >= int64_t(HWY_LANES(float)) ? 0 : int64_t(w.columns.seen_by.size()) * channels;
}

constexpr ImageRoutines kRoutines{
    .add_places = add_places,
    .max_pool = max_pool,
    .max_pool_large = max_pool_as<int32_t>,
    .unpool = unpool,
    .average = average,
    .spread = spread,
    .average_workspace_floats = average_workspace_floats,
};

}  // namespace

const ImageRoutines* image_table() { return &kRoutines; }

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tacho::simd {

HWY_EXPORT(image_table);

const ImageRoutines& image_routines() { return *HWY_DYNAMIC_DISPATCH(image_table)(); }

}  // namespace tacho::simd
#endif
