// Kernels of our own, vectorised by Highway and chosen for the machine when the program runs; one thread each.
#include "op/backend.h"

#include <optional>

#include "backends/simd/gemm.h"
#include "backends/simd/kernels.h"
#include "backends/simd/layouts.h"
#include "backends/simd/targets.h"

namespace tacho {
namespace {

struct Maker {
  std::string_view anchor;  ///< operation whose groups it is asked about
  OfferResult (*offer)(const Group&, const OfferContext&);
  bool bfloat16 = false;  ///< it has kernels that multiply in bfloat16
};

/// The first that accepts takes the group, so a kernel that is better where it applies stands before the general one.
constexpr Maker kMakers[] = {
    {"matmul", simd::offer_matmul, true},
    {"conv2d", simd::offer_winograd},
    {"conv2d", simd::offer_wide_winograd},
    {"conv2d", simd::offer_pointwise, true},
    {"conv2d", simd::offer_grouped},
    {"conv2d", simd::offer_direct, true},
    {"conv2d_backward_data", simd::offer_winograd},
    {"conv2d_backward_data", simd::offer_wide_winograd},
    {"conv2d_backward_data", simd::offer_pointwise, true},
    {"conv2d_backward_data", simd::offer_spread},
    {"conv2d_backward_data", simd::offer_grouped},
    {"conv2d_backward_data", simd::offer_direct, true},
    {"conv2d_backward_weights", simd::offer_winograd_weights},
    {"conv2d_backward_weights", simd::offer_wide_winograd_weights},
    {"conv2d_backward_weights", simd::offer_pointwise_weights, true},
    {"conv2d_backward_weights", simd::offer_grouped_weights},
    {"conv2d_backward_weights", simd::offer_direct_weights, true},
    {"relu_backward", simd::offer_relu_and_pool_gradient},
    {"max_pool2d_backward", simd::offer_behind_gradient},
    {"max_pool2d", simd::offer_max_pool2d},
    {"max_pool2d_backward", simd::offer_max_pool2d_backward},
    {"avg_pool2d", simd::offer_average_pool},
    {"avg_pool2d_backward", simd::offer_average_pool},
    {"adaptive_avg_pool2d", simd::offer_average_pool},
    {"adaptive_avg_pool2d_backward", simd::offer_average_pool},
    {"sum", simd::offer_channel_sum},
    {"sum", simd::offer_reduction},
    {"mean", simd::offer_reduction},
    {"max", simd::offer_reduction},
    {"min", simd::offer_reduction},
    {"reshape", simd::offer_image_reshape},
    {"batch_norm", simd::offer_batch_norm},
    {"batch_norm_statistics", simd::offer_batch_norm_statistics},
    {"batch_norm_backward_parameters", simd::offer_batch_norm_backward_parameters},
    {"batch_norm_backward_input", simd::offer_batch_norm_input_gradient},
    {"batch_norm_statistics_backward", simd::offer_batch_norm_input_gradient},
    {"softmax", simd::offer_softmax},
    {"log_softmax", simd::offer_softmax},
    {"softmax_backward", simd::offer_softmax},
    {"log_softmax_backward", simd::offer_softmax},
    {"softmax_cross_entropy", simd::offer_cross_entropy},
    {"softmax_cross_entropy_backward", simd::offer_cross_entropy},
    {"normalize_rows", simd::offer_normalize_rows},
    {"normalize_rows_backward", simd::offer_normalize_rows},
    {"sgd_update", simd::offer_update},
    {"momentum_update", simd::offer_update},
    {"adam_update", simd::offer_update},
    {"rmsprop_update", simd::offer_update},
    {"adagrad_update", simd::offer_update},
    {"lamb_direction", simd::offer_update},
};

OfferResult offer(const Group& group, const OfferContext& context) {
  const std::string_view anchor = group.anchor_member().op->name;
  std::string reasons;
  const auto taken = [&](auto offer) -> std::optional<OfferResult> {
    OfferResult result = offer(group, context);
    if (std::holds_alternative<Offer>(result)) return result;
    reasons += (reasons.empty() ? "" : "; ") + std::get<Refusal>(result).reason;
    return {};
  };
  for (const Maker& maker : kMakers)
    if (maker.anchor == anchor && (maker.bfloat16 || !context.bfloat16))
      if (auto result = taken(maker.offer)) return std::move(*result);
  if (simd::is_elementwise(anchor) && group.members.size() > 1 && group.members[1].op->name == "matmul")
    if (auto result = taken(simd::offer_matmul)) return std::move(*result);
  if (simd::is_elementwise(anchor) && anchor.ends_with("_backward") && group.members.size() > 1 && !context.bfloat16)
    if (auto result = taken(simd::offer_behind_gradient)) return std::move(*result);
  if (context.bfloat16 && !reasons.empty()) return Refusal{"bfloat16: " + reasons};
  if (simd::is_elementwise(anchor))
    if (auto result = taken(simd::offer_elementwise)) return std::move(*result);
  if (reasons.empty()) return Refusal{text_of("not an operation that it knows: ", anchor)};
  return Refusal{std::move(reasons)};
}

}  // namespace

extern const Backend backend_simd{
    .name = "simd",
    .doc = "Kernels of our own for AVX-512, AVX2, NEON or any machine, one thread each; images channels last.",
    .preference = 80,
    .unavailable = simd::target_unavailable,
    .supports = simd::supports_convolution,
    .offer = offer,
    .reorder = simd::make_reorder_kernel,
    .multiplies_in_bfloat16 = [] { return simd::target_unavailable() == nullptr && simd::bfloat16_gemm() != nullptr; },
    .channels_last = true,
};

}  // namespace tacho
