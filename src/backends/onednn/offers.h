#pragma once
// Operations that oneDNN computes as one primitive each, of float32; else the reason why not.
#include "op/backend.h"

namespace tacho::onednn {

/// Whether offer_eltwise, offer_binary know the operation.
bool is_eltwise(std::string_view op);
bool is_binary(std::string_view op);
/// Functions of one tensor, and their gradients from two of one shape, in the layout that arrives.
OfferResult offer_eltwise(const Group& group, const OfferContext& context);
/// Of two tensors, with broadcasting; comparisons too, and bias_add.
OfferResult offer_binary(const Group& group, const OfferContext& context);
/// softmax, log_softmax and their gradients.
OfferResult offer_softmax(const Group& group);
/// sum, mean, max, min over axes.
OfferResult offer_reduction(const Group& group, const OfferContext& context);
/// avg_pool2d, adaptive_avg_pool2d with windows of one size, and their gradients.
OfferResult offer_average_pool(const Group& group, const OfferContext& context);
/// resize2d and its gradient where oneDNN takes the same places.
OfferResult offer_resize(const Group& group, const OfferContext& context);
/// batch_norm, batch_norm_statistics, batch_norm_backward_input, batch_norm_backward_parameters.
OfferResult offer_batch_norm(const Group& group, const OfferContext& context);
/// normalize_rows and its gradient: layer, group and instance normalisation.
OfferResult offer_row_norm(const Group& group);

}  // namespace tacho::onednn
