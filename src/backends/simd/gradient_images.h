#pragma once
// A gradient of images that is made while it is loaded.
#include <cstdint>

namespace tacho::simd {

/// Images channels last. With `index` they are pooled ones, of 2 x 2 windows side by side: each element belongs to that
/// place of its window (0 to 3), and everything else is 0. With `gate` an element counts where the gate's is positive.
struct GradientImages {
  const float* dy = nullptr;
  const float* gate = nullptr;     ///< as large as dy; null: all count
  const uint8_t* index = nullptr;  ///< as large as dy; null: not pooled
};

}  // namespace tacho::simd
