#include "plan/arena.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace tacho {
namespace {

bool overlap(const Block& a, const Block& b) {
  const bool in_time = a.begin <= b.end && b.begin <= a.end;
  return in_time && a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

TEST(ArenaTest, BlocksThatLiveTogetherNeverOverlap) {
  const Random random(7);
  uint64_t draw = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<Block> blocks;
    int64_t sum = 0;
    for (uint64_t i = 0, n = 1 + random.below(draw++, 30); i < n; ++i) {
      const int begin = int(random.below(draw++, 20));
      blocks.push_back({int64_t(random.below(draw++, 5000)), begin, begin + int(random.below(draw++, 6))});
      sum += (blocks.back().bytes + 63) / 64 * 64;
    }
    const int64_t size = pack_blocks(blocks);
    EXPECT_LE(size, sum);
    for (size_t i = 0; i < blocks.size(); ++i) {
      EXPECT_EQ(blocks[i].offset % 64, 0);
      EXPECT_LE(blocks[i].offset + blocks[i].bytes, size);
      for (size_t k = 0; k < i; ++k) EXPECT_FALSE(blocks[i].bytes && blocks[k].bytes && overlap(blocks[i], blocks[k]));
    }
  }
}

TEST(ArenaTest, AChainNeedsTheTwoLargestNeighbours) {
  std::vector<Block> blocks{{640, 0, 1}, {1280, 1, 2}, {640, 2, 3}, {64, 3, 4}};
  EXPECT_EQ(pack_blocks(blocks), 1920);
}

TEST(ArenaTest, WithoutReuseEveryBlockHasItsOwnPlace) {
  std::vector<Block> blocks{{100, 0, 0}, {100, 5, 5}, {0, 1, 2}};
  EXPECT_EQ(pack_blocks(blocks, false), 256);
  EXPECT_FALSE(blocks[0].offset == blocks[1].offset);
}

}  // namespace
}  // namespace tacho
