#include "plan/memory_map.h"

#include <gtest/gtest.h>

#include "nn/builtin.h"
#include "plan/arena.h"
#include "train/session.h"

namespace tacho {
namespace {

/// What the map of a network's plan says, for one way to execute it.
struct Mapped {
  MemoryMap map;
  int64_t planned_bytes = 0, sum_of_sizes_bytes = 0;
};

Mapped mapped(const char* network, const std::vector<std::pair<const char*, const char*>>& switches) {
  StepOptions options;
  options.network = builtin_network(network);
  options.batch = 8;
  Switches set;
  set_switch(set, "threads", "2");
  set_switch(set, "tune", "off");
  for (const auto& [name, value] : switches) set_switch(set, name, value);
  options.way = resolve(set);
  VariableStore variables = initial_variables(options, 0);
  Pool pool(2);
  const Session session(options, pool, variables);
  const Plan& plan = *session.executor().plan();
  return {memory_map(plan, 2), plan.planned_bytes(2), plan.sum_of_sizes_bytes};
}

/// Tensors that live at the same time never share a byte; each lies inside its arena, which is no larger than they
/// need.
void check_arena(const MemoryMap& map, const MemoryArena& arena) {
  int64_t top = 0;
  for (const MemoryBlock& a : arena.blocks) {
    EXPECT_FALSE(a.name.empty());
    EXPECT_GE(a.begin, 0);
    EXPECT_GE(a.end, a.begin);
    EXPECT_LT(size_t(a.end), map.order.size());
    EXPECT_LE(a.offset + a.bytes, arena.bytes);
    top = std::max(top, a.offset + arena_bytes(a.bytes));
    for (const MemoryBlock& b : arena.blocks)
      if (&a != &b && a.begin <= b.end && b.begin <= a.end) {
        EXPECT_TRUE(a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset)
            << arena.name << ": " << a.name << " and " << b.name;
      }
  }
  EXPECT_EQ(top, arena.bytes);
}

TEST(MemoryMap, TensorsThatLiveTogetherLieApartAndFillTheArena) {
  for (const char* schedule : {"slices", "sequential"})
    for (const char* plan : {"on", "off"})
      for (const char* network : {"simplenn-4", "lenet5"}) {
        SCOPED_TRACE(std::string(network) + " " + schedule + " memory plan " + plan);
        const Mapped run = mapped(network, {{"schedule", schedule}, {"memory-plan", plan}});
        ASSERT_EQ(run.map.arenas.size(), 2u);
        for (const MemoryArena& arena : run.map.arenas) check_arena(run.map, arena);
        EXPECT_EQ(run.map.planned_bytes(), run.planned_bytes);
        EXPECT_GT(run.map.variable_bytes, 0);
      }
}

TEST(MemoryMap, TheScheduleOfOperatorsToo) {
  const Mapped run = mapped("lenet5", {{"schedule", "operators"}});
  EXPECT_EQ(run.map.planned_bytes(), run.planned_bytes);
  for (const MemoryArena& arena : run.map.arenas) check_arena(run.map, arena);
}

TEST(MemoryMap, ThePeakIsWhatIsAliveAtItsPlace) {
  const Mapped run = mapped("simplenn-4", {});
  for (const MemoryArena& arena : run.map.arenas) {
    const MemoryPeak peak = peak_of(run.map, arena);
    ASSERT_GE(peak.position, 0);
    for (int p = 0; p < int(run.map.order.size()); ++p) {
      int64_t live = 0;
      for (const MemoryBlock& block : arena.blocks)
        if (block.begin <= p && p <= block.end) live += arena_bytes(block.bytes);
      EXPECT_LE(live, peak.live_bytes);
      if (p == peak.position) {
        EXPECT_EQ(live, peak.live_bytes);
      }
    }
    EXPECT_LE(peak.live_bytes, arena.bytes);
    int64_t sum = 0;
    for (int block : peak.blocks) sum += arena_bytes(arena.blocks[size_t(block)].bytes);
    EXPECT_EQ(sum, peak.live_bytes);
  }
  const std::string text = to_text(run.map, 2);
  EXPECT_NE(text.find("MEMORY AT ITS PEAK"), std::string::npos);
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    EXPECT_LE(end - begin, 80u) << text.substr(begin, end - begin);
    begin = end + 1;
  }
}

TEST(MemoryPeak, OfAnArenaByHand) {
  MemoryMap map;
  map.order = {"a", "b", "c"};
  MemoryArena arena{"shared", 1, 320};
  arena.blocks = {{MemoryBlock::value, "a", {}, {}, 100, 0, 0, 1},
                  {MemoryBlock::value, "b", {}, {}, 60, 128, 1, 2},
                  {MemoryBlock::partial, "c", {}, {}, 65, 192, 1, 1}};
  const MemoryPeak peak = peak_of(map, arena);
  EXPECT_EQ(peak.position, 1);
  EXPECT_EQ(peak.live_bytes, 128 + 64 + 128);
  EXPECT_EQ(peak.blocks, (std::vector<int>{0, 2, 1}));
}

}  // namespace
}  // namespace tacho
