// Windows of poolings on an image whose channels lie last: a few vectors of channels side by side, so that no
// comparison or addition waits for the one before it.
#if defined(TACHO_SIMD_WINDOWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_WINDOWS_INL_H
#undef TACHO_SIMD_WINDOWS_INL_H
#else
#define TACHO_SIMD_WINDOWS_INL_H
#endif

#include <type_traits>

// Behind foreach_target.h:
#include "backends/simd/channels-inl.h"
#include "backends/simd/reread.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Vectors side by side.
inline constexpr int kChannelVectors = 4;

template <int kValue>
using Constant = std::integral_constant<int, kValue>;

/// Calls f(tag, first, vectors) for `count` channels, `vectors` (a constant) vectors of them side by side from `first`
/// on: so many as long as there are, then one after the other as for_channels() has them.
template <class F>
HWY_INLINE void for_channel_groups(int64_t count, const F& f) {
  const hn::ScalableTag<float> d;
  const int64_t group = kChannelVectors * int64_t(hn::Lanes(d));
  int64_t c = 0;
  for (; c + group <= count; c += group) f(d, c, Constant<kChannelVectors>());
  if (c == count) return;
  for_channels(count - c, [&](auto tag, int64_t first) HWY_ATTR { f(tag, c + first, Constant<1>()); });
}

/// Some of an image's places side by side, such as a window sees, or a place's windows among the results: rows x
/// columns of them, of which the first one's channels begin `first` floats behind the image's. Steps in floats.
struct SeenPlaces {
  int64_t first = 0, rows = 0, columns = 0, row_step = 0, column_step = 0;
};

/// Calls f(offset, row, column) for all of them, which begin `offset` floats behind the first. kRows x kColumns: how
/// many there are, and the loops are unrolled; 0: any number.
template <int kRows, int kColumns, class F>
HWY_INLINE void for_places(const SeenPlaces& places, const F& f) {
  if constexpr (kRows > 0) {
    HWY_UNROLL(4)
    for (int row = 0; row < kRows; ++row) HWY_UNROLL(4)
    for (int column = 0; column < kColumns; ++column)
      f(row * places.row_step + column * places.column_step, row, column);
  } else {
    int64_t line = 0;
    for (int64_t row = 0; row < places.rows; ++row, line += places.row_step) {
      int64_t offset = line;
      for (int64_t column = 0; column < places.columns; ++column, offset += places.column_step)
        f(offset, int(row), int(column));
    }
  }
}

/// Calls f(rows, columns) with the constant numbers of places that have loops of their own, 0 where they have none:
/// of windows.
template <class F>
HWY_INLINE void with_window_size(const SeenPlaces& p, const F& f) {
  if (p.rows == 2 && p.columns == 2) f(Constant<2>(), Constant<2>());
  else if (p.rows == 3 && p.columns == 3) f(Constant<3>(), Constant<3>());
  else f(Constant<0>(), Constant<0>());
}
/// Of windows that see one place.
template <class F>
HWY_INLINE void with_seen_by(const SeenPlaces& p, const F& f) {
  if (p.rows == 1 && p.columns == 1) f(Constant<1>(), Constant<1>());
  else if (p.rows == 1 && p.columns == 2) f(Constant<1>(), Constant<2>());
  else if (p.rows == 2 && p.columns == 1) f(Constant<2>(), Constant<1>());
  else if (p.rows == 2 && p.columns == 2) f(Constant<2>(), Constant<2>());
  else f(Constant<0>(), Constant<0>());
}

/// Four vectors of numbers below 256 as one of bytes, in order.
template <class D, class V>
HWY_INLINE V bytes_of_four(D di, const V (&at)[4]) {
  const hn::Repartition<uint8_t, D> bytes;
  const V lower = hn::Or(at[0], hn::ShiftLeft<8>(at[1]));
  const V both = hn::Or(lower, hn::ShiftLeft<16>(hn::Or(at[2], hn::ShiftLeft<8>(at[3]))));
  // Each block of 16 bytes has four bytes of each vector; then the blocks' parts of each vector are joined.
  HWY_ALIGN static constexpr uint8_t kTurned[16] = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
  const V turned = hn::BitCast(di, hn::TableLookupBytes(hn::BitCast(bytes, both), hn::LoadDup128(bytes, kTurned)));
  constexpr int kLanes = int(hn::MaxLanes(D())), kBlocks = kLanes / 4;
  if constexpr (kBlocks == 1) return turned;
  HWY_ALIGN int32_t from[kLanes];
  for (int i = 0; i < kLanes; ++i) from[i] = i % kBlocks * 4 + i / kBlocks;
  return hn::TableLookupLanes(turned, hn::SetTableIndices(di, from));
}

