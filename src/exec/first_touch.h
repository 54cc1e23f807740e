#pragma once
// A page of memory lies where the thread that writes it first runs: where processors have memory of their own, beside
// that one. And the system clears pages as they are written first, which several threads do sooner than one.
#include <cstddef>
#include <span>

#include "pool/pool.h"

namespace tacho {

constexpr size_t kPageBytes = 4096;

/// Memory that thread `thread` of the pool will work on. Nothing is in it yet.
struct TouchedPart {
  std::byte* begin = nullptr;
  size_t bytes = 0;
  int thread = 0;
};

/// Writes a zero into each page of each part, on the part's own thread, all threads at once. Parts do not overlap.
void touch_first(Pool& pool, std::span<const TouchedPart> parts);

}  // namespace tacho
