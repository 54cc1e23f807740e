// conv_transpose2d.h, conv1d.h and conv3d.h: convolutions that are other operations' calls.
#include <gtest/gtest.h>

#include "base/random.h"
#include "ops/conv1d.h"
#include "ops/conv3d.h"
#include "ops/conv_transpose2d.h"
#include "tests/support/eager.h"
#include "tests/support/measure.h"

namespace tacho {
namespace {

TEST(ConvTranspose2d, EachElementPaintsTheFilter) {
  support::TestEmitter emitter;
  const Value x = emitter.leaf(Tensor::of<double>({1, 1, 1, 2}, {1, 10}));
  const Value w = emitter.leaf(Tensor::of<double>({1, 2, 1, 3}, {1, 2, 3, -1, 0, 1}));
  const Tensor y = emitter.tensor(conv_transpose2d(emitter, x, w, {.stride = {1, 2}}));
  EXPECT_EQ(y.shape(), (Shape{1, 2, 1, 5}));
  EXPECT_EQ(support::numbers_of(y), (std::vector<double>{1, 2, 13, 20, 30, -1, 0, -9, 0, 10}));
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
  EXPECT_EQ(support::numbers_of(y), (std::vector<double>{10, 21, 32, 43}));
  const Tensor far = emitter.tensor(conv1d(emitter, x, w, {.stride = 1, .dilation = 3}));
  EXPECT_EQ(support::numbers_of(far), (std::vector<double>{41}));
}

Tensor random_tensor(const Shape& shape, uint64_t seed) {
  const Tensor t({DType::float64, shape});
  for (int64_t i = 0; i < t.elements(); ++i) t.as<double>()[i] = Random(seed).normal(uint64_t(i));
  return t;
}

/// The definition: seven loops.
std::vector<double> convolved(const Tensor& x, const Tensor& w, const Conv3dOptions& o, const Shape& out) {
  const Shape &in = x.shape(), &f = w.shape();
  std::vector<double> y;
  for (int64_t n = 0; n < out[0]; ++n)
    for (int64_t k = 0; k < out[1]; ++k)
      for (int64_t place = 0; place < out[2] * out[3] * out[4]; ++place) {
        const int64_t at[] = {place / out[4] / out[3], place / out[4] % out[3], place % out[4]};
        double sum = 0;
        for (int64_t c = 0; c < f[1]; ++c)
          for (int64_t tap = 0; tap < f[2] * f[3] * f[4]; ++tap) {
            const int64_t q[] = {tap / f[4] / f[3], tap / f[4] % f[3], tap % f[4]};
            int64_t index = n * in[1] + k / (f[0] / o.groups) * f[1] + c;
            bool inside = true;
            for (size_t axis = 0; axis < 3; ++axis) {
              const int64_t p = at[axis] * o.stride[axis] + q[axis] * o.dilation[axis] - o.padding[axis];
              inside = inside && p >= 0 && p < in[axis + 2];
              index = index * in[axis + 2] + p;
            }
            if (inside) sum += x.as<double>()[index] * w.as<double>()[(k * f[1] + c) * f[2] * f[3] * f[4] + tap];
          }
        y.push_back(sum);
      }
  return y;
}

TEST(Conv3d, IsTheDefinition) {
  const std::pair<Conv3dOptions, Shape> cases[] = {
      {{}, {2, 4, 3, 5, 4}},
      {{.padding = {1, 1, 1}}, {2, 4, 5, 7, 6}},
      {{.stride = {2, 1, 2}, .padding = {2, 0, 1}, .dilation = {2, 2, 1}}, {2, 4, 3, 3, 3}},
      {{.stride = {1, 2, 1}, .padding = {0, 1, 0}, .groups = 2}, {2, 4, 3, 4, 4}},
  };
  for (const auto& [options, shape] : cases) {
    support::TestEmitter emitter;
    const Tensor x = random_tensor({2, 4, 5, 7, 6}, 1), w = random_tensor({4, 4 / options.groups, 3, 3, 3}, 2);
    const Tensor y = emitter.tensor(conv3d(emitter, emitter.leaf(x), emitter.leaf(w), options));
    ASSERT_EQ(y.shape(), shape);
    const std::vector<double> got = support::numbers_of(y), expected = convolved(x, w, options, shape);
    for (size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], expected[i], 1e-12) << i;
  }
}

TEST(Conv3d, FiltersDeeperThanTheVolumeAreRefused) {
  support::TestEmitter emitter;
  const Value x = emitter.leaf(random_tensor({1, 1, 2, 3, 3}, 1)), w = emitter.leaf(random_tensor({1, 1, 3, 1, 1}, 2));
  EXPECT_THROW(conv3d(emitter, x, w), Error);
}

}  // namespace
}  // namespace tacho
