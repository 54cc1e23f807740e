#include "ops/avg_pool2d.h"

#include <gtest/gtest.h>

#include "ops/adaptive_avg_pool2d.h"
#include "tests/support/eager.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho {
namespace {

Tensor average_pooled(const Tensor& x, const AvgPool2dAttributes& attributes) {
  return support::run_whole(op_named("avg_pool2d"), attributes, std::vector<Tensor>{x})[0];
}

const Tensor kNine = Tensor::of<double>({1, 1, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9});

TEST(AvgPool2d, PaddingCountsOrDoesNot) {
  AvgPool2dAttributes attributes{{2, 2}, {2, 2}, {1, 1, 1, 1}};
  EXPECT_EQ(support::numbers_of(average_pooled(kNine, attributes)), (std::vector<double>{0.25, 1.25, 2.75, 7}));
  attributes.count_include_pad = false;
  EXPECT_EQ(support::numbers_of(average_pooled(kNine, attributes)), (std::vector<double>{1, 2.5, 5.5, 7}));
}

TEST(AvgPool2d, CeilModeDividesByPlacesOfThePaddedImageOnly) {
  AvgPool2dAttributes attributes{{2, 2}, {2, 2}, {0, 0, 0, 0}, true};
  EXPECT_EQ(support::numbers_of(average_pooled(kNine, attributes)),
            (std::vector<double>{3, 4.5, 7.5, 9}));  // as PyTorch
  attributes.ceil_mode = false;
  EXPECT_EQ(support::numbers_of(average_pooled(kNine, attributes)), (std::vector<double>{3}));
}

TEST(AvgPool2d, PaddingAsLargeAsTheKernelIsRefused) {
  EXPECT_THROW(average_pooled(kNine, {{2, 2}, {2, 2}, {0, 2, 0, 0}}), Error);
}

TEST(GlobalAvgPool2d, IsTheMeanOfEachChannel) {
  support::TestEmitter emitter;
  const Value x = emitter.leaf(Tensor::of<double>({1, 2, 1, 3}, {1, 2, 6, 4, 4, 7}));
  const Tensor y = emitter.tensor(global_avg_pool2d(emitter, x));
  EXPECT_EQ(y.shape(), (Shape{1, 2, 1, 1}));
  EXPECT_EQ(support::numbers_of(y), (std::vector<double>{3, 5}));
  EXPECT_THROW(global_avg_pool2d(emitter, emitter.leaf(Tensor::of<double>({2, 1}, {1, 2}))), Error);
}

TEST(AdaptiveAvgPool2d, WindowsOverlapWhereTheyDoNotDivideTheImage) {
  support::TestEmitter emitter;
  const Value x = emitter.leaf(Tensor::of<double>({1, 1, 1, 5}, {1, 2, 3, 4, 5}));
  const Value y = adaptive_avg_pool2d(emitter, x, {{1, 3}});  // places 0-1, 1-3, 3-4
  EXPECT_EQ(support::numbers_of(emitter.tensor(y)), (std::vector<double>{1.5, 3, 4.5}));
  EXPECT_EQ(emitter.record(0).op->name, "adaptive_avg_pool2d");
  EXPECT_THROW(adaptive_avg_pool2d(emitter, x, {{0, 1}}), Error);
}

TEST(AdaptiveAvgPool2d, WindowsThatDivideTheImageArePlainPooling) {
  support::TestEmitter emitter;
  const Value x = emitter.leaf(Tensor::of<double>({1, 1, 2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(support::numbers_of(emitter.tensor(adaptive_avg_pool2d(emitter, x, {{1, 2}}))),
            (std::vector<double>{3.5, 5.5}));
  EXPECT_EQ(emitter.record(0).op->name, "avg_pool2d");
}

}  // namespace
}  // namespace tacho
