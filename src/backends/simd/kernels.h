#pragma once
// The kernels of this backend, one maker per file: each takes a group, or refuses it with its reason.
#include "op/backend.h"

namespace tacho::simd {

/// A matrix product with what may follow it (a bias, an activation) and with the gradient of an activation before it.
OfferResult offer_matmul(const Group& group, const OfferContext& context);

/// conv2d with its bias, relu and pooling, or conv2d_backward_data, by Winograd's algorithm.
OfferResult offer_winograd(const Group& group, const OfferContext& context);
/// conv2d_backward_weights by the same, as the images' gradient behind a relu's or a max pooling's too, its partial in
/// the algorithm's own domain until the slices are combined.
OfferResult offer_winograd_weights(const Group& group, const OfferContext& context);
/// The same three with 1 x 1 filters that visit every place, as products of matrices.
OfferResult offer_pointwise(const Group& group, const OfferContext& context);
OfferResult offer_pointwise_weights(const Group& group, const OfferContext& context);
/// The same three with 5 x 5 filters and few channels, but for what stands before the gradients.
OfferResult offer_wide_winograd(const Group& group, const OfferContext& context);
OfferResult offer_wide_winograd_weights(const Group& group, const OfferContext& context);
/// conv2d_backward_data of images with few channels.
OfferResult offer_spread(const Group& group, const OfferContext& context);
/// The same three for any filters, strides, dilations and groups, directly.
OfferResult offer_direct(const Group& group, const OfferContext& context);
OfferResult offer_direct_weights(const Group& group, const OfferContext& context);
/// The same three in groups of a few channels, depthwise ones above all, float32 and float64.
OfferResult offer_grouped(const Group& group, const OfferContext& context);
OfferResult offer_grouped_weights(const Group& group, const OfferContext& context);
/// Backend::supports: whether one of these takes a conv2d.
bool supports_convolution(const OpDef& op, const Attributes& attributes, std::span<const TensorType> inputs);

// Images that lie channels last already.
/// relu_backward or max_pool2d_backward, or both, with one operation behind them that does not store what they make.
OfferResult offer_behind_gradient(const Group& group, const OfferContext& context);
/// Of these conv2d_backward_weights of few channels behind a max pooling.
OfferResult offer_sparse_weights(const Group& group, const OfferContext& context);
/// relu_backward with max_pool2d_backward behind it.
OfferResult offer_relu_and_pool_gradient(const Group& group, const OfferContext& context);
OfferResult offer_max_pool2d(const Group& group, const OfferContext& context);
OfferResult offer_max_pool2d_backward(const Group& group, const OfferContext& context);
/// avg_pool2d, adaptive_avg_pool2d and their gradients.
OfferResult offer_average_pool(const Group& group, const OfferContext& context);
/// A bias gradient: the sum over images and places, for each channel.
OfferResult offer_channel_sum(const Group& group, const OfferContext& context);
/// Into a row-major tensor of another shape, in one pass.
OfferResult offer_image_reshape(const Group& group, const OfferContext& context);

// Batch normalisation on images channels last, training and inference.
/// With the sum and the relu behind it, where the group has them.
OfferResult offer_batch_norm(const Group& group, const OfferContext& context);
OfferResult offer_batch_norm_statistics(const Group& group, const OfferContext& context);
OfferResult offer_batch_norm_backward_parameters(const Group& group, const OfferContext& context);
/// Through the images (batch_norm_backward_input), through their statistics, or both and their sum.
OfferResult offer_batch_norm_input_gradient(const Group& group, const OfferContext& context);

/// Activations, their gradients, arithmetic with broadcasting: row-major, or images channels last.
bool is_elementwise(std::string_view op);
OfferResult offer_elementwise(const Group& group, const OfferContext& context);
/// softmax, log_softmax and their gradients along the last axis.
OfferResult offer_softmax(const Group& group, const OfferContext& context);
/// softmax_cross_entropy and its gradient.
OfferResult offer_cross_entropy(const Group& group, const OfferContext& context);
/// normalize_rows (under layer, RMS, group and instance normalisation) and its gradient.
OfferResult offer_normalize_rows(const Group& group, const OfferContext& context);
/// sum, mean, max, min over any axes.
OfferResult offer_reduction(const Group& group, const OfferContext& context);
/// An optimiser's update (sgd, momentum, adam, rmsprop, adagrad, LAMB's direction), elementwise, in place.
OfferResult offer_update(const Group& group, const OfferContext& context);

}  // namespace tacho::simd
