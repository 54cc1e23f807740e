// Tiles of Winograd's algorithm: which there are, in which order, and their transforms from and to images.
#if defined(TACHO_SIMD_WINOGRAD_TILES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_WINOGRAD_TILES_INL_H
#undef TACHO_SIMD_WINOGRAD_TILES_INL_H
#else
#define TACHO_SIMD_WINOGRAD_TILES_INL_H
#endif

#include "backends/simd/channels-inl.h"
#include "backends/simd/image_result-inl.h"
#include "backends/simd/panels-inl.h"
#include "backends/simd/winograd.h"
#include "backends/simd/winograd_transforms-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd::HWY_NAMESPACE {

/// A tile: where its first output is, and how many it has along each axis.
struct Tile {
  int64_t slot;  ///< its row in the block's matrices
  int64_t image, row, column;
  int down, across;
  bool whole(int outputs) const { return down == outputs && across == outputs; }
};

/// Tiles [first, first + count), numbered over all images. Short tiles have no products at some places of a tile; so
/// that those which have any at a place stand side by side in its matrix, a block's tiles come in four classes: the
/// last of their row, none, the last of their column, both.
class TileBlock {
 public:
  TileBlock(const WinogradShape& s, int64_t first, int64_t count) : s_(s), first_(first), count_(count) {
    int64_t of_class[4] = {};
    if (s.last_down() == s.outputs && s.last_across() == s.outputs) of_class[kInner] = count;
    else each([&](int64_t, int64_t down, int64_t across) { ++of_class[class_of(down, across)]; });
    for (int c = 0; c < 4; ++c) begin_[c + 1] = begin_[c] + of_class[c];
  }

  int64_t count() const { return count_; }

  struct Range {
    int64_t begin = 0, count = 0;
  };
  /// The slots of the tiles that have products at place (i, j) of a tile.
  Range at(int i, int j) const {
    const bool bottom = has_point(s_.last_down(), i), right = has_point(s_.last_across(), j);
    const int64_t begin = begin_[right ? kLastOfRow : kInner], end = begin_[bottom ? right ? 4 : 3 : kInner + 1];
    return {begin, end - begin};
  }

  template <class F>
  HWY_INLINE void for_each(const F& f) const {
    int64_t next[4] = {begin_[0], begin_[1], begin_[2], begin_[3]};
    each([&](int64_t image, int64_t down, int64_t across) HWY_ATTR {
      f(Tile{next[class_of(down, across)]++, image, down * s_.outputs, across * s_.outputs,
             down + 1 == s_.tiles_down() ? s_.last_down() : s_.outputs,
             across + 1 == s_.tiles_across() ? s_.last_across() : s_.outputs});
    });
  }

 private:
  enum Class { kLastOfRow, kInner, kLastOfColumn, kCorner };
  int class_of(int64_t down, int64_t across) const {
    const bool bottom = down + 1 == s_.tiles_down() && s_.last_down() != s_.outputs;
    const bool right = across + 1 == s_.tiles_across() && s_.last_across() != s_.outputs;
    return bottom ? right ? kCorner : kLastOfColumn : right ? kLastOfRow : kInner;
  }
  template <class F>
  HWY_INLINE void each(const F& f) const {
    const int64_t across = s_.tiles_across(), all = s_.tiles();
    int64_t image = first_ / all, down = first_ % all / across, right = first_ % across;
    for (int64_t t = 0; t < count_; ++t) {
      f(image, down, right);
      if (++right < across) continue;
      right = 0;
      if (++down < s_.tiles_down()) continue;
      down = 0;
      ++image;
    }
  }

  const WinogradShape& s_;
  int64_t first_, count_;
  int64_t begin_[5] = {};
};

/// Where the kSide x kSide places of an image lie whose first is (row, column); zeros outside of the image.
template <int kSide>
struct Block {
  const float* at[kSide][kSide];

  HWY_INLINE Block(const ImageExtent& e, const float* image, int64_t row, int64_t column, const float* zeros) {
    bool inside[kSide];
    HWY_UNROLL(6)
    for (int j = 0; j < kSide; ++j) inside[j] = uint64_t(column + j) < uint64_t(e.width);
    const float* first = image + (row * e.width + column) * e.channels;
    for (int i = 0; i < kSide; ++i, first += e.width * e.channels) {
      const bool row_inside = uint64_t(row + i) < uint64_t(e.height);
      HWY_UNROLL(6)
      for (int j = 0; j < kSide; ++j) at[i][j] = row_inside & inside[j] ? first + j * e.channels : zeros;
    }
  }
};

