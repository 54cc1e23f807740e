// What a plan promises of its slices, stages and tasks.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "nn/builtin.h"
#include "passes/pipeline.h"
#include "plan/plan.h"
#include "plan/step_schedule.h"
#include "train/session.h"

namespace tacho {
namespace {

struct Asked {
  NetworkSpec network = builtin_network("simplenn-4", Shape{1, 12, 12});
  int64_t batch = 8;
  int lanes = 2;
  int64_t slices = 0;
  int threads = 1;
  Schedule schedule = Schedule::slices;
};

std::unique_ptr<Plan> planned(const Asked& asked) {
  StepOptions step;
  step.network = asked.network;
  step.batch = asked.batch;
  Switches switches;
  set_switch(switches, "threads", std::to_string(asked.threads));
  step.way = resolve(switches);
  Graph graph = source_graph(step);
  run_pipeline(graph);
  std::vector<std::vector<int>> groups;
  for (GroupProposal& proposal : propose_groups(graph)) groups.push_back(std::move(proposal.nodes));
  PlanOptions options = plan_options(step.way);
  options.tuning = nullptr;
  options.lanes = asked.lanes;
  options.slices = asked.slices;
  options.schedule = asked.schedule;
  return make_plan(std::move(graph), groups, options);
}

/// The begins of the slices that a task's items work on, in order.
std::vector<int64_t> begins(const Task& task) {
  std::vector<int64_t> result;
  for (const Item& item : task.items)
    if (result.empty() || result.back() != item.slice.begin) result.push_back(item.slice.begin);
  return result;
}

TEST(Planner, AGradientIsJoinedAndAppliedBlockByBlockOnEveryLane) {
  for (const int lanes : {2, 3}) {
    const auto plan = planned({.network = builtin_network("mlp"), .batch = 12, .lanes = lanes});
    std::map<std::string, int64_t> next;  // row that a node's blocks have come to
    int shared = 0;
    for (const Stage& stage : plan->stages)
      for (const Task& task : stage.tasks)
        for (size_t i = 0; i < task.items.size(); ++i) {
          const PlannedNode& node = plan->nodes[size_t(task.items[i].node)];
          const Slice slice = task.items[i].slice;
          if (node.kind != PlannedNode::combine || slice.count == slice.total) continue;
          EXPECT_EQ(slice.begin, next[node.path]);
          next[node.path] = slice.begin + slice.count;
          ASSERT_LT(i + 1, task.items.size());
          const Item& update = task.items[i + 1];
          EXPECT_EQ(plan->nodes[size_t(update.node)].op, "momentum_update");
          EXPECT_EQ(update.slice.begin, slice.begin);
          EXPECT_EQ(update.slice.count, slice.count);
          if (i == 0) ++shared;
        }
    EXPECT_EQ(next.size(), 1u) << "only the first layer's weights are large";
    for (const auto& [path, end] : next) EXPECT_EQ(end, 256) << path;
    EXPECT_EQ(shared, lanes) << "one task a lane";
  }
}

TEST(Planner, SlicesCoverTheBatchInOrderAndDifferByOneExampleAtMost) {
  for (const int64_t batch : {2, 3, 7, 13, 128, 130})
    for (const int64_t slices : {1, 2, 5, 13, 200}) {
      const auto plan = planned({.batch = batch, .lanes = 2, .slices = slices});
      EXPECT_EQ(plan->slices, std::min(slices, batch));
      int64_t next = 0;
      for (int64_t s = 0; s < plan->slices; ++s) {
        const Slice slice = plan->slice(s, 1);
        EXPECT_EQ(slice.begin, next);
        EXPECT_EQ(plan->slice_at(slice.begin, 1), s) << batch << " in " << slices;
        EXPECT_LE(slice.count, plan->slice_examples);
        EXPECT_GE(slice.count, plan->slice_examples - 1);
        EXPECT_GE(slice.count, 1);
        next += slice.count;
      }
      EXPECT_EQ(next, batch);
    }
}

TEST(Planner, SegmentsHaveSlicesOfTheirOwn) {
  const auto plan = planned({.network = builtin_network("resnet18", Shape{3, 32, 32}), .batch = 64});
  std::map<std::string, int64_t> slices;  // of the segment in which a node runs
  for (const PlannedNode& node : plan->nodes)
    if (node.sliced) slices[node.path] = plan->slices_in(node.order);
  EXPECT_EQ(slices.at("layer4.1.conv2/conv2d/forward"), plan->slices) << "wide layers: the weights decide";
  EXPECT_GT(slices.at("layer1.0.conv1/conv2d/forward"), plan->slices) << "large images: the cache decides";
  for (const Stage& stage : plan->stages)
    if (stage.order % 2)
      for (size_t lane = 0; lane < stage.tasks.size(); ++lane)
        for (const Item& item : stage.tasks[lane].items) {
          EXPECT_LE(item.slice.count, plan->examples_in(stage.order));
          EXPECT_EQ(plan->slice_at(item.slice.begin, stage.order) * int64_t(plan->lanes) / plan->slices_in(stage.order),
                    int64_t(lane))
              << "a lane has neighbouring slices";
        }
}

TEST(Planner, EveryLaneHasAsManySlicesAsTheOthers) {
  for (const int lanes : {1, 2, 3, 4})
    for (const int64_t batch : {4, 30, 97, 128, 200}) {
      const auto plan = planned({.network = builtin_network("simplenn-4"), .batch = batch, .lanes = lanes});
      EXPECT_EQ(plan->lanes, lanes);
      EXPECT_EQ(plan->slices % lanes, 0) << batch << " examples, " << lanes << " lanes";
      for (const Stage& stage : plan->stages) {
        if (stage.order % 2 == 0) continue;
        ASSERT_EQ(int(stage.tasks.size()), lanes);
        for (const Task& task : stage.tasks)
          EXPECT_EQ(int64_t(begins(task).size()), plan->slices_in(stage.order) / lanes);
      }
    }
}

TEST(Planner, ThreadsDoNotChangeThePlan) {
  for (const int64_t batch : {1, 2, 9}) {
    const auto one = planned({.batch = batch, .threads = 1}), four = planned({.batch = batch, .threads = 4});
    EXPECT_EQ(fingerprint_of(*one), fingerprint_of(*four));
    EXPECT_EQ(one->shared_bytes, four->shared_bytes);
    ASSERT_EQ(one->stages.size(), four->stages.size());
    for (size_t s = 0; s < one->stages.size(); ++s)
      EXPECT_EQ(one->stages[s].tasks.size(), four->stages[s].tasks.size());
    EXPECT_EQ(one->successors, four->successors);
  }
}

TEST(Planner, OneExampleRunsAsBranchesWhereThereAreSeveralLanes) {
  EXPECT_FALSE(planned({.batch = 2})->branches);
  EXPECT_FALSE(planned({.batch = 1, .lanes = 1})->branches);
  const auto plan = planned({.network = builtin_network("simplenn-4"), .batch = 1});
  ASSERT_TRUE(plan->branches);
  ASSERT_EQ(plan->stages.size(), 1u);
  // Gradients of filters and of images are side by side: taken as equally long, the nodes would keep more than one
  // thread busy.
  EXPECT_GT(work_and_span(schedule_of(*plan), std::vector<int64_t>(plan->nodes.size(), 1000)).parallelism(), 1.3);
  size_t calls = 0;
  for (const Task& task : plan->stages[0].tasks) calls += task.items.size();
  EXPECT_LT(plan->stages[0].tasks.size(), calls) << "chains are one task";
}

/// Memory that a node touches: by value where it is the caller's, else where it lies in the shared arena.
struct Touched {
  int64_t begin = 0, end = 0;
  int external = -1;
  bool written = false;
};

std::vector<Touched> touched_by(const Plan& plan, int n) {
  std::vector<Touched> result;
  const auto touch = [&](int value, bool written) {
    if (value < 0) return;
    while (plan.values[size_t(value)].root != value) value = plan.values[size_t(value)].root;
    const PlannedValue& v = plan.values[size_t(value)];
    if (v.storage == Storage::external) result.push_back({0, 0, value, written});
    if (v.storage == Storage::shared) result.push_back({v.offset, v.offset + v.bytes, -1, written});
  };
  const PlannedNode& node = plan.nodes[size_t(n)];
  for (const OperandUse& use : node.inputs) touch(use.value, false);
  for (const int pack : node.packs) touch(pack, false);
  for (const OperandUse& use : node.outputs) touch(use.value, true);
  return result;
}

TEST(Planner, TasksWithoutStagesThatTouchTheSameMemoryFollowOneAnother) {
  for (const Asked& asked : {Asked{.batch = 1}, Asked{.batch = 5, .schedule = Schedule::operators},
                             Asked{.network = builtin_network("vgg11", Shape{3, 32, 32}), .batch = 1}}) {
    const auto plan = planned(asked);
    const std::vector<Task>& tasks = plan->stages.at(0).tasks;
    ASSERT_EQ(plan->successors.size(), tasks.size());
    // Closure of the dependencies: tasks stand in an order that respects them.
    std::vector<std::vector<bool>> before(tasks.size(), std::vector<bool>(tasks.size()));
    for (size_t t = 0; t < tasks.size(); ++t)
      for (const int next : plan->successors[t]) {
        ASSERT_GT(next, int(t));
        for (size_t k = 0; k < t; ++k)
          if (before[t][k]) before[size_t(next)][k] = true;
        before[size_t(next)][t] = true;
      }
    std::vector<std::vector<Touched>> touched(tasks.size());
    for (size_t t = 0; t < tasks.size(); ++t)
      for (const Item& item : tasks[t].items) {
        const auto own = touched_by(*plan, item.node);
        touched[t].insert(touched[t].end(), own.begin(), own.end());
      }
    const auto meet = [](const Touched& a, const Touched& b) {
      if (!a.written && !b.written) return false;
      return a.external >= 0 ? a.external == b.external : b.external < 0 && a.begin < b.end && b.begin < a.end;
    };
    for (size_t t = 0; t < tasks.size(); ++t)
      for (size_t u = t + 1; u < tasks.size(); ++u) {
        if (before[u][t] || tasks[t].items[0].node == tasks[u].items[0].node) continue;  // parts of one split node
        for (const Touched& a : touched[t])
          for (const Touched& b : touched[u])
            ASSERT_FALSE(meet(a, b)) << plan->nodes[size_t(tasks[t].items[0].node)].path << " and "
                                     << plan->nodes[size_t(tasks[u].items[0].node)].path;
      }
  }
}

TEST(Planner, WhatIsWorthItIsSplitOverItsRows) {
  // 1024 x 300 weights: more than the 256 KB below which a task is not split.
  NetworkSpec network = builtin_network("mlp", Shape{1, 32, 32});
  const auto plan = planned({.network = network, .batch = 1, .lanes = 3});
  std::map<int, std::vector<Slice>> parts;
  for (const Task& task : plan->stages.at(0).tasks)
    for (const Item& item : task.items) parts[item.node].push_back(item.slice);
  int split = 0;
  for (const auto& [n, slices] : parts) {
    if (slices.size() == 1) continue;
    ++split;
    EXPECT_EQ(slices.size(), 3u) << plan->nodes[size_t(n)].path;
    int64_t next = 0;
    for (const Slice& slice : slices) {
      EXPECT_EQ(slice.begin, next);
      EXPECT_EQ(slice.total, plan->nodes[size_t(n)].split_rows);
      next += slice.count;
    }
    EXPECT_EQ(next, plan->nodes[size_t(n)].split_rows);
  }
  EXPECT_GT(split, 0) << "an update of 1.2 MB of weights";
}

TEST(Planner, ConvolutionsOfOneExampleAreDividedOverTheLanes) {
  const auto plan = planned({.network = builtin_network("simplenn-4", Shape{1, 28, 28}), .batch = 1, .lanes = 3});
  std::map<int, std::vector<Slice>> parts;
  for (const Task& task : plan->stages.at(0).tasks)
    for (const Item& item : task.items) parts[item.node].push_back(item.slice);
  int divided = 0;
  for (const auto& [n, slices] : parts) {
    const PlannedNode& node = plan->nodes[size_t(n)];
    if (!node.by_units) continue;
    SCOPED_TRACE(node.path);
    if (node.executed.tally.mul < 400'000) {
      EXPECT_EQ(slices.size(), 1u) << "too little to divide";
      continue;
    }
    ++divided;
    EXPECT_EQ(slices.size(), size_t(std::min<int64_t>(3, node.split_rows)));
    int64_t next = 0;
    for (const Slice& slice : slices) {
      EXPECT_EQ(slice.begin, next);
      EXPECT_EQ(slice.total, node.split_rows);
      next += slice.count;
    }
    EXPECT_EQ(next, node.split_rows);
  }
  if (divided == 0) GTEST_SKIP() << "no backend here divides its convolutions";
  EXPECT_GE(divided, 3) << "one for each convolution at least";
}

/// What stands between convolutions too, where its results are large.
TEST(Planner, ImagesOfOneExampleAreDividedOverTheLanes) {
  using Fields = std::vector<std::pair<std::string, FieldValue>>;
  StepOptions options;
  options.network = {"between", {16, 80, 80}, 10, {}};
  options.network.layers = {
      {"depthwise_conv2d", "conv", {}, Fields{{"kernel", int64_t{3}}, {"padding", int64_t{1}}}},
      {"tanh", "tanh", {}, {}},
      {"batch_norm2d", "norm", {}, {}},
      {"max_pool2d", "pool", {}, Fields{{"kernel", int64_t{3}}, {"stride", int64_t{1}}, {"padding", int64_t{1}}}},
      {"global_avg_pool2d", "mean", {}, {}},
      {"flatten", "flat", {}, {}},
      {"linear", "fc", {}, Fields{{"out_features", int64_t{10}}}}};
  options.batch = 1;
  options.kind = StepKind::inference;
  Switches switches;
  set_switch(switches, "backend", "simd,reference");
  set_switch(switches, "lanes", "3");
  options.way = resolve(switches);
  const std::unique_ptr<Plan> plan = plan_of(options);
  std::map<std::string, std::vector<Slice>> parts;
  for (const Task& task : plan->stages.at(0).tasks)
    for (const Item& item : task.items) parts[plan->nodes[size_t(item.node)].path].push_back(item.slice);
  for (const char* path :
       {"conv/conv2d/forward", "tanh/tanh/forward", "norm/batch_norm/forward", "pool/max_pool2d/forward"}) {
    SCOPED_TRACE(path);
    ASSERT_EQ(parts[path].size(), 3u) << to_text(*plan);
    int64_t next = 0;
    for (const Slice& slice : parts[path]) {
      EXPECT_EQ(slice.begin, next);
      next += slice.count;
    }
    EXPECT_EQ(next, parts[path][0].total);
  }
  // As many bits on one thread as on three, and those of whole nodes.
  std::vector<Tensor> results;
  for (const char* lanes : {"1", "3"})
    for (const int threads : {1, 3}) {
      set_switch(switches, "lanes", lanes);
      options.way = resolve(switches);
      Pool pool(threads);
      VariableStore variables = initial_variables(options, 3);
      Session session(options, pool, variables);
      Tensor x({DType::float32, {1, 16, 80, 80}});
      for (int64_t i = 0; i < x.elements(); ++i) x.as<float>()[i] = float((i * 2654435761u) % 1000) / 500 - 1;
      session.run(x.view(), {}, 0, 1);
      results.push_back(session.outputs());
    }
  for (const Tensor& result : results)
    EXPECT_EQ(std::memcmp(result.view().data, results[0].view().data, size_t(result.bytes())), 0);
}

TEST(Planner, PacksOfADeepNetworkAreMadeWhenTheyAreAboutToBeRead) {
  const auto plan = planned({.network = builtin_network("vgg11", Shape{3, 32, 32}), .batch = 256});
  std::map<int, int> pack_order;  // packed value -> order
  for (const PlannedNode& node : plan->nodes)
    if (node.kind == PlannedNode::pack) pack_order[node.outputs[0].value] = node.order;
  if (pack_order.size() < 5) GTEST_SKIP() << "no backend here packs operands of this network";
  std::set<int> orders;
  for (const PlannedNode& node : plan->nodes)
    for (const int pack : node.packs) {
      EXPECT_LE(pack_order.at(pack), node.order);
      EXPECT_EQ(pack_order.at(pack) % 2, 0);
      orders.insert(pack_order.at(pack));
    }
  EXPECT_GT(orders.size(), 3u);
  std::vector<std::pair<int64_t, int64_t>> in_memory;  // where each begins and ends
  int64_t apart = 0;
  for (const auto& [value, made] : pack_order) {
    const PlannedValue& pack = plan->values[size_t(value)];
    apart += pack.bytes;
    in_memory.emplace_back(pack.offset, pack.offset + pack.bytes);
  }
  std::sort(in_memory.begin(), in_memory.end());
  int64_t together = 0, end = 0;
  for (const auto& [begin, behind] : in_memory) {
    together += std::max<int64_t>(behind - std::max(begin, end), 0);
    end = std::max(end, behind);
  }
  EXPECT_LT(together, apart) << "they share memory";
}

}  // namespace
}  // namespace tacho
