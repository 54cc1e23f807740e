#include "ops/max_pool2d.h"

#include <gtest/gtest.h>

#include <limits>

#include "ops/max_pool2d_backward.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho {
namespace {

std::vector<Tensor> max_pooled(const Tensor& x, const MaxPool2dAttributes& attributes) {
  return support::run_whole(op_named("max_pool2d"), attributes, std::vector<Tensor>{x});
}

std::vector<int32_t> places(const Tensor& t) { return {t.as<int32_t>(), t.as<int32_t>() + t.elements()}; }

TEST(MaxPool2d, MaximaAndTheirPlaces) {
  const Tensor x = Tensor::of<double>({1, 1, 3, 4}, {1, 5, 2, 2,  //
                                                     3, 5, 2, 2,  //
                                                     9, 8, 7, 6});
  const auto plain = max_pooled(x, {});
  EXPECT_EQ(plain[0].shape(), (Shape{1, 1, 1, 2}));
  EXPECT_EQ(support::numbers_of(plain[0]), (std::vector<double>{5, 2}));
  EXPECT_EQ(places(plain[1]), (std::vector<int32_t>{1, 2}));  // of equal ones the first
  const auto ceiling = max_pooled(x, {.ceil_mode = true});
  EXPECT_EQ(support::numbers_of(ceiling[0]), (std::vector<double>{5, 2, 9, 7}));
  EXPECT_EQ(places(ceiling[1]), (std::vector<int32_t>{1, 2, 8, 10}));
}

TEST(MaxPool2d, PaddingNeverWins) {
  const double least = -std::numeric_limits<double>::infinity();
  const Tensor x = Tensor::of<double>({1, 1, 2, 2}, {-4, -3, least, least});
  const auto result = max_pooled(x, {{2, 2}, {2, 2}, {1, 1, 1, 1}});
  EXPECT_EQ(support::numbers_of(result[0]), (std::vector<double>{-4, -3, least, least}));
  EXPECT_EQ(places(result[1]), (std::vector<int32_t>{0, 1, 2, 3}));
}

TEST(MaxPool2d, CeilModeCountsNoWindowBehindTheImage) {
  const Tensor x = Tensor::zeros({DType::float64, {1, 1, 3, 3}});
  // Rows 0..2 with one of padding on either side: a third window of stride 2 would start at row 3.
  EXPECT_EQ(max_pooled(x, {{2, 2}, {2, 2}, {1, 1, 1, 1}, true})[0].shape(), (Shape{1, 1, 2, 2}));
}

TEST(MaxPool2d, GradientGoesToTheMaximumAndForeignIndicesAreRefused) {
  const OpDef& backward = op_named("max_pool2d_backward");
  const Tensor dy = Tensor::of<double>({1, 1, 1, 2}, {1, 2});
  const MaxPool2dBackwardAttributes image{{2, 2}};
  const auto dx = support::run_whole(
      backward, image, std::vector<Tensor>{dy, Tensor::of<int32_t>({1, 1, 1, 2}, {3, 3})});  // overlapping windows
  EXPECT_EQ(support::numbers_of(dx[0]), (std::vector<double>{0, 0, 0, 3}));
  for (int32_t wrong : {-1, 4}) {
    const std::vector<Tensor> inputs{dy, Tensor::of<int32_t>({1, 1, 1, 2}, {0, wrong})};
    EXPECT_THROW(support::run_whole(backward, image, inputs), Error);
  }
}

TEST(MaxPool2d, PaddingAsLargeAsTheKernelIsRefused) {
  const TensorType x[] = {{DType::float32, {1, 1, 8, 8}}};
  EXPECT_THROW(types_of(op_named("max_pool2d"), MaxPool2dAttributes{{2, 2}, {2, 2}, {2, 0, 0, 0}}, x), Error);
}

}  // namespace
}  // namespace tacho
