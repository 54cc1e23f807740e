#include "nn/objective.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "nn/shape_emitter.h"
#include "tests/support/eager.h"

namespace tacho {
namespace {

TEST(Objective, IsAScalarWithOneTermAnExample) {
  for (const Loss loss : {Loss::cross_entropy, Loss::squared, Loss::label_smoothing, Loss::bce, Loss::huber}) {
    ShapeEmitter emitter;
    const Value logits = emitter.input("logits", {DType::float64, {6, 10}}, InputKind::batch);
    const Value labels = emitter.input("labels", {DType::int64, {6}}, InputKind::batch);
    const Objective objective = emit_loss(emitter, {.kind = loss}, logits, labels);
    EXPECT_EQ(emitter.type(objective.loss), (TensorType{DType::float64, {}})) << name_of(loss);
    EXPECT_EQ(emitter.type(objective.per_example), (TensorType{DType::float64, {6}}));
    EXPECT_EQ(emitter.type(objective.outputs), (TensorType{DType::float64, {6, 10}}));
    EXPECT_EQ(emitter.record(emitter.size() - 1).op->name, "mean");
    for (size_t i = 0; i < emitter.size(); ++i)
      EXPECT_EQ(emitter.record(i).place, (Place{"loss", Phase::forward})) << emitter.record(i).op->name;
    EXPECT_EQ(emitter.place(), Place{});
    EXPECT_EQ(loss_of(name_of(loss)), loss);
  }
}

TEST(Objective, UnknownNamesAndWrongLabelsAreErrors) {
  EXPECT_THROW(loss_of("hinge"), Error);
  EXPECT_EQ(loss_of("label_smoothing"), Loss::label_smoothing) << "as Python writes it";
  ShapeEmitter emitter;
  const Value logits = emitter.input("logits", {DType::float64, {6, 10}}, InputKind::batch);
  const Value labels = emitter.input("labels", {DType::int64, {5}}, InputKind::batch);
  for (const Loss loss : {Loss::cross_entropy, Loss::squared, Loss::label_smoothing, Loss::bce, Loss::huber})
    EXPECT_THROW(emit_loss(emitter, {.kind = loss}, logits, labels), Error) << name_of(loss);
}

TEST(Objective, NumbersThatNobodyReadsAreErrors) {
  EXPECT_NO_THROW(check_loss({.kind = Loss::label_smoothing, .label_smoothing = 0.3}));
  EXPECT_NO_THROW(check_loss({.kind = Loss::huber, .huber_delta = 2}));
  EXPECT_THROW(check_loss({.kind = Loss::cross_entropy, .label_smoothing = 0.3}), Error);
  EXPECT_THROW(check_loss({.kind = Loss::squared, .huber_delta = 2}), Error);
  EXPECT_THROW(check_loss({.kind = Loss::label_smoothing, .label_smoothing = 1.5}), Error);
  EXPECT_THROW(check_loss({.kind = Loss::huber, .huber_delta = 0}), Error);
}

/// The loss of one example with outputs {2, -1, 0.5} and label 0.
double loss_by_hand(const LossOptions& loss) {
  support::TestEmitter emitter;
  const Tensor logits({DType::float64, {1, 3}});
  std::copy_n(std::array{2.0, -1.0, 0.5}.data(), 3, logits.as<double>());
  const Value labels = emitter.leaf(Tensor::of<int64_t>({1}, {0}));
  return *emitter.tensor(emit_loss(emitter, loss, emitter.leaf(logits), labels).loss).as<double>();
}

TEST(Objective, MeansOverTheClassesByHand) {
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  const double bce = -(std::log(sigmoid(2)) + std::log(1 - sigmoid(-1)) + std::log(1 - sigmoid(0.5))) / 3;
  EXPECT_NEAR(loss_by_hand({.kind = Loss::bce}), bce, 1e-14);
  // Differences 1, -1, 0.5: with delta 0.8 the first two are in the linear part.
  const double huber = (2 * 0.8 * (1 - 0.4) + 0.125) / 3;
  EXPECT_NEAR(loss_by_hand({.kind = Loss::huber, .huber_delta = 0.8}), huber, 1e-14);
  const double total = std::log(std::exp(2) + std::exp(-1) + std::exp(0.5));
  const double smoothed = 0.7 * (total - 2) + 0.3 * (total - 1.5 / 3);
  EXPECT_NEAR(loss_by_hand({.kind = Loss::label_smoothing, .label_smoothing = 0.3}), smoothed, 1e-14);
}

}  // namespace
}  // namespace tacho
