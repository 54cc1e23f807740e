#pragma once
// Channels side by side in vectors of the compiler. Loops over small fixed arrays of floats became scalar code (GCC 12
// unrolls them before it looks for vectors), and so did vectors of 64 bytes: four at a time are what every x86-64 has.
#include <cstdint>
#include <cstring>

namespace tacho::onednn {

/// kLanes channels: a multiple of 4, or 1.
template <int64_t kLanes>
struct Lanes {
  static constexpr int64_t kWidth = kLanes % 4 ? 1 : 4;
  static constexpr int64_t kVectors = kLanes / kWidth;
  typedef float Floats __attribute__((vector_size(kWidth * 4)));
  typedef int32_t Integers __attribute__((vector_size(kWidth * 4)));
};

/// From and to memory of any alignment.
template <class Vector, class T>
void load(Vector& vector, const T* from) {
  std::memcpy(&vector, from, sizeof vector);
}
template <class Vector, class T>
void store(const Vector& vector, T* to) {
  std::memcpy(to, &vector, sizeof vector);
}

}  // namespace tacho::onednn
