#include "nn/objective.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/shape_emitter.h"

namespace tacho {
namespace {

TEST(Objective, IsAScalarWithOneTermAnExample) {
  for (const Loss loss : {Loss::cross_entropy, Loss::squared}) {
    ShapeEmitter emitter;
    const Value logits = emitter.input("logits", {DType::float64, {6, 10}}, InputKind::batch);
    const Value labels = emitter.input("labels", {DType::int64, {6}}, InputKind::batch);
    const Objective objective = emit_loss(emitter, loss, logits, labels);
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
  ShapeEmitter emitter;
  const Value logits = emitter.input("logits", {DType::float64, {6, 10}}, InputKind::batch);
  const Value labels = emitter.input("labels", {DType::int64, {5}}, InputKind::batch);
  EXPECT_THROW(emit_loss(emitter, Loss::cross_entropy, logits, labels), Error);
}

}  // namespace
}  // namespace tacho
