// A convolution's results on their way out: bias, sum, bounds (relu) and pooling in registers.
#if defined(TACHO_SIMD_IMAGE_RESULT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_IMAGE_RESULT_INL_H
#undef TACHO_SIMD_IMAGE_RESULT_INL_H
#else
#define TACHO_SIMD_IMAGE_RESULT_INL_H
#endif

#include <hwy/highway.h>

#include <limits>

#include "backends/simd/bounds-inl.h"
#include "backends/simd/images.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The first largest of four and its number, as max_pool2d has it: equal values keep the earlier one.
template <class DI, class V, class VI>
HWY_INLINE void first_maximum(DI di, V a, V b, V c, V e, V& best, VI& number) {
  const auto second = hn::Gt(b, a), fourth = hn::Gt(e, c);
  const V upper = hn::IfThenElse(second, b, a), lower = hn::IfThenElse(fourth, e, c);
  const auto below = hn::Gt(lower, upper);
  best = hn::IfThenElse(below, lower, upper);
  const VI low = hn::IfThenElse(hn::RebindMask(di, fourth), hn::Set(di, 3), hn::Set(di, 2));
  const VI up = hn::IfThenElseZero(hn::RebindMask(di, second), hn::Set(di, 1));
  number = hn::IfThenElse(hn::RebindMask(di, below), low, up);
}

/// Stores a block of kRows x kColumns results (both even where pooled) that begins at (row, column) of an image, for
/// the channels from `channel`; what lies behind the image's last row or column is dropped.
template <int kRows, int kColumns, class D, class V>
HWY_INLINE void store_block(D d, V (&v)[kRows][kColumns], const ImageResult& result, int64_t image, int64_t row,
                            int64_t column, int64_t channel) {
  const ImageExtent& e = result.extent;
  const V bias = result.bias ? hn::LoadU(d, result.bias + channel) : hn::Zero(d);
  const V least = hn::Set(d, result.least), most = hn::Set(d, result.most);
  const int64_t height = result.height(), width = result.width();
  const int64_t first = ((image * height + row) * width + column) * e.channels + channel;
  if (result.added && !result.pool) {
    const float* added = result.added + first;
    HWY_UNROLL(4)
    for (int i = 0; i < kRows; ++i) {
      HWY_UNROLL(4)
      for (int j = 0; j < kColumns; ++j) {
        const V sum = hn::Add(v[i][j], bias);
        const bool inside = row + i < height && column + j < width;
        v[i][j] = inside ? hn::Add(sum, hn::LoadU(d, added + (i * width + j) * e.channels)) : sum;
      }
    }
  } else {
    HWY_UNROLL(4)
    for (int i = 0; i < kRows; ++i) {
      HWY_UNROLL(4)
      for (int j = 0; j < kColumns; ++j) v[i][j] = hn::Add(v[i][j], bias);
    }
  }
  // Of what is pooled the largest alone is raised to the least: where that raises it, all four are equal. (Bias comes
  // first: rounding its sums can make two of them equal.)
  const bool raise_late = result.pool && result.most == std::numeric_limits<float>::infinity();
  if (!raise_late) {
    HWY_UNROLL(4)
    for (int i = 0; i < kRows; ++i) {
      HWY_UNROLL(4)
      for (int j = 0; j < kColumns; ++j) v[i][j] = within(least, most, v[i][j]);
    }
  }
  if (!result.pool) {
    float* y = result.y + first;
    if (row + kRows <= height && column + kColumns <= width) {
      HWY_UNROLL(4)
      for (int i = 0; i < kRows; ++i, y += width * e.channels) {
        HWY_UNROLL(4)
        for (int j = 0; j < kColumns; ++j) hn::StoreU(v[i][j], d, y + j * e.channels);
      }
      return;
    }
    HWY_UNROLL(4)
    for (int i = 0; i < kRows; ++i) {
      HWY_UNROLL(4)
      for (int j = 0; j < kColumns; ++j)
        if (row + i < height && column + j < width) hn::StoreU(v[i][j], d, y + (i * width + j) * e.channels);
    }
    return;
  }
  if constexpr (kRows % 2 == 0 && kColumns % 2 == 0) {
    const hn::RebindToSigned<D> di;
    const hn::Rebind<uint8_t, D> bytes;
    HWY_UNROLL(2)
    for (int i = 0; i < kRows / 2; ++i) {
      HWY_UNROLL(2)
      for (int j = 0; j < kColumns / 2; ++j) {
        const int64_t oh = row / 2 + i, ow = column / 2 + j;
        if (oh >= height || ow >= width) continue;
        V best;
        hn::Vec<decltype(di)> number;
        first_maximum(di, v[2 * i][2 * j], v[2 * i][2 * j + 1], v[2 * i + 1][2 * j], v[2 * i + 1][2 * j + 1], best,
                      number);
        if (raise_late) {
          number = hn::IfThenElseZero(hn::RebindMask(di, hn::Gt(best, least)), number);
          best = at_least(least, best);
        }
        const int64_t at = ((image * height + oh) * width + ow) * e.channels + channel;
        hn::StoreU(best, d, result.y + at);
        if (result.index) hn::StoreU(hn::DemoteTo(bytes, number), bytes, result.index + at);
      }
    }
  }
}

}  // namespace tacho::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
