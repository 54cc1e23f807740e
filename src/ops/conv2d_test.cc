// The convolution against its definition, its formulas as they print, and the anchor figures of the counting
// convention.
#include "ops/conv2d.h"

#include <gtest/gtest.h>

#include "ops/conv2d_backward_data.h"
#include "ops/conv2d_backward_weights.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho {
namespace {

using support::filled_inputs;

/// Visits every product of the convolution with the flat indices of its y, w and x; x is -1 on padding.
template <class Visit>
void for_each_product(const Conv2dAttributes& a, const Shape& x, const Shape& w, const Shape& y, Visit&& visit) {
  const int64_t per_group = y[1] / a.groups;
  for (int64_t n = 0; n < y[0]; ++n)
    for (int64_t k = 0; k < y[1]; ++k)
      for (int64_t i = 0; i < y[2]; ++i)
        for (int64_t j = 0; j < y[3]; ++j)
          for (int64_t c = 0; c < w[1]; ++c)
            for (int64_t p = 0; p < w[2]; ++p)
              for (int64_t q = 0; q < w[3]; ++q) {
                const int64_t row = i * a.stride[0] + p * a.dilation[0] - a.padding[0];
                const int64_t column = j * a.stride[1] + q * a.dilation[1] - a.padding[1];
                const bool inside = row >= 0 && row < x[2] && column >= 0 && column < x[3];
                const int64_t channel = k / per_group * w[1] + c;
                visit(((n * y[1] + k) * y[2] + i) * y[3] + j, ((k * w[1] + c) * w[2] + p) * w[3] + q,
                      inside ? ((n * x[1] + channel) * x[2] + row) * x[3] + column : -1);
              }
}

TEST(Conv2d, ItAndItsGradientsEqualTheirDefinition) {
  const OpDef& op = op_named("conv2d");
  for (size_t s = 0; s < op.samples.size(); ++s) {
    SCOPED_TRACE(support::describe(op, s, op.samples[s]));
    const auto& a = op.samples[s].attributes.as<Conv2dAttributes>();
    const std::vector<Tensor> in = filled_inputs(op.samples[s], DType::float64, 1);
    const Tensor &x = in[0], &w = in[1];
    const Tensor y = support::run_whole(op, a, in)[0];
    const Tensor dy = support::filled(y.type(), {}, 2);
    const Tensor dx = support::run_whole(op_named("conv2d_backward_data"),
                                         Conv2dBackwardDataAttributes{a, {x.shape()[2], x.shape()[3]}},
                                         std::vector<Tensor>{dy, w})[0];
    const Tensor dw = support::run_whole(op_named("conv2d_backward_weights"),
                                         Conv2dBackwardWeightsAttributes{a, {w.shape()[2], w.shape()[3]}},
                                         std::vector<Tensor>{dy, x})[0];
    const Tensor expected_y = Tensor::zeros(y.type()), expected_dx = Tensor::zeros(x.type()),
                 expected_dw = Tensor::zeros(w.type());
    for_each_product(a, x.shape(), w.shape(), y.shape(), [&](int64_t to, int64_t weight, int64_t from) {
      if (from < 0) return;
      expected_y.as<double>()[to] += w.as<double>()[weight] * x.as<double>()[from];
      expected_dx.as<double>()[from] += w.as<double>()[weight] * dy.as<double>()[to];
      expected_dw.as<double>()[weight] += dy.as<double>()[to] * x.as<double>()[from];
    });
    EXPECT_LT(support::relative_difference(y, expected_y), 1e-13);
    EXPECT_LT(support::relative_difference(dx, expected_dx), 1e-13);
    EXPECT_LT(support::relative_difference(dw, expected_dw), 1e-13);
  }
}

OpCount count_of(const char* name, const Attributes& attributes) {
  const TensorType four{DType::float32, {1, 1, 1, 1}}, operands[] = {four, four};
  return op_named(name).count({attributes, operands, operands});
}

TEST(Conv2d, FormulasReadAsInTheTexts) {
  const OpCount forward = count_of("conv2d", Conv2dAttributes{});
  EXPECT_EQ(to_string(forward.mul), "N*K*C*KH*KW*OH*OW");
  EXPECT_EQ(to_string(forward.add), "N*K*OH*OW*(C*KH*KW - 1)");
  EXPECT_EQ(big_o(forward.mul), "O(N*K*C*KH*KW*OH*OW)");
  EXPECT_EQ(to_string(count_of("conv2d_backward_data", Conv2dBackwardDataAttributes{}).add), "N*K*C*KH*KW*OH*OW");
  const OpCount weights = count_of("conv2d_backward_weights", Conv2dBackwardWeightsAttributes{});
  EXPECT_EQ(to_string(weights.mul), "N*K*C*KH*KW*OH*OW");
  EXPECT_EQ(to_string(weights.add), "K*C*KH*KW*max(0, N*OH*OW - 1)");
  EXPECT_EQ(to_string(count_of("conv2d", Conv2dAttributes{.groups = 2}).mul), "N*K*KH*KW*OH*OW*floor(C/G)");
}

Tally tally(const char* name, const Attributes& attributes, const Shape& a, const Shape& b) {
  const TensorType inputs[] = {{DType::float32, a}, {DType::float32, b}};
  const TensorTypes outputs = types_of(op_named(name), attributes, inputs);
  return tally_of(op_named(name), {attributes, inputs, outputs});
}

TEST(Conv2d, CountsOfTheReferenceExperiment) {
  const Conv2dAttributes five{.padding = {2, 2, 2, 2}}, three{.padding = {1, 1, 1, 1}};
  const int64_t fully_connected = 128 * 576 * 10;
  Tally forward, backward;
  forward += tally("conv2d", five, {128, 1, 28, 28}, {32, 1, 5, 5});
  forward += tally("conv2d", three, {128, 32, 14, 14}, {64, 32, 3, 3});
  forward += tally("conv2d", three, {128, 64, 7, 7}, {64, 64, 3, 3});
  EXPECT_EQ(forward.mul + fully_connected, 774'651'904);
  EXPECT_EQ(forward.padding_mul, 91'668'480);

  // No data gradient for the first layer.
  backward += tally("conv2d_backward_weights", Conv2dBackwardWeightsAttributes{five, {5, 5}}, {128, 32, 28, 28},
                    {128, 1, 28, 28});
  backward += tally("conv2d_backward_weights", Conv2dBackwardWeightsAttributes{three, {3, 3}}, {128, 64, 14, 14},
                    {128, 32, 14, 14});
  backward += tally("conv2d_backward_weights", Conv2dBackwardWeightsAttributes{three, {3, 3}}, {128, 64, 7, 7},
                    {128, 64, 7, 7});
  backward +=
      tally("conv2d_backward_data", Conv2dBackwardDataAttributes{three, {14, 14}}, {128, 64, 14, 14}, {64, 32, 3, 3});
  backward +=
      tally("conv2d_backward_data", Conv2dBackwardDataAttributes{three, {7, 7}}, {128, 64, 7, 7}, {64, 64, 3, 3});
  EXPECT_EQ(backward.mul + 2 * fully_connected, 1'469'022'208);
}

std::string tally_error(const Attributes& attributes, const Shape& x, const Shape& w) {
  try {
    tally("conv2d", attributes, x, w);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Conv2d, MistakesAreNamed) {
  const auto says = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  const Conv2dAttributes plain;
  EXPECT_TRUE(says(tally_error(plain, {2, 3, 4, 4}, {2, 3, 5, 5}), "the kernel spans 5 but the padded image only 4"));
  EXPECT_TRUE(says(tally_error(plain, {2, 3, 4, 4}, {2, 2, 3, 3}), "expected filters of 3 channels"));
  EXPECT_TRUE(says(tally_error(plain, {3, 4, 4}, {2, 3, 3, 3}), "expected images N x C x H x W, got 3x4x4"));
  EXPECT_TRUE(says(tally_error(Conv2dAttributes{.groups = 2}, {2, 3, 4, 4}, {2, 1, 3, 3}), "2 groups do not divide 3"));
  EXPECT_TRUE(says(tally_error(plain, {int64_t{1} << 40, 3, 4096, 4096}, {1, 3, 1, 1}), "2^63"));
}

}  // namespace
}  // namespace tacho
