#pragma once
// For suites of convolutions: kernels on random operands against the double reference.
#include <gtest/gtest.h>

#include <cmath>

#include "backends/simd/targets.h"
#include "ops/bias_add.h"
#include "ops/conv2d_backward_data.h"
#include "ops/conv2d_backward_weights.h"
#include "ops/conv_geometry.h"
#include "tests/support/groups.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho::support {

struct ConvolutionCase {
  Shape x, w;
  Conv2dAttributes attributes;
  ConvGeometry geometry() const { return conv_geometry(attributes, x, w); }
};

struct Ran {
  std::vector<Tensor> actual, expected;
  std::string refusal, name, reason;
};

/// What the backend's kernel gives for the chain in slices (`whole`: in one call without lanes), with images as it
/// wants them, and what the reference gives in double.
inline Ran run_convolution(const std::vector<TensorType>& inputs, const std::vector<Step>& steps,
                           const std::string& algorithm, const CpuInfo& cpu = this_cpu(), bool keeps_packs = false,
                           bool whole = false) {
  const Chain chain = make_chain(inputs, steps, whole ? -1 : 0);
  Ran ran;
  ran.refusal = chain.refusal;
  if (!ran.refusal.empty()) return ran;
  const std::vector<Slice> slices =
      even_slices(std::max<int64_t>(1, chain.rows), std::clamp<int64_t>(chain.rows, 1, 4));
  const Backend& backend = backend_named("simd");
  OfferResult result =
      backend.offer(chain.group(slices[0]), {.cpu = cpu, .algorithm = algorithm, .keeps_packs = keeps_packs});
  if (const auto* refusal = std::get_if<Refusal>(&result)) {
    ran.refusal = refusal->reason;
    return ran;
  }
  const Offer& offer = std::get<Offer>(result);
  ran.name = offer.name, ran.reason = offer.reason;
  const Sample sample{{inputs.begin(), inputs.end()}, {}, {}};
  ran.expected = run_members(chain, filled_inputs(sample, DType::float64, 1));
  const std::vector<Tensor> narrow = filled_inputs(sample, inputs[0].dtype, 1);
  ran.actual = run_offer(backend, offer, chain, narrow, slices, 3, 0xFF);
  const std::vector<Tensor> again = run_offer(backend, offer, chain, narrow, slices, 3, 0x5B);
  for (size_t j = 0; j < again.size(); ++j)
    EXPECT_TRUE(same_bits(ran.actual[j], again[j])) << "output " << j << " depends on what was in memory before";
  return ran;
}

/// The error, relative to what a sum of so many products of normal numbers comes to.
inline double relative_error(const Ran& ran, double terms) {
  return max_difference(ran.actual[0], ran.expected[0]) / std::max(4 * std::sqrt(terms), 1e-30);
}

struct Bounds {
  double images, filters;
};

/// How check_three() asks, and what it expects.
struct ConvolutionCheck {
  std::string algorithm;
  const char* name;  ///< how the kernels' names begin
  Bounds bounds;
  CpuInfo cpu = this_cpu();
  const char* said = "";  ///< part of each reason
  DType dtype = DType::float32;
  const char* activation = "relu";
  Attributes activation_attributes = {};
  bool keeps_packs = false;
};

/// conv2d with bias and activation, and both gradients; where the kernels take sums, the first also with one before the
/// activation, and the image's gradient with one behind it. Returns false where the kernels refused the first.
inline bool check_three(const ConvolutionCase& c, const ConvolutionCheck& how, Bounds* worst) {
  const ConvGeometry g = c.geometry();
  SCOPED_TRACE(text_of(simd::target_in_use(), ": ", g.image_shape(), " by ", g.filter_shape(), "; ",
                       to_string(Attributes(c.attributes))));
  const Conv2dBackwardDataAttributes data{c.attributes, {g.rows.in, g.columns.in}};
  const Conv2dBackwardWeightsAttributes weights{c.attributes, {g.rows.kernel, g.columns.kernel}};
  const TensorType x{how.dtype, c.x}, w{how.dtype, c.w}, y{how.dtype, g.output_shape()}, bias{how.dtype, {g.k}};
  const Ran forward = run_convolution({x, w, bias},
                                      {{&op_named("conv2d"), c.attributes, {0, 1}},
                                       {&op_named("bias_add"), BiasAddAttributes{1}, {3, 2}},
                                       {&op_named(how.activation), how.activation_attributes, {4}}},
                                      how.algorithm, how.cpu, how.keeps_packs);
  // The other summand first, as a shortcut comes, or behind.
  const Ran residual = run_convolution({x, w, bias, y},
                                       {{&op_named("conv2d"), c.attributes, {0, 1}},
                                        {&op_named("bias_add"), BiasAddAttributes{1}, {4, 2}},
                                        {&op_named("add"), {}, {3, 5}},
                                        {&op_named(how.activation), how.activation_attributes, {6}}},
                                       how.algorithm, how.cpu, how.keeps_packs);
  const Ran meeting =
      run_convolution({y, w, x}, {{&op_named("conv2d_backward_data"), data, {0, 1}}, {&op_named("add"), {}, {3, 2}}},
                      how.algorithm, how.cpu, how.keeps_packs);
  const Ran to_images = run_convolution({y, w}, {{&op_named("conv2d_backward_data"), data, {0, 1}}}, how.algorithm,
                                        how.cpu, how.keeps_packs);
  const Ran to_filters =
      run_convolution({y, x}, {{&op_named("conv2d_backward_weights"), weights, {0, 1}}}, how.algorithm, how.cpu);
  // As one example is, where the call is divided over threads.
  const Ran in_parts = run_convolution({y, x}, {{&op_named("conv2d_backward_weights"), weights, {0, 1}}}, how.algorithm,
                                       how.cpu, false, true);
  if (!forward.refusal.empty()) return false;
  EXPECT_EQ(to_filters.refusal, "");
  EXPECT_EQ(in_parts.refusal, "");
  const auto check = [&](const Ran& ran, double terms, double bound, double& error) {
    if (!ran.refusal.empty()) return;
    EXPECT_EQ(ran.name.rfind(how.name, 0), 0u) << ran.name;
    EXPECT_NE(ran.reason.find(how.said), std::string::npos) << ran.reason;
    const double e = relative_error(ran, terms);
    EXPECT_LE(e, bound) << ran.name;
    error = std::max(error, e);
  };
  // Kernels of small groups take no sums: others do then.
  if (const std::string name = how.name; !name.starts_with("grouped") && !name.starts_with("depthwise")) {
    EXPECT_EQ(residual.refusal, "");
    if (g.rows.stride == 1 && g.columns.stride == 1) {
      EXPECT_EQ(meeting.refusal.empty(), to_images.refusal.empty()) << meeting.refusal << to_images.refusal;
    }
    check(residual, double(g.channels_per_group() * g.taps()), how.bounds.images, worst->images);
    check(meeting, double(g.filters_per_group() * g.taps()), how.bounds.images, worst->images);
  }
  check(forward, double(g.channels_per_group() * g.taps()), how.bounds.images, worst->images);
  check(to_images, double(g.filters_per_group() * g.taps()), how.bounds.images, worst->images);
  check(to_filters, double(g.n * g.places()), how.bounds.filters, worst->filters);
  check(in_parts, double(g.n * g.places()), how.bounds.filters, worst->filters);
  return true;
}

}  // namespace tacho::support
