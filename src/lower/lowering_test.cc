#include <gtest/gtest.h>

#include "lower/lower.h"
#include "op/op_def.h"
#include "ops/conv2d.h"
#include "ops/max_pool2d.h"
#include "ops/max_pool2d_backward.h"
#include "ops/relu.h"
#include "ops/relu_backward.h"
#include "tests/support/eager.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho {
namespace {

using support::TestEmitter;

/// Output of a convolution and gradients of its operands.
struct Lowered {
  Tensor y, dx, dw;
  std::vector<std::string> operations;
};

using Lowering = std::unique_ptr<Emitter> (*)(Emitter&);

Lowered convolve(const Sample& sample, Lowering lowering) {
  TestEmitter emitter;
  const std::unique_ptr<Emitter> lowered = lowering ? lowering(emitter) : nullptr;
  const std::vector<Tensor> in = support::filled_inputs(sample, DType::float64, 7);
  const Value x = emitter.leaf(in[0]), w = emitter.leaf(in[1]);
  Emitter& target = lowered ? *lowered : emitter;
  const Value y = conv2d(target, x, w, sample.attributes.as<Conv2dAttributes>());
  Lowered result;
  for (size_t i = 0; i < emitter.size(); ++i) result.operations.emplace_back(emitter.record(i).op->name);
  const Value values[] = {y}, leaves[] = {x, w}, seeds[] = {emitter.leaf(support::filled(emitter.type(y), {}, 8))};
  const std::vector<Value> gradients = support::backpropagate(emitter, values, seeds, leaves);
  result.y = emitter.tensor(y);
  result.dx = emitter.tensor(gradients[0]);
  result.dw = emitter.tensor(gradients[1]);
  return result;
}

TEST(Lowering, EqualsTheConvolutionForwardAndBackward) {
  const OpDef& op = op_named("conv2d");
  for (size_t s = 0; s < op.samples.size(); ++s)
    for (const Lowering lowering : {gather_lowering, im2col_lowering}) {
      SCOPED_TRACE(support::describe(op, s, op.samples[s]) + (lowering == gather_lowering ? " gather" : " im2col"));
      const Lowered expected = convolve(op.samples[s], nullptr), actual = convolve(op.samples[s], lowering);
      EXPECT_EQ(actual.y.type(), expected.y.type());
      EXPECT_LT(support::relative_difference(actual.y, expected.y), 1e-13);
      EXPECT_LT(support::relative_difference(actual.dx, expected.dx), 1e-13);
      EXPECT_LT(support::relative_difference(actual.dw, expected.dw), 1e-13);
    }
}

TEST(Lowering, EmitsTheDocumentsBlocks) {
  const Sample& padded = op_named("conv2d").samples[0];
  using Names = std::vector<std::string>;
  EXPECT_EQ(convolve(padded, gather_lowering).operations, (Names{"pad", "gather", "reshape", "matmul", "reshape"}));
  EXPECT_EQ(convolve(padded, im2col_lowering).operations, (Names{"im2col", "reshape", "matmul", "reshape"}));
}

TEST(Lowering, MistakesAreTheConvolutions) {
  for (const Lowering lowering : {gather_lowering, im2col_lowering}) {
    TestEmitter emitter;
    const std::unique_ptr<Emitter> lowered = lowering(emitter);
    const Value x = emitter.leaf(Tensor::zeros({DType::float64, {1, 2, 4, 4}}));
    const Value w = emitter.leaf(Tensor::zeros({DType::float64, {1, 3, 3, 3}}));
    try {
      conv2d(*lowered, x, w);
      FAIL() << "expected an error";
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).rfind("[conv2d] ", 0), 0u) << error.what();
    }
  }
}

/// ReLU, pooling, and their gradients in the order in which reverse mode emits them.
Tensor relu_pool_gradient(Emitter& target, TestEmitter& emitter, Value x) {
  const Value activation = relu(target, x);
  const MaxPool2d pool = max_pool2d(target, activation, {{2, 2}, {1, 1}});
  const Value dy = emitter.leaf(support::filled(emitter.type(pool.y), {}, 3));
  const Shape image = emitter.type(x).shape;
  const Value gradient = max_pool2d_backward(target, dy, pool.index, {{{2, 2}, {1, 1}}, {image[2], image[3]}});
  return emitter.tensor(relu_backward(target, gradient, activation));
}

TEST(GatherLowering, MasksThePooledMapsAsTheMatlabCode) {
  const Tensor image = support::filled({DType::float64, {2, 3, 5, 5}}, {Fill::distinct}, 4);
  TestEmitter plain, emitter;
  const Tensor expected = relu_pool_gradient(plain, plain, plain.leaf(image));
  const std::unique_ptr<Emitter> lowered = gather_lowering(emitter);
  const Value x = emitter.leaf(image);
  for (int step = 0; step < 2; ++step) {
    const size_t before = emitter.size();
    EXPECT_TRUE(support::same_bits(relu_pool_gradient(*lowered, emitter, x), expected));
    ASSERT_EQ(emitter.size(), before + 4);
    EXPECT_EQ(emitter.record(before + 2).op->name, "relu_backward");
    EXPECT_EQ(emitter.type(emitter.record(before + 2).outputs[0]).shape, (Shape{2, 3, 4, 4}));
    EXPECT_EQ(emitter.record(before + 3).op->name, "max_pool2d_backward");
  }
}

TEST(GatherLowering, OtherReluGradientsStayAsTheyAre) {
  TestEmitter emitter;
  const std::unique_ptr<Emitter> lowered = gather_lowering(emitter);
  const Value x = emitter.leaf(support::filled({DType::float64, {1, 1, 4, 4}}, {Fill::distinct}, 4));
  const MaxPool2d pool = max_pool2d(*lowered, x, {});  // no ReLU below it
  const Value dy = emitter.leaf(Tensor::zeros(emitter.type(pool.y)));
  const Value gradient = max_pool2d_backward(*lowered, dy, pool.index, {{}, {4, 4}});
  relu_backward(*lowered, gradient, relu(*lowered, x));
  std::vector<std::string> names;
  for (size_t i = 0; i < emitter.size(); ++i) names.emplace_back(emitter.record(i).op->name);
  EXPECT_EQ(names, (std::vector<std::string>{"max_pool2d", "max_pool2d_backward", "relu", "relu_backward"}));
}

}  // namespace
}  // namespace tacho
