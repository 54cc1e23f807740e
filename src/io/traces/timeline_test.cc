#include "io/traces/timeline.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace tacho {
namespace {

/// Spans own themselves, by their place in the list given.
std::map<int, int64_t> shares(std::vector<Span> spans, int64_t begin, int64_t end, int64_t* broken = nullptr) {
  for (size_t i = 0; i < spans.size(); ++i) spans[i].owner = int(i);
  const int64_t count = visit_nested(spans, [](size_t, int64_t) {});
  if (broken) *broken = count;
  return share_window(pieces_by_thread(spans), begin, end, [](int) { return 0; });
}

using Shares = std::map<int, int64_t>;

TEST(Timeline, ASpanOwnsWhatThoseWithinItLeave) {
  EXPECT_EQ(shares({{0, 100, 0}, {10, 40, 0}, {20, 30, 0}, {50, 60, 0}}, -10, 120),
            (Shares{{-1, 30}, {0, 60}, {1, 20}, {2, 10}, {3, 10}}));
}

TEST(Timeline, BrokenNestingGivesEachMomentToTheSpanThatBeganLast) {
  int64_t broken = 0;
  EXPECT_EQ(shares({{0, 50, 0}, {30, 80, 0}}, 0, 100, &broken), (Shares{{-1, 20}, {0, 30}, {1, 50}}));
  EXPECT_EQ(broken, 1);
}

TEST(Timeline, ThreadsShareAMoment) {
  // 10 alone, 10 together, 10 alone.
  EXPECT_EQ(shares({{0, 20, 0}, {10, 30, 1}}, 0, 30), (Shares{{0, 15}, {1, 15}}));
  // An odd nanosecond goes to the first.
  EXPECT_EQ(shares({{0, 3, 0}, {0, 3, 1}}, 0, 3), (Shares{{0, 2}, {1, 1}}));
}

TEST(Timeline, TheLowerRankTakesAMomentAlone) {
  std::vector<Span> spans = {{0, 30, 0, 0}, {10, 20, 1, 1}};
  const Shares shared = share_window(pieces_by_thread(spans), 0, 30, [](int owner) { return owner == 1 ? 0 : 1; });
  EXPECT_EQ(shared, (Shares{{0, 20}, {1, 10}}));
}

TEST(Timeline, AnySpansFillAWindowExactly) {
  const Random random(7);
  uint64_t draw = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<Span> spans;
    for (int i = 0; i < 20; ++i) {
      const int64_t begin = int64_t(random.below(draw++, 1000));
      spans.push_back({begin, begin + int64_t(random.below(draw++, 200)), int(random.below(draw++, 3)), -1});
    }
    int64_t sum = 0;
    for (const auto& [owner, ns] : shares(spans, 100, 900)) sum += ns;
    EXPECT_EQ(sum, 800);
  }
}

}  // namespace
}  // namespace tacho
