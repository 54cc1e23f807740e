// A convolution's results on their way out: bias, sum, bounds (relu) and pooling in registers.
#if defined(TACHO_SIMD_IMAGE_RESULT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TACHO_SIMD_IMAGE_RESULT_INL_H
#undef TACHO_SIMD_IMAGE_RESULT_INL_H
#else
#define TACHO_SIMD_IMAGE_RESULT_INL_H
#endif

#include <hwy/highway.h>

#include <limits>

#include "backends/simd/images.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The first largest of four and its number, as max_pool2d has it: equal values keep the earlier one.
template <class D, class V>
HWY_INLINE void first_maximum(D d, V a, V b, V c, V e, V& best, V& number) {
  const auto second = hn::Gt(b, a), fourth = hn::Gt(e, c);
  const V upper = hn::IfThenElse(second, b, a), lower = hn::IfThenElse(fourth, e, c);
  const auto below = hn::Gt(lower, upper);
  best = hn::IfThenElse(below, lower, upper);
  number = hn::IfThenElse(below, hn::IfThenElse(fourth, hn::Set(d, 3.0f), hn::Set(d, 2.0f)),
                          hn::IfThenElseZero(second, hn::Set(d, 1.0f)));
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
  HWY_UNROLL(4)
  for (int i = 0; i < kRows; ++i) {
    HWY_UNROLL(4)  // the operands of Max and Min in this order, so that a NaN stays one
    for (int j = 0; j < kColumns; ++j) v[i][j] = hn::Min(most, hn::Max(least, v[i][j]));
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
        V best, number;
        first_maximum(d, v[2 * i][2 * j], v[2 * i][2 * j + 1], v[2 * i + 1][2 * j], v[2 * i + 1][2 * j + 1], best,
                      number);
        const int64_t at = ((image * height + oh) * width + ow) * e.channels + channel;
        hn::StoreU(best, d, result.y + at);
        if (result.index) hn::StoreU(hn::DemoteTo(bytes, hn::ConvertTo(di, number)), bytes, result.index + at);
      }
    }
  }
}

}  // namespace tacho::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