/// The kSide x kSide places of images whose first is (row, column), as they are.
template <int kSide>
class PlainTile {
 public:
  HWY_INLINE PlainTile(const ImageExtent& e, const GradientImages& x, const Tile& tile, int64_t row, int64_t column,
                       const float* zeros)
      : block_(e, x.dy + tile.image * e.elements(), row, column, zeros) {}
  template <class D>
  HWY_INLINE hn::Vec<D> load(D d, int i, int j, int64_t channel) const {
    return hn::LoadU(d, block_.at[i][j] + channel);
  }

 private:
  Block<kSide> block_;
};

/// The same where the gate is positive.
template <int kSide>
class GatedTile {
 public:
  HWY_INLINE GatedTile(const ImageExtent& e, const GradientImages& x, const Tile& tile, int64_t row, int64_t column,
                       const float* zeros)
      : block_(e, x.dy + tile.image * e.elements(), row, column, zeros),
        gate_(e, x.gate + tile.image * e.elements(), row, column, zeros) {}
  template <class D>
  HWY_INLINE hn::Vec<D> load(D d, int i, int j, int64_t channel) const {
    const auto passes = hn::Gt(hn::LoadU(d, gate_.at[i][j] + channel), hn::Zero(d));
    return hn::IfThenElseZero(passes, hn::LoadU(d, block_.at[i][j] + channel));
  }

 private:
  Block<kSide> block_, gate_;
};

/// The same of pooled images: what has no window, or is not its maximum, is 0.
template <int kSide, bool kGate>
class UnpooledTile {
 public:
  HWY_INLINE UnpooledTile(const ImageExtent& e, const GradientImages& x, const Tile& tile, int64_t row, int64_t column,
                          const float*) {
    const int64_t down = e.height / 2, right = e.width / 2, first = tile.image * down * right * e.channels;
    dy_ = x.dy + first, gate_ = kGate ? x.gate + first : nullptr, index_ = x.index + first;
    for (int i = 0; i < kSide; ++i)
      for (int j = 0; j < kSide; ++j) {
        const bool inside = uint64_t(row + i) < uint64_t(2 * down) && uint64_t(column + j) < uint64_t(2 * right);
        at_[i][j] = inside ? ((row + i) / 2 * right + (column + j) / 2) * e.channels : 0;
        place_[i][j] = inside ? int32_t((row + i) % 2 * 2 + (column + j) % 2) : kNowhere;
      }
  }
  template <class D>
  HWY_INLINE hn::Vec<D> load(D d, int i, int j, int64_t channel) const {
    const hn::RebindToSigned<D> di;
    const hn::Rebind<uint8_t, D> bytes;
    const int64_t at = at_[i][j] + channel;
    const auto found = hn::PromoteTo(di, hn::LoadU(bytes, index_ + at));
    auto value =
        hn::IfThenElseZero(hn::RebindMask(d, hn::Eq(found, hn::Set(di, place_[i][j]))), hn::LoadU(d, dy_ + at));
    if constexpr (kGate) value = hn::IfThenElseZero(hn::Gt(hn::LoadU(d, gate_ + at), hn::Zero(d)), value);
    return value;
  }

 private:
  static constexpr int32_t kNowhere = 256;
  const float *dy_, *gate_;
  const uint8_t* index_;
  int64_t at_[kSide][kSide];
  int32_t place_[kSide][kSide];
};

/// Calls f with a tag of how tiles of kSide places are read from these images.
template <class T>
struct TileKind {
  using type = T;
};
template <int kSide, class F>
HWY_INLINE void with_tile_kind(const GradientImages& x, const F& f) {
  if (x.index && x.gate) f(TileKind<UnpooledTile<kSide, true>>());
  else if (x.index) f(TileKind<UnpooledTile<kSide, false>>());
  else if (x.gate) f(TileKind<GatedTile<kSide>>());
  else f(TileKind<PlainTile<kSide>>());
}

