// Backends that disagree about layouts: each value still reaches its readers as they want it.
#include <gtest/gtest.h>

#include "exec/graph_executor.h"
#include "ops/add.h"
#include "ops/relu.h"
#include "ops/sigmoid.h"
#include "ops/sum.h"
#include "ops/tanh.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho {
namespace {

/// Where element i of n lies: in order; rotated, by a backend of this test; or channels-last.
int64_t place(const Layout& layout, const Shape& shape, int64_t i) {
  const int64_t n = element_count(shape);
  if (layout.kind == Layout::opaque) return (i + int64_t(layout.key)) % n;
  if (!layout.is_channels_last()) return i;
  const int64_t plane = shape[2] * shape[3], channels = shape[1], pixel = i % plane, channel = i / plane % channels;
  return (i / plane / channels * plane + pixel) * channels + channel;
}

/// max(x, 0) or x itself, between layouts.
class Placed final : public Kernel {
 public:
  Placed(Layout in, Layout out, bool relu) : in_(in), out_(out), relu_(relu) {}
  RunStatus run(const KernelRun& run) const override {
    const Shape& shape = run.outputs[0].shape();
    for (int64_t i = 0; i < run.outputs[0].elements(); ++i) {
      const float x = run.in<float>(0)[place(in_, shape, i)];
      run.out<float>(0)[place(out_, shape, i)] = relu_ ? std::max(x, 0.0f) : x;
    }
    return {};
  }

