// Values of activations at chosen points, and that none overflows on its way to a finite result.
#include <gtest/gtest.h>

#include <cmath>

#include "ops/elu.h"
#include "ops/gelu.h"
#include "ops/hardswish.h"
#include "ops/leaky_relu.h"
#include "ops/selu.h"
#include "ops/silu.h"
#include "ops/softplus.h"
#include "tests/support/eager.h"

namespace tacho {
namespace {

template <class Activation>
std::vector<float> at(std::initializer_list<float> x, Activation activation) {
  support::TestEmitter emitter;
  const Value input = emitter.leaf(Tensor::of<float>({int64_t(x.size())}, x));
  const Tensor y = emitter.tensor(activation(emitter, input));
  return {y.as<float>(), y.as<float>() + y.elements()};
}

void expect_values(const std::vector<float>& actual, const std::vector<double>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-6 * std::abs(expected[i]) + 1e-7);
}

// Expected values from the definitions, to ten digits.
TEST(Activations, KnownValues) {
  expect_values(at({-2, 3}, [](Emitter& e, Value x) { return leaky_relu(e, x, 0.1); }), {-0.2, 3});
  expect_values(at({-1, 2}, [](Emitter& e, Value x) { return elu(e, x); }), {-0.6321205588, 2});
  expect_values(at({-1, 2}, [](Emitter& e, Value x) { return selu(e, x); }), {-1.1113307378, 2.1014019747});
  expect_values(at({-1, 2}, [](Emitter& e, Value x) { return gelu(e, x); }), {-0.1586552539, 1.9544997361});
  expect_values(at({-1, 2}, [](Emitter& e, Value x) { return gelu(e, x, "tanh"); }), {-0.1588080094, 1.9545976940});
  expect_values(at({-1, 2}, [](Emitter& e, Value x) { return silu(e, x); }), {-0.2689414214, 1.7615941560});
  expect_values(at({-4, -1, 2, 4}, hardswish), {0, -1.0 / 3, 5.0 / 3, 4});
}

TEST(Activations, NeverOverflow) {
  expect_values(at({-1e30f, 0, 1e30f}, [](Emitter& e, Value x) { return softplus(e, x, 2); }),
                {0, std::log(2.0) / 2, 1e30});
  expect_values(at({-1e30f, 1e30f}, [](Emitter& e, Value x) { return elu(e, x); }), {-1, 1e30});
  expect_values(at({-1e30f, 1e30f}, [](Emitter& e, Value x) { return silu(e, x); }), {0, 1e30});
  expect_values(at({-1e18f, 1e18f}, [](Emitter& e, Value x) { return gelu(e, x, "tanh"); }), {0, 1e18});
}

TEST(Activations, ParametersAreChecked) {
  support::TestEmitter emitter;
  const Value x = emitter.leaf(Tensor::zeros({DType::float32, {3}}));
  EXPECT_THROW(elu(emitter, x, -1), Error);
  EXPECT_THROW(softplus(emitter, x, 0), Error);
  EXPECT_THROW(gelu(emitter, x, "sigmoid"), Error);
}

}  // namespace
}  // namespace tacho