/// Numbers of places within a window, in bytes or not.
template <int kVectors, class D, class V>
HWY_INLINE void store_numbers(D di, const V (&at)[kVectors], uint8_t* index) {
  if constexpr (kVectors == 4) {
    const hn::Repartition<uint8_t, D> bytes;
    hn::StoreU(hn::BitCast(bytes, bytes_of_four(di, at)), bytes, index);
  } else {
    const hn::Rebind<uint8_t, D> bytes;
    for (int v = 0; v < kVectors; ++v) hn::StoreU(hn::DemoteTo(bytes, at[v]), bytes, index + v * int(hn::Lanes(di)));
  }
}
template <int kVectors, class D, class V>
HWY_INLINE void store_numbers(D di, const V (&at)[kVectors], int32_t* index) {
  for (int v = 0; v < kVectors; ++v) hn::StoreU(at[v], di, index + v * int(hn::Lanes(di)));
}

/// The maxima of one window's channels, and their numbers but where Index is void: `number` for the first place seen,
/// `across` more for each row. Of equal elements the first.
template <int kRows, int kColumns, class Index>
HWY_INLINE void max_window(const SeenPlaces places, const float* x, int32_t number, int32_t across, int64_t channels,
                           float* y, Index* index) {
  for_channel_groups(channels, [=](auto d, int64_t c, auto vectors) HWY_ATTR {
    constexpr int kVectors = decltype(vectors)::value;
    const hn::RebindToSigned<decltype(d)> di;
    const int64_t lanes = int64_t(hn::Lanes(d));
    const float* const from = x + places.first + c;
    hn::Vec<decltype(d)> best[kVectors];
    hn::Vec<decltype(di)> at[kVectors];
    for (int v = 0; v < kVectors; ++v) best[v] = hn::LoadU(d, from + v * lanes), at[v] = hn::Set(di, number);
    for_places<kRows, kColumns>(places, [&](int64_t offset, int row, int column) HWY_ATTR {
      if (row == 0 && column == 0) return;
      const float* const place = reread(from + offset);
      const auto here = hn::Set(di, number + int32_t(row) * across + int32_t(column));
      HWY_UNROLL(4)
      for (int v = 0; v < kVectors; ++v) {
        const auto candidate = hn::LoadU(d, place + v * lanes);
        const auto larger = hn::Gt(candidate, best[v]);
        best[v] = hn::IfThenElse(larger, candidate, best[v]);
        if constexpr (!std::is_void_v<Index>) at[v] = hn::IfThenElse(hn::RebindMask(di, larger), here, at[v]);
      }
    });
    for (int v = 0; v < kVectors; ++v) hn::StoreU(best[v], d, y + c + v * lanes);
    if constexpr (!std::is_void_v<Index>) store_numbers(di, at, index + c);
  });
}

/// y = `by` times the sums of one window's channels.
template <int kRows, int kColumns>
HWY_INLINE void mean_window(const SeenPlaces places, const float* x, float by, int64_t channels, float* y) {
  for_channel_groups(channels, [=](auto d, int64_t c, auto vectors) HWY_ATTR {
    constexpr int kVectors = decltype(vectors)::value;
    const int64_t lanes = int64_t(hn::Lanes(d));
    const float* const from = x + places.first + c;
    hn::Vec<decltype(d)> sum[kVectors];
    for (int v = 0; v < kVectors; ++v) sum[v] = hn::LoadU(d, from + v * lanes);
    for_places<kRows, kColumns>(places, [&](int64_t offset, int row, int column) HWY_ATTR {
      if (row == 0 && column == 0) return;
      const float* const place = reread(from + offset);
      HWY_UNROLL(4)
      for (int v = 0; v < kVectors; ++v) sum[v] = hn::Add(sum[v], hn::LoadU(d, place + v * lanes));
    });
    for (int v = 0; v < kVectors; ++v) hn::StoreU(hn::Mul(sum[v], hn::Set(d, by)), d, y + c + v * lanes);
  });
}

