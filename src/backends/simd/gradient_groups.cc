// Groups that begin with the gradient of a relu or of a max pooling, by what reads it.
#include "backends/simd/gradient_source.h"
#include "backends/simd/kernels.h"

namespace tacho::simd {

OfferResult offer_behind_gradient(const Group& group, const OfferContext& context) {
  const auto source = gradient_source_of(group);
  if (!source) return Refusal{"nothing behind the gradient"};
  const std::string_view next = group.members[source->members].op->name;
  if (next == "sum") return offer_channel_sum(group, context);
  if (next == "batch_norm_backward_parameters") return offer_batch_norm_backward_parameters(group, context);
  if (next == "batch_norm_backward_input" || next == "batch_norm_statistics_backward")
    return offer_batch_norm_input_gradient(group, context);
  if (next == "conv2d_backward_data") {
    OfferResult winograd = offer_winograd(group, context);
    if (std::holds_alternative<Offer>(winograd)) return winograd;
    OfferResult direct = offer_direct(group, context);
    if (auto* refusal = std::get_if<Refusal>(&direct))
      refusal->reason = std::get<Refusal>(winograd).reason + "; " + refusal->reason;
    return direct;
  }
  if (next == "conv2d_backward_weights") {
    OfferResult sparse = offer_sparse_weights(group, context);
    if (std::holds_alternative<Offer>(sparse)) return sparse;
    OfferResult winograd = offer_winograd_weights(group, context);
    if (auto* refusal = std::get_if<Refusal>(&winograd))
      refusal->reason = std::get<Refusal>(sparse).reason + "; " + refusal->reason;
    return winograd;
  }
  return Refusal{text_of(next, " behind the gradient")};
}

}  // namespace tacho::simd
