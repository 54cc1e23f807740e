#include "nn/shape_emitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ops/matmul.h"
#include "ops/relu.h"

namespace tacho {
namespace {

TEST(ShapeEmitter, InfersTypesAndRemembersWhatWasEmitted) {
  ShapeEmitter emitter;
  const Value x = emitter.input("x", {DType::float64, {8, 3}}, InputKind::batch);
  const Value w = emitter.variable("w", {DType::float64, {3, 5}});
  Value y;
  {
    PlaceScope place(emitter, {"fc", Phase::forward});
    y = relu(emitter, matmul(emitter, x, w));
  }
  emitter.output("y", y);
  emitter.commit(w, emitter.splat({DType::float64, {3, 5}}, 2.5));
  EXPECT_EQ(emitter.type(y), (TensorType{DType::float64, {8, 5}}));
  ASSERT_EQ(emitter.size(), 2u);
  EXPECT_EQ(emitter.record(0).op->name, "matmul");
  EXPECT_EQ(emitter.record(1).place, (Place{"fc", Phase::forward}));
  EXPECT_EQ(emitter.record(1).inputs, emitter.record(0).outputs);
  EXPECT_EQ(emitter.place(), Place{});
  EXPECT_EQ(emitter.splat_value(emitter.commits()[0].next), 2.5);
  EXPECT_EQ(emitter.splat_value(y), std::nullopt);
  EXPECT_EQ(emitter.outputs()[0].name, "y");
  EXPECT_EQ(emitter.variables()[0].value, w);
}

TEST(ShapeEmitter, RefusesWrongShapesAndSizesNoMemoryHolds) {
  ShapeEmitter emitter;
  const Value x = emitter.input("x", {DType::float32, {8, 3}}, InputKind::batch);
  EXPECT_THROW(matmul(emitter, x, x), Error);
  EXPECT_THROW(emitter.input("y", {DType::float32, {int64_t{1} << 62, 4}}, InputKind::batch), Error);
  EXPECT_DEATH(emitter.commit(x, x), "no variable");
}

}  // namespace
}  // namespace tacho
