// Values of reductions and softmax by hand, where zeros, ties and infinities are.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "ops/arg_max.h"
#include "ops/log_softmax.h"
#include "ops/log_sum_exp.h"
#include "ops/min.h"
#include "ops/prod.h"
#include "ops/prod_backward.h"
#include "ops/softmax.h"
#include "tests/support/eager.h"

namespace tacho {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class Reductions : public testing::Test {
 protected:
  support::TestEmitter emitter;
  using Numbers = std::vector<double>;

  Value leaf(Shape shape, std::initializer_list<double> numbers) {
    return emitter.leaf(Tensor::of<double>(shape, numbers));
  }
  Numbers values(Value value) const {
    const Tensor& t = emitter.tensor(value);
    return {t.as<double>(), t.as<double>() + t.elements()};
  }
};

TEST_F(Reductions, MinAndProd) {
  const Value x = leaf({2, 3}, {2, -1, 4, 0, 5, 3});
  EXPECT_EQ(values(min(emitter, x, {{1}})), (Numbers{-1, 0}));
  EXPECT_EQ(values(min(emitter, x, {{0}})), (Numbers{0, -1, 3}));
  EXPECT_EQ(values(prod(emitter, x, {{1}})), (Numbers{-8, 0}));
  EXPECT_EQ(values(prod(emitter, leaf({2, 0}, {}), {{1}})), (Numbers{1, 1}));
  EXPECT_THROW(min(emitter, leaf({2, 0}, {}), {{1}}), Error);
}

TEST_F(Reductions, GradientOfAProductWithZeros) {
  const Value dy = leaf({3}, {1, 1, 2}), x = leaf({3, 3}, {0, 2, 3, 0, 2, 0, 1, 2, 3});
  EXPECT_EQ(values(prod_backward(emitter, dy, x, {{1}})), (Numbers{6, 0, 0, 0, 0, 0, 12, 6, 4}));
}

TEST_F(Reductions, ArgMaxIsTheFirstOfEqualOnes) {
  const Value x = leaf({2, 4}, {1, 3, 3, 2, -5, -5, -5, -5});
  const Tensor at = emitter.tensor(arg_max(emitter, x, 1));
  EXPECT_EQ(at.shape(), (Shape{2}));
  EXPECT_EQ(at.as<int64_t>()[0], 1);
  EXPECT_EQ(at.as<int64_t>()[1], 0);
  EXPECT_EQ(emitter.type(arg_max(emitter, x, 0, true)).shape, (Shape{1, 4}));
}

TEST_F(Reductions, LogSumExpNeitherOverflowsNorMakesNan) {
  const Value x = leaf({4, 2}, {1000, 1000, -kInfinity, -kInfinity, kInfinity, 0, -kInfinity, 3});
  const Numbers y = values(log_sum_exp(emitter, x, {{1}}));
  EXPECT_DOUBLE_EQ(y[0], 1000 + std::log(2.0));
  EXPECT_EQ(y[1], -kInfinity);
  EXPECT_EQ(y[2], kInfinity);
  EXPECT_EQ(y[3], 3);
}

TEST_F(Reductions, SoftmaxOfLargeNumbers) {
  const Value x = leaf({2, 2}, {1000, 1000, 0, -1000});
  EXPECT_EQ(values(softmax(emitter, x)), (Numbers{0.5, 0.5, 1, 0}));
  EXPECT_EQ(values(log_softmax(emitter, x)), (Numbers{-std::log(2.0), -std::log(2.0), 0, -1000}));
  EXPECT_EQ(values(softmax(emitter, x, 0)), (Numbers{1, 1, 0, 0}));
}

}  // namespace
}  // namespace tacho
