#include "ops/resize2d.h"

#include <gtest/gtest.h>

#include "tests/support/operands.h"

namespace tacho {
namespace {

std::vector<double> resized(const Tensor& x, const Resize2dAttributes& attributes) {
  const Tensor y = support::run_whole(op_named("resize2d"), attributes, std::vector<Tensor>{x})[0];
  return {y.as<double>(), y.as<double>() + y.elements()};
}

TEST(Resize2d, NearestRepeatsAndSkips) {
  EXPECT_EQ(resized(Tensor::of<double>({1, 1, 1, 2}, {1, 2}), {{2, 4}, "nearest"}),
            (std::vector<double>{1, 1, 2, 2, 1, 1, 2, 2}));
  EXPECT_EQ(resized(Tensor::of<double>({1, 1, 1, 4}, {1, 2, 3, 4}), {{1, 2}, "nearest"}), (std::vector<double>{1, 3}));
}

TEST(Resize2d, BilinearWeighsAroundCentresAndHoldsAtTheBorder) {
  EXPECT_EQ(resized(Tensor::of<double>({1, 1, 1, 2}, {0, 4}), {{1, 4}, "bilinear"}), (std::vector<double>{0, 1, 3, 4}));
  EXPECT_EQ(resized(Tensor::of<double>({1, 1, 2, 2}, {0, 2, 4, 6}), {{1, 1}, "bilinear"}), (std::vector<double>{3}));
}

TEST(Resize2d, UnknownModesAndEmptySizesAreRefused) {
  const Tensor x = Tensor::of<double>({1, 1, 1, 1}, {1});
  EXPECT_THROW(resized(x, {{1, 1}, "cubic"}), Error);
  EXPECT_THROW(resized(x, {{0, 1}, "nearest"}), Error);
}

}  // namespace
}  // namespace tacho
