#include "backends/simd/element_steps.h"

namespace tacho::simd {

template <class T>
void follow(std::span<const ElementStep<T>> steps, T* c, int64_t first, int64_t rows, int64_t columns, int64_t stride) {
  if (steps.empty() || rows == 0 || columns == 0) return;
  if (columns == stride) columns *= rows, rows = 1;
  for (int64_t i = 0; i < rows; ++i, first += stride)
    for (const ElementStep<T>& step : steps) {
      T* const x = c + first;
      const T* const other = step.other && !step.single ? step.other + first : step.other;
      step.function(step.numbers.data(), step.other_first ? other : x, step.other_first ? x : other, x, columns);
    }
}

template void follow(std::span<const ElementStep<float>>, float*, int64_t, int64_t, int64_t, int64_t);
template void follow(std::span<const ElementStep<double>>, double*, int64_t, int64_t, int64_t, int64_t);

}  // namespace tacho::simd
