// conv_transpose2d.h and conv1d.h: convolutions that are other operations' calls.
#include <gtest/gtest.h>

#include "ops/conv1d.h"
#include "ops/conv_transpose2d.h"
#include "tests/support/eager.h"

namespace tacho {
namespace {

std::vector<double> values(const Tensor& t) { return {t.as<double>(), t.as<double>() + t.elements()}; }

TEST(ConvTranspose2d, EachElementPaintsTheFilter) {
  support::TestEmitter emitter;
  const Value x = emitter.leaf(Tensor::of<double>({1, 1, 1, 2}, {1, 10}));
  const Value w = emitter.leaf(Tensor::of<double>({1, 2, 1, 3}, {1, 2, 3, -1, 0, 1}));
  const Tensor y = emitter.tensor(conv_transpose2d(emitter, x, w, {.stride = {1, 2}}));
  EXPECT_EQ(y.shape(), (Shape{1, 2, 1, 5}));
  EXPECT_EQ(values(y), (std::vector<double>{1, 2, 13, 20, 30, -1, 0, -9, 0, 10}));
  EXPECT_EQ(emitter.record(0).op->name, "conv2d_backward_data");
}

TEST(ConvTranspose2d, SizesAreThoseOfPyTorch) {
  support::TestEmitter emitter;
  const Value x = emitter.leaf(Tensor::zeros({DType::float64, {2, 4, 5, 3}}));
  const Value w = emitter.leaf(Tensor::zeros({DType::float64, {4, 3, 3, 2}}));
  const Conv2dAttributes conv{.stride = {2, 3}, .padding = {1, 0, 1, 0}, .dilation = {1, 2}, .groups = 2};
  // height: 4*2 - 2 + 2 + 1 + 1 = 10; width: 2*3 + 2*1 + 1 = 9
  EXPECT_EQ(emitter.type(conv_transpose2d(emitter, x, w, conv, {1, 0})).shape, (Shape{2, 6, 10, 9}));
  EXPECT_THROW(conv_transpose2d(emitter, x, w, conv, {2, 0}), Error);  // not below the stride
}

TEST(Conv1d, SlidesOverSequences) {
  support::TestEmitter emitter;
  const Value x = emitter.leaf(Tensor::of<double>({1, 1, 4}, {1, 2, 3, 4}));
  const Value w = emitter.leaf(Tensor::of<double>({1, 1, 2}, {1, 10}));
  const Tensor y = emitter.tensor(conv1d(emitter, x, w, {.padding = {1, 0}}));
  EXPECT_EQ(y.shape(), (Shape{1, 1, 4}));
  EXPECT_EQ(values(y), (std::vector<double>{10, 21, 32, 43}));
  const Tensor far = emitter.tensor(conv1d(emitter, x, w, {.stride = 1, .dilation = 3}));
  EXPECT_EQ(values(far), (std::vector<double>{41}));
}

}  // namespace
}  // namespace tacho
