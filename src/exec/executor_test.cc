// What both executors refuse, by the same words.
#include <gtest/gtest.h>

#include <functional>

#include "exec/graph_executor.h"
#include "exec/procedural.h"
#include "op/backend.h"
#include "ops/add.h"

namespace tacho {
namespace {

const TensorType kPair{DType::float64, {2}};

PlanOptions on_reference() {
  PlanOptions options;
  options.backends = {&backend_named("reference")};
  return options;
}

VariableStore two_variables() {
  return {{"a", Tensor::of<double>({2}, {1, 2})}, {"b", Tensor::of<double>({2}, {3, 4})}};
}

/// Runs one step in both ways and gives the two complaints.
std::vector<std::string> complaints(const std::function<void(Emitter&)>& emit) {
  std::vector<std::string> texts;
  const auto note = [&](auto&& run) {
    Pool pool(2);
    VariableStore variables = two_variables();
    try {
      run(pool, variables);
      texts.push_back("");
    } catch (const Error& error) {
      texts.push_back(error.what());
    }
  };
  note([&](Pool& pool, VariableStore& variables) {
    Graph graph;
    emit(graph);
    GraphExecutor executor(graph, make_plan(graph, {}, on_reference()), pool, variables);
    executor.step();
  });
  note([&](Pool& pool, VariableStore& variables) {
    ProceduralExecutor executor([&](Emitter& e, const Tape&) { emit(e); }, on_reference(), pool, variables);
    executor.step();
  });
  return texts;
}

TEST(ExecutorTest, RefusesAStepWhoseInputIsNotBound) {
  for (const std::string& text : complaints([](Emitter& e) {
         const Value x = e.input("images", kPair, InputKind::batch);
         e.output("y", add(e, x, e.variable("a", kPair)));
       }))
    EXPECT_EQ(text, "input 'images' is not bound");
}

TEST(ExecutorTest, RefusesAVariableThatIsCommittedAnotherVariable) {
  for (const std::string& text : complaints([](Emitter& e) {
         const Value a = e.variable("a", kPair), b = e.variable("b", kPair);
         e.commit(a, b);
         e.commit(b, a);
       }))
    EXPECT_NE(text.find("is committed another variable"), std::string::npos) << text;
}

}  // namespace
}  // namespace tacho
