// What only this operation promises; the laws have the rest.
#include "ops/smooth_relu.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/eager.h"
#include "tests/support/operands.h"

namespace tacho {
namespace {

TEST(SmoothRelu, NeverOverflows) {
  support::TestEmitter emitter;
  Tensor x({DType::float32, {3}});
  x.as<float>()[0] = -1e30f, x.as<float>()[1] = 0, x.as<float>()[2] = 1e30f;
  const Tensor& y = emitter.tensor(smooth_relu(emitter, emitter.leaf(x), 2));
  EXPECT_EQ(y.as<float>()[0], 0);
  EXPECT_FLOAT_EQ(y.as<float>()[1], float(std::log(2) / 2));
  EXPECT_EQ(y.as<float>()[2], 1e30f);
}

TEST(SmoothRelu, BetaMustBePositive) {
  support::TestEmitter emitter;
  const Value x = emitter.leaf(Tensor::zeros({DType::float32, {3}}));
  EXPECT_THROW(smooth_relu(emitter, x, 0), Error);
}

}  // namespace
}  // namespace tacho
