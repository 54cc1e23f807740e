#pragma once
// Operations of each element behind a product, on rows of its result that are still in cache.
#include <array>
#include <span>

#include "backends/simd/elementwise.h"

namespace tacho::simd {

/// One of them: an activation, a residual sum, a scale, an activation's gradient.
template <class T>
struct ElementStep {
  ElementwiseFunction<T> function = nullptr;
  std::array<double, 2> numbers{};
  const T* other = nullptr;  ///< its second operand, null without one: as C lies, or one element where `single`
  bool single = false;
  bool other_first = false;  ///< the operands are the other way round: other - c

  /// The same for a C that begins `elements` further on.
  ElementStep from(int64_t elements) const {
    ElementStep step = *this;
    if (other && !single) step.other += elements;
    return step;
  }
};

/// Most that follow one product.
constexpr size_t kMostSteps = 4;

/// All steps, one after another, on `rows` rows of `columns` elements, `stride` apart, the first at c[first].
template <class T>
void follow(std::span<const ElementStep<T>> steps, T* c, int64_t first, int64_t rows, int64_t columns, int64_t stride);

// In a file of its own: a template that target-specific code instantiates would be compiled for one of the targets.
extern template void follow(std::span<const ElementStep<float>>, float*, int64_t, int64_t, int64_t, int64_t);
extern template void follow(std::span<const ElementStep<double>>, double*, int64_t, int64_t, int64_t, int64_t);

}  // namespace tacho::simd