/// A vector of gradients, 0 where the gate is not positive.
template <class D>
HWY_INLINE hn::Vec<D> load_gated(D d, const float* dy, const float* gate, int64_t at) {
  const auto value = hn::LoadU(d, dy + at);
  return gate ? hn::IfThenElseZero(hn::Gt(hn::LoadU(d, gate + at), hn::Zero(d)), value) : value;
}

/// A vector of places within windows.
template <class D>
HWY_INLINE hn::Vec<hn::RebindToSigned<D>> load_index(D, const uint8_t* index) {
  const hn::Rebind<uint8_t, D> bytes;
  return hn::PromoteTo(hn::RebindToSigned<D>(), hn::LoadU(bytes, index));
}

/// dx = the sum of dy over those of the windows whose index names this place, which is number `number` in the first of
/// them, `down` less in the next row of windows and `right` less in the next column.
template <bool kGate, int kRows, int kColumns>
HWY_INLINE void unpool_place(const SeenPlaces windows, int32_t number, int32_t down, int32_t right, int64_t channels,
                             const float* dy, const float* gate, const uint8_t* index, float* dx) {
  for_channel_groups(channels, [=](auto d, int64_t c, auto vectors) HWY_ATTR {
    constexpr int kVectors = decltype(vectors)::value;
    const int64_t lanes = int64_t(hn::Lanes(d)), first = windows.first + c;
    const hn::RebindToSigned<decltype(d)> di;
    hn::Vec<decltype(d)> sum[kVectors];
    for (int v = 0; v < kVectors; ++v) sum[v] = hn::Zero(d);
    for_places<kRows, kColumns>(windows, [&](int64_t offset, int row, int column) HWY_ATTR {
      const auto here = hn::Set(di, number - int32_t(row) * down - int32_t(column) * right);
      const int64_t window = reread(first + offset);
      HWY_UNROLL(4)
      for (int v = 0; v < kVectors; ++v) {
        const int64_t at = window + v * lanes;
        const auto named = hn::RebindMask(d, hn::Eq(load_index(d, index + at), here));
        sum[v] = hn::Add(sum[v], hn::IfThenElseZero(named, load_gated(d, dy, kGate ? gate : nullptr, at)));
      }
    });
    for (int v = 0; v < kVectors; ++v) hn::StoreU(sum[v], d, dx + c + v * lanes);
  });
}

/// A place's sum of dy times `shares` over the windows that see it, whose shares lie in rows of `across`; stored to all
/// of `places` of dx.
template <int kRows, int kColumns>
HWY_INLINE void spread_to(const SeenPlaces windows, const float* shares, int64_t across, int64_t channels,
                          const float* dy, const SeenPlaces places, float* dx) {
  for_channel_groups(channels, [=](auto d, int64_t c, auto vectors) HWY_ATTR {
    constexpr int kVectors = decltype(vectors)::value;
    const int64_t lanes = int64_t(hn::Lanes(d));
    const float* const from = dy + windows.first + c;
    hn::Vec<decltype(d)> sum[kVectors];
    for (int v = 0; v < kVectors; ++v) sum[v] = hn::Zero(d);
    for_places<kRows, kColumns>(windows, [&](int64_t offset, int row, int column) HWY_ATTR {
      const auto share = hn::Set(d, shares[row * across + column]);
      const float* const window = reread(from + offset);
      HWY_UNROLL(4)
      for (int v = 0; v < kVectors; ++v) sum[v] = hn::MulAdd(hn::LoadU(d, window + v * lanes), share, sum[v]);
    });
    for_places<0, 0>(places, [&](int64_t offset, int, int) HWY_ATTR {
      HWY_UNROLL(4)
      for (int v = 0; v < kVectors; ++v) hn::StoreU(sum[v], d, dx + places.first + offset + c + v * lanes);
    });
  });
}

}  // namespace tacho::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