 private:
  Layout in_, out_;
  bool relu_;
};

Layout rotated(const Backend& owner, uint64_t by, const TensorType& type) {
  Layout layout;
  layout.kind = Layout::opaque;
  layout.owner = &owner;
  layout.key = by;
  layout.bytes = byte_count(type.shape, type.dtype);
  return layout;
}

OfferResult placed(const Group& group, const Layout& layout) {
  if (group.members.size() > 1 || group.members[0].op->name != "relu") return Refusal{"not a relu"};
  if (group.operands[size_t(group.inputs[0])].layout == layout) return Refusal{"leaves it to the next"};
  Offer offer;
  offer.kernel = std::make_unique<Placed>(layout, layout, true);
  offer.name = "relu";
  offer.reason = "test";
  offer.input_layouts = offer.output_layouts = {layout};
  return offer;
}

std::unique_ptr<Kernel> rotate(const Layout& from, const Layout& to, const Backend& owner) {
  const auto known = [&](const Layout& layout) { return layout.is_row_major() || layout.owner == &owner; };
  return known(from) && known(to) ? std::make_unique<Placed>(from, to, false) : nullptr;
}

const TensorType& relu_type(const Group& group) { return group.operands[size_t(group.inputs[0])].type; }

extern const Backend kFirst, kSecond, kOrphan, kLast;
const Backend kFirst{
    .name = "first",
    .offer = [](const Group& g, const OfferContext&) { return placed(g, rotated(kFirst, 1, relu_type(g))); },
    .reorder = [](const TensorType&, const Layout& a, const Layout& b) { return rotate(a, b, kFirst); }};
const Backend kSecond{
    .name = "second",
    .offer = [](const Group& g, const OfferContext&) { return placed(g, rotated(kSecond, 3, relu_type(g))); },
    .reorder = [](const TensorType&, const Layout& a, const Layout& b) { return rotate(a, b, kSecond); }};
const Backend kOrphan{
    .name = "orphan",
    .offer = [](const Group& g, const OfferContext&) { return placed(g, rotated(kOrphan, 5, relu_type(g))); },
};
const Backend kLast{.name = "last",
                    .offer = [](const Group& g, const OfferContext&) { return placed(g, channels_last()); }};

struct LayoutOutcome {
  std::vector<std::string> reorders;  ///< backend and reason
  std::vector<std::string> relus;     ///< backend
  std::vector<RefusedOffer> refusals;
  double error = 0;
};

/// Five relus in a row, as the first of `backends` that wants each of them; in 3 slices.
LayoutOutcome run_relus(std::vector<const Backend*> backends, const Shape& shape,
                        ImageLayout images = ImageLayout::automatic, Schedule schedule = Schedule::slices) {
  const TensorType type{DType::float32, shape};
  Graph graph;
  Value x = graph.input("x", type, InputKind::batch);
  for (int i = 0; i < 5; ++i) x = relu(graph, x);
  graph.output("y", tanh(graph, x));
  PlanOptions options;
  options.backends = std::move(backends);
  options.lanes = 2;
  options.slices = 3;
  options.images = images;
  options.schedule = schedule;
  auto plan = make_plan(graph, {}, options);
  LayoutOutcome outcome;
  for (const PlannedNode& node : plan->nodes) {
    if (node.kind == PlannedNode::reorder) outcome.reorders.push_back(node.backend + ": " + node.reason);
    if (node.op == "relu") outcome.relus.push_back(node.backend);
    outcome.refusals.insert(outcome.refusals.end(), node.refusals.begin(), node.refusals.end());
  }
  const Tensor input = support::filled(type, {}, 1);
  Pool pool(2);
  VariableStore variables;
  GraphExecutor executor(graph, std::move(plan), pool, variables);
  executor.bind("x", input.view());
  executor.step();
  const Tensor y = executor.output("y");
  for (int64_t i = 0; i < y.elements(); ++i)
    outcome.error = std::max(
        outcome.error, std::fabs(double(y.as<float>()[i]) - std::tanh(std::max(double(input.as<float>()[i]), 0.0))));
  return outcome;
}

const Shape kImages{7, 3, 4, 2};

TEST(Layouts, TwoOwnersMeetInRowMajorOrder) {
  const LayoutOutcome outcome = run_relus({&kFirst, &kSecond}, kImages);
  EXPECT_EQ(outcome.relus, (std::vector<std::string>{"first", "second", "first", "second", "first"}));
  EXPECT_EQ(outcome.reorders.size(), 10u) << "one into the first, two between neighbours, one out";
  EXPECT_LE(outcome.error, 1e-6);
}

TEST(Layouts, ALayoutThatNobodyConvertsIsRefused) {
  const LayoutOutcome outcome = run_relus({&kOrphan, &kFirst}, kImages);
  EXPECT_EQ(outcome.relus[0], "first");
  ASSERT_FALSE(outcome.refusals.empty());
  EXPECT_EQ(outcome.refusals[0].reason, "no backend makes opaque(orphan:5) of row-major");
  EXPECT_LE(outcome.error, 1e-6);
}

TEST(Layouts, ChannelsLastBelongsToNobodyAndSomebodyConvertsIt) {
  for (const Schedule schedule : {Schedule::slices, Schedule::sequential, Schedule::operators}) {
    const LayoutOutcome outcome = run_relus({&kLast, &kFirst}, kImages, ImageLayout::automatic, schedule);
    EXPECT_EQ(outcome.relus, (std::vector<std::string>{"last", "first", "last", "first", "last"}));
    EXPECT_EQ(outcome.reorders.size(), 10u);
    EXPECT_LE(outcome.error, 1e-6);
  }
}

TEST(Layouts, OneChannelLiesChannelsLastAsItIs) {
  const LayoutOutcome outcome = run_relus({&kLast}, {7, 1, 4, 2});
  EXPECT_EQ(outcome.reorders, std::vector<std::string>{});
  EXPECT_LE(outcome.error, 1e-6);
}

TEST(Layouts, WhatIsWantedRulesTheOthersOut) {
  const auto relus = [](ImageLayout images) { return run_relus({&kLast, &kFirst}, kImages, images).relus; };
  using Names = std::vector<std::string>;
  EXPECT_EQ(relus(ImageLayout::nchw), Names(5, "reference"));
  EXPECT_EQ(relus(ImageLayout::nhwc), (Names{"last", "reference", "last", "reference", "last"}));
  EXPECT_EQ(run_relus({&kLast, &kFirst}, {7, 32, 2, 2}, ImageLayout::blocked).relus,
            (Names{"first", "reference", "first", "reference", "first"}));
}

/// A layout of whole slices is left in the segment that writes it where the reader's segment has other slices.
TEST(Layouts, SegmentsWithOtherSlicesReadNoLayoutOfWholeSlices) {
  const TensorType type{DType::float32, {64, 16, 32, 32}};
  Graph graph;
  const Value x = graph.input("x", type, InputKind::batch);
  const Value a = relu(graph, x);
  const Value b = add(graph, a, sum(graph, a, {{0}, true}));
  graph.output("y", tanh(graph, relu(graph, tanh(graph, b))));
  const Tensor input = support::filled(type, {}, 1);
  const auto run = [&](const Backend& backend, int* reorders) {
    PlanOptions options;
    options.backends = {&backend};
    options.lanes = 2;
    auto plan = make_plan(graph, {}, options);
    EXPECT_LT(plan->slices, plan->most_slices()) << to_text(*plan);
    for (const PlannedNode& node : plan->nodes)
      if (node.kind == PlannedNode::reorder) ++*reorders;
    Pool pool(2);
    VariableStore variables;
    GraphExecutor executor(graph, std::move(plan), pool, variables);
    executor.bind("x", input.view());
    executor.step();
    return executor.output("y").cast(DType::float64);
  };
  int plain = 0, rotated = 0;
  const Tensor expected = run(backend_named("reference"), &plain), actual = run(kFirst, &rotated);
  EXPECT_EQ(plain, 0);
  EXPECT_GE(rotated, 4);
  EXPECT_LE(support::relative_difference(actual, expected), 1e-5);
}

}  // namespace
}  // namespace tacho
