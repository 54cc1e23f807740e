#include "plan/arena.h"

#include <algorithm>
#include <numeric>

namespace tacho {
namespace {

/// The place of `block` among those already placed whose lifetimes meet its own (sorted by offset).
int64_t place(const Block& block, const std::vector<const Block*>& neighbours) {
  const int64_t need = arena_bytes(block.bytes);
  int64_t cursor = 0, best = -1, best_gap = INT64_MAX;
  for (const Block* other : neighbours) {
    const int64_t gap = other->offset - cursor;
    if (gap >= need && gap < best_gap) best = cursor, best_gap = gap;
    cursor = std::max(cursor, other->offset + arena_bytes(other->bytes));
  }
  return best >= 0 ? best : cursor;
}

}  // namespace

int64_t arena_bytes(int64_t bytes) {
  constexpr int64_t kAlignment = 64;
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

int64_t pack_blocks(std::vector<Block>& blocks, bool reuse) {
  return pack_blocks(blocks, [&](size_t a, size_t b) {
    return !reuse || (blocks[a].begin <= blocks[b].end && blocks[b].begin <= blocks[a].end);
  });
}

int64_t pack_blocks(std::vector<Block>& blocks, const std::function<bool(size_t, size_t)>& meet) {
  std::vector<size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return blocks[a].bytes > blocks[b].bytes; });
  std::vector<size_t> placed;  // sorted by offset
  int64_t size = 0;
  for (size_t i : order) {
    std::vector<const Block*> neighbours;
    for (size_t other : placed)
      if (meet(i, other)) neighbours.push_back(&blocks[other]);
    blocks[i].offset = place(blocks[i], neighbours);
    size = std::max(size, blocks[i].offset + arena_bytes(blocks[i].bytes));
    placed.insert(std::upper_bound(placed.begin(), placed.end(), i,
                                   [&](size_t a, size_t b) { return blocks[a].offset < blocks[b].offset; }),
                  i);
  }
  return size;
}

}  // namespace tacho
