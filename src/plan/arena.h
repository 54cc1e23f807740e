#pragma once
#include <cstdint>
#include <functional>
#include <vector>

namespace tacho {

/// A piece of memory that is needed from position `begin` to position `end`, both included.
struct Block {
  int64_t bytes = 0;
  int begin = 0, end = 0;
  int64_t offset = 0;  ///< the answer
};

/// What a block of `bytes` takes of an arena: a multiple of 64.
int64_t arena_bytes(int64_t bytes);

/// Places blocks so that those whose lifetimes meet do not overlap: largest first, each into the tightest gap (or the
/// lowest place). Offsets are multiples of 64. With `reuse` off every block gets its own place. Returns the size of the
/// arena.
int64_t pack_blocks(std::vector<Block>& blocks, bool reuse = true);

/// The same where lifetimes are not intervals: blocks `a` and `b` may share memory unless `meet(a, b)`.
int64_t pack_blocks(std::vector<Block>& blocks, const std::function<bool(size_t, size_t)>& meet);

}  // namespace tacho
