#include "ops/normalizations.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/eager.h"
#include "tests/support/measure.h"

namespace tacho {
namespace {

void expect_near(const Tensor& tensor, const std::vector<double>& expected) {
  const std::vector<double> got = support::numbers_of(tensor);
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-12) << i;
}

TEST(Normalizations, LayerNormOverTheLastAxisWithScaleAndShift) {
  support::TestEmitter e;
  const Value x = e.leaf(Tensor::of<double>({2, 2}, {1, 3, 10, 20}));
  const Value scale = e.leaf(Tensor::of<double>({2}, {2, 3})), shift = e.leaf(Tensor::of<double>({2}, {0.5, -1}));
  expect_near(e.tensor(layer_norm(e, x, scale, shift, 0)), {-1.5, 2, -1.5, 2});  // rows become -1, 1
}

TEST(Normalizations, RmsNormDoesNotCentre) {
  support::TestEmitter e;
  const Value x = e.leaf(Tensor::of<double>({1, 2}, {3, 4}));
  const Value scale = e.leaf(Tensor::of<double>({2}, {1, 2}));
  const double root = std::sqrt(12.5);
  expect_near(e.tensor(rms_norm(e, x, scale, 0)), {3 / root, 8 / root});
}

TEST(Normalizations, GroupsAreRunsOfChannelsAndScalesStayPerChannel) {
  support::TestEmitter e;
  // One image of four channels of one place; groups {1, 3} and {10, 20}.
  const Value x = e.leaf(Tensor::of<double>({1, 4, 1, 1}, {1, 3, 10, 20}));
  const Value scale = e.leaf(Tensor::of<double>({4}, {1, 2, 3, 4}));
  expect_near(e.tensor(group_norm(e, x, 2, scale, Value{}, 0)), {-1, 2, -3, 4});
  EXPECT_THROW(group_norm(e, x, 3, scale, Value{}), Error);
}

TEST(Normalizations, InstanceNormIsPerChannel) {
  support::TestEmitter e;
  const Value x = e.leaf(Tensor::of<double>({1, 2, 2}, {1, 3, 10, 20}));
  expect_near(e.tensor(instance_norm(e, x, Value{}, Value{}, 0)), {-1, 1, -1, 1});
  EXPECT_THROW(instance_norm(e, e.leaf(Tensor::of<double>({1, 2}, {1, 2})), Value{}, Value{}), Error);
}

}  // namespace
}  // namespace tacho
