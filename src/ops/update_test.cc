// Optimiser updates against their definitions written out.
#include <gtest/gtest.h>

#include <cmath>

#include "ops/adam_update.h"
#include "ops/momentum_update.h"
#include "ops/sgd_update.h"
#include "tests/support/eager.h"

namespace tacho {
namespace {

using support::TestEmitter;

Value vector_of(TestEmitter& emitter, double a, double b) { return emitter.leaf(Tensor::of<double>({2}, {a, b})); }
Value scalar_of(TestEmitter& emitter, double a) { return emitter.leaf(Tensor::of<double>({}, {a})); }
double first(const TestEmitter& emitter, Value value) { return emitter.tensor(value).as<double>()[0]; }

TEST(Update, SgdWithDecay) {
  TestEmitter e;
  const Value w = vector_of(e, 2, -1), g = vector_of(e, 0.5, 0.25), rate = scalar_of(e, 0.1);
  EXPECT_DOUBLE_EQ(first(e, sgd_update(e, w, g, rate)), 2 - 0.1 * 0.5);
  EXPECT_DOUBLE_EQ(first(e, sgd_update(e, w, g, rate, {0.01})), 2 - 0.1 * (0.5 + 0.01 * 2));
}

TEST(Update, MomentumAndNesterov) {
  TestEmitter e;
  const Value w = vector_of(e, 2, -1), g = vector_of(e, 0.5, 0.25), v = vector_of(e, 3, 4), rate = scalar_of(e, 0.1);
  const double velocity = 0.9 * 3 + 0.5;
  const auto plain = momentum_update(e, w, g, v, rate);
  EXPECT_DOUBLE_EQ(first(e, plain.velocity), velocity);
  EXPECT_DOUBLE_EQ(first(e, plain.parameter), 2 - 0.1 * velocity);
  const auto nesterov = momentum_update(e, w, g, v, rate, {.nesterov = true});
  EXPECT_DOUBLE_EQ(first(e, nesterov.velocity), velocity);
  EXPECT_DOUBLE_EQ(first(e, nesterov.parameter), 2 - 0.1 * (0.5 + 0.9 * velocity));
}

/// From zero moments, the corrected moments after one step are g and g^2, whatever the betas.
TEST(Update, FirstStepOfAdamIsOneRateLong) {
  for (const double g : {0.5, -3.0}) {
    TestEmitter e;
    const Value w = vector_of(e, 2, -1), zero = vector_of(e, 0, 0), rate = scalar_of(e, 0.1);
    const Value step = e.leaf(Tensor::of<int64_t>({}, {1})), gradient = vector_of(e, g, g);
    const auto plain = adam_update(e, w, gradient, zero, zero, rate, step);
    EXPECT_NEAR(first(e, plain.parameter), 2 - 0.1 * g / (std::abs(g) + 1e-8), 1e-14);
    const auto decoupled =
        adam_update(e, w, gradient, zero, zero, rate, step, {.weight_decay = 0.5, .decoupled = true});
    EXPECT_NEAR(first(e, decoupled.parameter), 2 * (1 - 0.1 * 0.5) - 0.1 * g / (std::abs(g) + 1e-8), 1e-14);
    const auto coupled = adam_update(e, w, gradient, zero, zero, rate, step, {.weight_decay = 0.5});
    EXPECT_NEAR(first(e, coupled.first_moment), 0.1 * (g + 0.5 * 2), 1e-14);
  }
}

TEST(Update, AdamCountsStepsFromOne) {
  TestEmitter e;
  const Value w = vector_of(e, 2, -1), rate = scalar_of(e, 0.1), step = e.leaf(Tensor::of<int64_t>({}, {0}));
  EXPECT_THROW(adam_update(e, w, w, w, w, rate, step), Error);
}

TEST(Update, RefusesAnotherShape) {
  TestEmitter e;
  const Value w = vector_of(e, 2, -1), rate = scalar_of(e, 0.1);
  try {
    sgd_update(e, w, rate, rate);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("expected input 1 to be of the variable's type float64 2"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace tacho