/// B^T x B of a block's tiles: matrices of tiles x channels.
template <int M, class Source>
void transform_images_of(const WinogradShape& s, const TileBlock& tiles, const GradientImages& x, const float* zeros,
                         const Places& places, float* v) {
  using T = Transform<M>;
  tiles.for_each([&](const Tile& tile) HWY_ATTR {
    const Source source(s.from, x, tile, tile.row - s.top, tile.column - s.left, zeros);
    float* to = v + tile.slot * places.row;
    for_channels(s.from.channels, [&](auto d, int64_t c) HWY_ATTR {
      const auto load = [&](int i, int j) HWY_ATTR { return source.load(d, i, j, c); };
      const auto store = [&](int i, int j, auto value)
                             HWY_ATTR { hn::StoreU(value, d, to + (i * T::kTile + j) * places.distance + c); };
      using V = hn::Vec<decltype(d)>;
      if constexpr (M == 4)
        if (!tile.whole(M)) return transform_short_tile<ShortInput, V>(d, tile.down, tile.across, load, store);
      transform_tile<T::kTile, T::kTile, V>([&](const V* a, V* b) HWY_ATTR { T::input(d, a, b); }, load, store);
    });
  });
}
template <int M>
void transform_images(const WinogradShape& s, const TileBlock& tiles, const GradientImages& x, const float* zeros,
                      const Places& places, float* v) {
  with_tile_kind<M + 2>(x, [&](auto kind) HWY_ATTR {
    transform_images_of<M, typename decltype(kind)::type>(s, tiles, x, zeros, places, v);
  });
}

/// A y A^T of one panel's channels of the results' gradients: matrices of tiles x panel.
template <int M, class Source>
void transform_gradients_of(const WinogradShape& s, const TileBlock& tiles, int64_t channel, const GradientImages& dy,
                            const float* zeros, const Places& places, float* g) {
  using T = Transform<M>;
  const int64_t channels = std::min(kPanel, s.to.channels - channel);
  const int64_t filled = panel_columns(s.to.channels, channel);
  tiles.for_each([&](const Tile& tile) HWY_ATTR {
    const GradientImages of_panel{dy.dy + channel, dy.gate ? dy.gate + channel : nullptr,
                                  dy.index ? dy.index + channel : nullptr};
    const Source source(s.to, of_panel, tile, tile.row, tile.column, zeros);
    float* to = g + tile.slot * places.row;
    if (filled > channels)  // what the sums read behind the last channel shall be numbers
      for (int p = 0; p < T::kTile * T::kTile; ++p)
        std::fill(to + p * places.distance + channels, to + p * places.distance + filled, 0.0f);
    for_channels(channels, [&](auto d, int64_t c) HWY_ATTR {
      const auto load = [&](int i, int j) HWY_ATTR { return source.load(d, i, j, c); };
      const auto store = [&](int i, int j, auto value)
                             HWY_ATTR { hn::StoreU(value, d, to + (i * T::kTile + j) * places.distance + c); };
      using V = hn::Vec<decltype(d)>;
      if constexpr (M == 4)
        if (!tile.whole(M)) return transform_short_tile<ShortGradient, V>(d, tile.down, tile.across, load, store);
      transform_tile<M, T::kTile, V>([&](const V* a, V* b) HWY_ATTR { T::gradient(d, a, b); }, load, store);
    });
  });
}
template <int M>
void transform_gradients(const WinogradShape& s, const TileBlock& tiles, int64_t channel, const GradientImages& dy,
                         const float* zeros, const Places& places, float* g) {
  with_tile_kind<M>(dy, [&](auto kind) HWY_ATTR {
    transform_gradients_of<M, typename decltype(kind)::type>(s, tiles, channel, dy, zeros, places, g);
  });
}

/// A^T m A of `channels` channels from `channel` on, and on to the result.
template <int M>
void transform_results(const TileBlock& tiles, int64_t channel, int64_t channels, const Places& places, const float* m,
                       const ImageResult& result) {
  using T = Transform<M>;
  tiles.for_each([&](const Tile& tile) HWY_ATTR {
    const float* from = m + tile.slot * places.row;
    for_channels(channels, [&](auto d, int64_t c) HWY_ATTR {
      using V = hn::Vec<decltype(d)>;
      V y[M][M];
      const auto load = [&](int i, int j)
                            HWY_ATTR { return hn::LoadU(d, from + (i * T::kTile + j) * places.distance + c); };
      const auto keep = [&](int i, int j, V value) HWY_ATTR { y[i][j] = value; };
      if (M != 4 || tile.whole(M)) {
        transform_tile<T::kTile, M, V>([&](const V* a, V* b) HWY_ATTR { T::output(d, a, b); }, load, keep);
      } else if constexpr (M == 4) {
        for (int i = 0; i < M; ++i)
          for (int j = 0; j < M; ++j) y[i][j] = hn::Zero(d);
        transform_short_tile<ShortOutput, V>(d, tile.down, tile.across, load, keep);
      }
      store_block<M, M>(d, y, result, tile.image, tile.row, tile.column, channel + c);
    });
  });
}

}  // namespace tacho::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
