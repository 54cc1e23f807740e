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

std::vector<int> places(const Tensor& t) { return {t.as<uint8_t>(), t.as<uint8_t>() + t.elements()}; }

TEST(MaxPool2d, MaximaAndTheirPlaces) {
  const Tensor x = Tensor::of<double>({1, 1, 3, 4}, {1, 5, 2, 2,  //
                                                     3, 5, 2, 2,  //
                                                     9, 8, 7, 6});
  const auto plain = max_pooled(x, {});
  EXPECT_EQ(plain[0].shape(), (Shape{1, 1, 1, 2}));
  EXPECT_EQ(support::numbers_of(plain[0]), (std::vector<double>{5, 2}));
  EXPECT_EQ(places(plain[1]), (std::vector<int>{1, 0}));  // of equal ones the first
  const auto ceiling = max_pooled(x, {.ceil_mode = true});
  EXPECT_EQ(support::numbers_of(ceiling[0]), (std::vector<double>{5, 2, 9, 7}));
  EXPECT_EQ(places(ceiling[1]), (std::vector<int>{1, 0, 0, 0}));
}

TEST(MaxPool2d, PaddingNeverWins) {
  const double least = -std::numeric_limits<double>::infinity();
  const Tensor x = Tensor::of<double>({1, 1, 2, 2}, {-4, -3, least, least});
  const auto result = max_pooled(x, {{2, 2}, {2, 2}, {1, 1, 1, 1}});
  EXPECT_EQ(support::numbers_of(result[0]), (std::vector<double>{-4, -3, least, least}));
  EXPECT_EQ(places(result[1]), (std::vector<int>{3, 2, 1, 0}));
}

TEST(MaxPool2d, CeilModeCountsNoWindowBehindTheImage) {
  const Tensor x = Tensor::zeros({DType::float64, {1, 1, 3, 3}});
  // Rows 0..2 with one of padding on either side: a third window of stride 2 would start at row 3.
  EXPECT_EQ(max_pooled(x, {{2, 2}, {2, 2}, {1, 1, 1, 1}, true})[0].shape(), (Shape{1, 1, 2, 2}));
}

TEST(MaxPool2d, GradientGoesToTheMaximumAndForeignIndicesAreRefused) {
  const OpDef& backward = op_named("max_pool2d_backward");
  const Tensor dy = Tensor::of<double>({1, 1, 1, 2}, {1, 2});
  const MaxPool2dBackwardAttributes overlapping{{{1, 2}, {1, 1}}, {1, 3}};
  const auto gradient = [&](uint8_t first, uint8_t second, const MaxPool2dBackwardAttributes& attributes) {
    return support::run_whole(backward, attributes,
                              std::vector<Tensor>{dy, Tensor::of<uint8_t>({1, 1, 1, 2}, {first, second})})[0];
  };
  EXPECT_EQ(support::numbers_of(gradient(1, 0, overlapping)), (std::vector<double>{0, 3, 0}));
  EXPECT_THROW(gradient(0, 2, overlapping), Error);
  const MaxPool2dBackwardAttributes padded{{{1, 2}, {1, 2}, {0, 1, 0, 1}}, {1, 2}};
  EXPECT_EQ(support::numbers_of(gradient(1, 0, padded)), (std::vector<double>{1, 2}));
  EXPECT_THROW(gradient(0, 0, padded), Error);
  EXPECT_THROW(gradient(1, 1, padded), Error);
}

TEST(MaxPool2d, PlacesAreBytesWhereTheyFit) {
  EXPECT_EQ(max_pool2d_index({{16, 16}, {1, 1}}), DType::uint8);
  EXPECT_EQ(max_pool2d_index({{257, 1}, {1, 1}}), DType::int32);
  const TensorType dy{DType::float32, {1, 1, 2, 2}};
  for (const DType dtype : {DType::int32, DType::uint8}) {
    const TensorType inputs[] = {dy, {dtype, dy.shape}};
    const MaxPool2dBackwardAttributes attributes{{}, {4, 4}};
    if (dtype == DType::uint8) EXPECT_NO_THROW(types_of(op_named("max_pool2d_backward"), attributes, inputs));
    else EXPECT_THROW(types_of(op_named("max_pool2d_backward"), attributes, inputs), Error);
  }
  // Of 258 places the last: no byte holds it.
  Tensor x = Tensor::zeros({DType::float64, {1, 1, 2, 129}});
  x.as<double>()[257] = 1;
  const auto pooled = max_pooled(x, {{2, 129}, {1, 1}});
  EXPECT_EQ(pooled[1].as<int32_t>()[0], 257);
}

TEST(MaxPool2d, PaddingAsLargeAsTheKernelIsRefused) {
  const TensorType x[] = {{DType::float32, {1, 1, 8, 8}}};
  EXPECT_THROW(types_of(op_named("max_pool2d"), MaxPool2dAttributes{{2, 2}, {2, 2}, {2, 0, 0, 0}}, x), Error);
}

}  // namespace
}  // namespace tacho
