#include "bench/kernels/contest.h"

#include <gtest/gtest.h>
#include <time.h>

namespace tacho::bench {
namespace {

/// Multiply-adds at 100 a nanosecond; 1 byte a nanosecond from L1 (32 KB), 0.5 from memory.
Ceilings ceilings() {
  Ceilings c;
  c.flop_per_ns = 100;
  c.bfloat16_flop_per_ns = 200;
  c.profile.l1_bytes = 32 << 10;
  c.profile.bandwidth = {{"L1", "read", 1, 1 << 14, 1e9, 0}, {"memory", "read", 1, 1 << 28, 5e8, 0}};
  return c;
}

Entry timed(const char* name, std::vector<double> ns) {
  Entry entry;
  entry.name = name;
  entry.ns = std::move(ns);
  return entry;
}

/// Ours against two libraries; 1000 FLOP, so that 10 ns are the ceiling.
Contest product(std::vector<double> ours, std::vector<double> one, std::vector<double> two) {
  Contest c;
  c.part = "products", c.name = "made up", c.flop = 1000, c.bytes = 4;
  c.entries = {timed("simd", std::move(ours)), timed("onednn", std::move(one)), timed("blas", std::move(two))};
  return c;
}

TEST(ContestVerdict, TheBetterLibraryByLeastTimes) {
  const Contest c = product({12.5, 20, 16}, {15, 11.5, 16}, {30, 30, 30});
  const Verdict v = verdict_of(c, ceilings());
  EXPECT_DOUBLE_EQ(v.share, 0.8);
  EXPECT_DOUBLE_EQ(v.ratio, 0.92);
  EXPECT_DOUBLE_EQ(v.median_ratio, 1) << "15/12.5, 11.5/20, 16/16";
  EXPECT_FALSE(v.holds);
  EXPECT_DOUBLE_EQ(v.needed, 0.95) << "one library is over 85 % of the ceiling";
  EXPECT_TRUE(verdict_of(product({12}, {11.5}, {30}), ceilings()).holds);
}

TEST(ContestVerdict, WhereLibrariesAreWeakMoreIsNeeded) {
  const Verdict v = verdict_of(product({20}, {22}, {40}), ceilings());
  EXPECT_DOUBLE_EQ(v.needed, 1.2);
  EXPECT_FALSE(v.holds);
  EXPECT_TRUE(verdict_of(product({20}, {24.5}, {40}), ceilings()).holds);
  Contest c = product({20}, {22}, {40});
  c.part = "convolutions";
  EXPECT_TRUE(verdict_of(c, ceilings()).holds) << "that bar is for products of matrices";
}

TEST(ContestVerdict, TheCeilingOfLargeProducts) {
  Contest c = product({11.5}, {11.5}, {40});
  EXPECT_TRUE(verdict_of(c, ceilings()).holds);
  c.ceiling_bar = 0.9;
  EXPECT_EQ(verdict_of(c, ceilings()).short_of, "under 90 % of the ceiling") << "1000 FLOP in 11.5 ns: 87 %";
  c.bfloat16 = true;
  EXPECT_DOUBLE_EQ(share_of(c, c.entries[0], ceilings()), 1000 / 11.5 / 200);
}

TEST(ContestVerdict, WhoDoesAPartOnlyIsNoRival) {
  Contest c = product({12}, {11.5}, {3});
  EXPECT_FALSE(verdict_of(c, ceilings()).holds);
  c.entries[2].part_only = true;
  EXPECT_TRUE(verdict_of(c, ceilings()).holds);
}

TEST(ContestVerdict, WithoutALibrary) {
  Contest c = product({11}, {}, {});
  c.entries.resize(1);
  const Verdict v = verdict_of(c, ceilings());
  EXPECT_TRUE(v.holds);
  EXPECT_EQ(v.ratio, 0);
}

TEST(ContestShare, WhatMovesIsHeldToTheLevelThatHoldsIt) {
  Contest c = product({4000}, {1}, {1});
  c.flop = 0, c.bytes = 2000;
  EXPECT_DOUBLE_EQ(share_of(c, c.entries[0], ceilings()), 0.5) << "2000 bytes in L1";
  c.bytes = 1 << 20;
  EXPECT_DOUBLE_EQ(share_of(c, c.entries[0], ceilings()), (1 << 20) / 0.5 / 4000) << "from memory";
  c.held = 1000;
  EXPECT_DOUBLE_EQ(share_of(c, c.entries[0], ceilings()), (1 << 20) / 1.0 / 4000) << "read often, from L1";
  c.held = 0;
  EXPECT_EQ(traffic_share(c, c.entries[0], ceilings()), 0) << "for products only";
  c.flop = 1000, c.bytes = 2000;
  EXPECT_DOUBLE_EQ(traffic_share(c, c.entries[0], ceilings()), 0.5) << "2000 ns of traffic, 10 of products";
  c.bytes = 4;
  EXPECT_EQ(traffic_share(c, c.entries[0], ceilings()), 0) << "products bind";
}

TEST(ContestMeasure, EachEntryOnceARoundForAtLeastSoLong) {
  const auto spin = [](double ns) {
    timespec t;
    const auto now = [&] {
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
      return 1e9 * double(t.tv_sec) + double(t.tv_nsec);
    };
    for (const double end = now() + ns; now() < end;) {
    }
  };
  int calls = 0;
  Contest c = product({}, {}, {});
  c.entries.resize(2);
  c.entries[0].run = [&] { spin(20000), ++calls; };
  c.entries[1].run = [&] { spin(60000); };
  measure(c, 3, 0.1);
  ASSERT_EQ(c.entries[0].ns.size(), 3u);
  ASSERT_EQ(c.entries[1].ns.size(), 3u);
  EXPECT_GE(calls, 8) << "a warm-up, one to see how long it takes, 3 rounds of several";
  EXPECT_GE(least(c.entries[0]), 20000);
  EXPECT_GE(least(c.entries[1]), 60000);
  EXPECT_DOUBLE_EQ(quantile({3, 1, 2}, 0.5), 2);
}

}  // namespace
}  // namespace tacho::bench
