#include "nn/optimizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/shape_emitter.h"

namespace tacho {
namespace {

using testing::ElementsAre;

const TensorType kType{DType::float32, {4, 3}};
const ParameterInfo kWeight{"fc.weight", "fc", kType, 3, ParameterKind::weight};

struct Updated {
  ShapeEmitter emitter;
  Value parameter;
  explicit Updated(const OptimizerOptions& options) {
    parameter = emitter.variable(kWeight.name, kType);
    const Value gradient = emitter.input("gradient", kType, InputKind::batch);
    const Value rate = emitter.input("learning_rate", {DType::float32, {}}, InputKind::scalar);
    const Value step = emitter.input("step", {DType::int64, {}}, InputKind::scalar);
    emit_update(emitter, options, kWeight, parameter, gradient, rate, step);
  }
};

TEST(Optimizer, NamesRoundTripAndUnknownOnesAreErrors) {
  for (const char* name : {"sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "adagrad", "lamb"})
    EXPECT_EQ(name_of(optimizer_kind_of(name)), name);
  EXPECT_THROW(optimizer_kind_of("lion"), Error);
}

TEST(Optimizer, OneUpdateAParameterAtItsLayerCommitsEverything) {
  const std::pair<OptimizerKind, std::vector<std::string>> cases[] = {
      {OptimizerKind::sgd, {}},
      {OptimizerKind::momentum, {"momentum.fc.weight"}},
      {OptimizerKind::nesterov, {"momentum.fc.weight"}},
      {OptimizerKind::adam, {"adam.m.fc.weight", "adam.v.fc.weight"}},
      {OptimizerKind::adamw, {"adam.m.fc.weight", "adam.v.fc.weight"}},
      {OptimizerKind::rmsprop, {"rmsprop.fc.weight"}},
      {OptimizerKind::adagrad, {"adagrad.fc.weight"}},
  };
  for (const auto& [kind, names] : cases) {
    const Updated updated({.kind = kind});
    const ShapeEmitter& e = updated.emitter;
    ASSERT_EQ(e.size(), 1u) << name_of(kind);
    EXPECT_EQ(e.record(0).place, (Place{"fc", Phase::update}));
    ASSERT_EQ(e.commits().size(), 1 + names.size());
    EXPECT_EQ(e.commits()[0].variable, updated.parameter);
    ASSERT_EQ(e.variables().size(), 1 + names.size());
    const std::vector<StateInfo> state = optimizer_state({.kind = kind}, {kWeight});
    ASSERT_EQ(state.size(), names.size());
    for (size_t i = 0; i < names.size(); ++i) {
      EXPECT_EQ(e.variables()[i + 1].name, names[i]);
      EXPECT_EQ(e.commits()[i + 1].variable, e.variables()[i + 1].value);
      EXPECT_EQ(state[i], (StateInfo{names[i], "fc", kType, 0.0}));
    }
  }
}

TEST(Optimizer, OptionsReachTheOperation) {
  const auto field = [](const Updated& updated, const std::string& name) -> FieldValue {
    for (const Field& f : updated.emitter.record(0).attributes.fields())
      if (f.name == name) return f.value;
    return std::string("absent");
  };
  const Updated nesterov({.kind = OptimizerKind::nesterov, .momentum = 0.8, .weight_decay = 0.01});
  EXPECT_EQ(field(nesterov, "momentum"), FieldValue{0.8});
  EXPECT_EQ(field(nesterov, "weight_decay"), FieldValue{0.01});
  EXPECT_EQ(field(nesterov, "nesterov"), FieldValue{true});
  const Updated adamw({.kind = OptimizerKind::adamw, .beta1 = 0.7, .beta2 = 0.95, .epsilon = 1e-7});
  EXPECT_EQ(field(adamw, "beta1"), FieldValue{0.7});
  EXPECT_EQ(field(adamw, "beta2"), FieldValue{0.95});
  EXPECT_EQ(field(adamw, "epsilon"), FieldValue{1e-7});
  EXPECT_EQ(field(adamw, "decoupled"), FieldValue{true});
  EXPECT_EQ(field(Updated({.kind = OptimizerKind::adam}), "decoupled"), FieldValue{false});
}

TEST(Optimizer, NumbersOutsideTheirRangeAreErrors) {
  EXPECT_THROW(check_optimizer({.momentum = 1.0}), Error);
  EXPECT_THROW(check_optimizer({.beta2 = -0.1}), Error);
  EXPECT_THROW(check_optimizer({.epsilon = 0}), Error);
  EXPECT_THROW(check_optimizer({.weight_decay = -1}), Error);
  EXPECT_THROW(check_optimizer({.clip_norm = -1}), Error);
  check_optimizer({});
}

}  // namespace
}  // namespace tacho
