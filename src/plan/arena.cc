#include "plan/arena.h"

#include <algorithm>
#include <numeric>

namespace tacho {
namespace {

constexpr int64_t kAlignment = 64;
int64_t aligned(int64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

/// The place of `block` among those already placed whose lifetimes meet its own (sorted by offset).
int64_t place(const Block& block, const std::vector<const Block*>& neighbours) {
  const int64_t need = aligned(block.bytes);
  int64_t cursor = 0, best = -1, best_gap = INT64_MAX;
  for (const Block* other : neighbours) {
    const int64_t gap = other->offset - cursor;
    if (gap >= need && gap < best_gap) best = cursor, best_gap = gap;
    cursor = std::max(cursor, other->offset + aligned(other->bytes));
  }
  return best >= 0 ? best : cursor;
}

}  // namespace

int64_t pack_blocks(std::vector<Block>& blocks, bool reuse) {
  std::vector<size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return blocks[a].bytes > blocks[b].bytes; });
  std::vector<const Block*> placed;  // sorted by offset
  int64_t size = 0;
  for (size_t i : order) {
    Block& block = blocks[i];
    std::vector<const Block*> neighbours;
    for (const Block* other : placed)
      if (!reuse || (other->begin <= block.end && block.begin <= other->end)) neighbours.push_back(other);
    block.offset = place(block, neighbours);
    size = std::max(size, block.offset + aligned(block.bytes));
    placed.insert(std::upper_bound(placed.begin(), placed.end(), &block,
                                   [](const Block* a, const Block* b) { return a->offset < b->offset; }),
                  &block);
  }
  return size;
}

}  // namespace tacho
