#pragma once
#include <cstdint>
#include <vector>

namespace tacho {

/// A piece of memory that is needed from position `begin` to position `end`, both included.
struct Block {
  int64_t bytes = 0;
  int begin = 0, end = 0;
  int64_t offset = 0;  ///< the answer
};

/// Places blocks so that those whose lifetimes meet do not overlap: largest first, each into the tightest gap (or the
/// lowest place). Offsets are multiples of 64. With `reuse` off every block gets its own place. Returns the size of the
/// arena.
int64_t pack_blocks(std::vector<Block>& blocks, bool reuse = true);

}  // namespace tacho
