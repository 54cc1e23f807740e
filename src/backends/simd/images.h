#pragma once
// Images as the kernels of this backend see them: channels last.
#include <cstdint>
#include <limits>

namespace tacho::simd {

/// One image: height x width places of `channels` floats each.
struct ImageExtent {
  int64_t height = 0, width = 0, channels = 0;
  int64_t elements() const { return height * width * channels; }
};

/// What becomes of a convolution's results on their way out.
struct ImageEpilogue {
  bool bias = false, relu = false;
  bool sum = false;   ///< with images like the result
  bool pool = false;  ///< the maximum of each 2 x 2 window, windows side by side; a last odd row or column is dropped
  friend bool operator==(const ImageEpilogue&, const ImageEpilogue&) = default;
};

/// Where they go: images of the convolution's extent, or of its halves where pooled.
struct ImageResult {
  float* y = nullptr;
  uint8_t* index = nullptr;     ///< pooled: place of each maximum in its window, 0 to 3; may be null
  const float* bias = nullptr;  ///< one a channel; null: none
  /// Images like y (which are not pooled then), added behind the bias; null: none.
  const float* added = nullptr;
  /// Bounds of what is left (0 and infinity: relu); NaN stays.
  float least = -std::numeric_limits<float>::infinity(), most = std::numeric_limits<float>::infinity();
  bool pool = false;
  ImageExtent extent;  ///< of the convolution's own result
  bool bounded() const {
    return least > -std::numeric_limits<float>::infinity() || most < std::numeric_limits<float>::infinity();
  }
  int64_t height() const { return pool ? extent.height / 2 : extent.height; }
  int64_t width() const { return pool ? extent.width / 2 : extent.width; }
};

}  // namespace tacho::simd
