// Products, convolutions and what stands around them by oneDNN, each primitive on one thread: the scheduler owns the
// parallelism.
#include "op/backend.h"

#include "backends/onednn/blocked.h"
#include "backends/onednn/convolution.h"
#include "backends/onednn/layouts.h"
#include "backends/onednn/matmul.h"
#include "backends/onednn/offers.h"

namespace tacho {
namespace {

/// Our own kernel for images in blocks, else oneDNN's primitive, which takes whatever else there is.
OfferResult either(OfferResult own, OfferResult (*primitive)(const Group&, const OfferContext&), const Group& group,
                   const OfferContext& context) {
  return std::holds_alternative<Offer>(own) ? std::move(own) : primitive(group, context);
}

OfferResult offer_first(const Group& group, const OfferContext& context) {
  const std::string_view op = group.members[0].op->name;
  if (op == "matmul") return onednn::offer_matmul(group);
  if (op == "conv2d" || op == "conv2d_backward_data") return onednn::offer_convolution(group, context);
  if (op == "conv2d_backward_weights") return onednn::offer_convolution_weights(group, context);
  if (op == "relu" || op == "relu_backward")
    return either(onednn::offer_elementwise(group, context), onednn::offer_eltwise, group, context);
  if (op == "add") return either(onednn::offer_elementwise(group, context), onednn::offer_binary, group, context);
  if (op == "sum") return either(onednn::offer_channel_sum(group), onednn::offer_reduction, group, context);
  if (op == "max_pool2d") return onednn::offer_max_pool2d(group, context);
  if (op == "max_pool2d_backward") return onednn::offer_max_pool2d_backward(group, context);
  if (op == "reshape") return onednn::offer_reshape(group);
  if (onednn::is_eltwise(op)) return onednn::offer_eltwise(group, context);
  if (onednn::is_binary(op)) return onednn::offer_binary(group, context);
  if (op == "mean" || op == "max" || op == "min") return onednn::offer_reduction(group, context);
  if (op == "softmax" || op == "log_softmax" || op == "softmax_backward" || op == "log_softmax_backward")
    return onednn::offer_softmax(group);
  if (op == "avg_pool2d" || op == "avg_pool2d_backward" || op == "adaptive_avg_pool2d" ||
      op == "adaptive_avg_pool2d_backward")
    return onednn::offer_average_pool(group, context);
  if (op == "resize2d" || op == "resize2d_backward") return onednn::offer_resize(group, context);
  if (op == "batch_norm" || op == "batch_norm_statistics" || op == "batch_norm_backward_input" ||
      op == "batch_norm_backward_parameters")
    return onednn::offer_batch_norm(group, context);
  if (op == "normalize_rows" || op == "normalize_rows_backward") return onednn::offer_row_norm(group);
  return Refusal{text_of("not an operation that it knows: ", op)};
}

/// oneDNN says by an exception that it has no implementation.
OfferResult offer(const Group& group, const OfferContext& context) {
  try {
    return offer_first(group, context);
  } catch (const dnnl::error& error) {
    return Refusal{text_of("oneDNN: ", error.what())};
  }
}

/// Asked when a convolution is emitted: it then stays one, and its gradients are convolutions too.
bool supports(const OpDef& op, const Attributes&, std::span<const TensorType> inputs) {
  if (op.name != "conv2d") return false;
  for (const TensorType& type : inputs)
    if (type.dtype != DType::float32 || element_count(type.shape) == 0) return false;
  return true;
}

}  // namespace

extern const Backend backend_onednn{
    .name = "onednn",
    .doc = "Convolutions and products by oneDNN on one thread; images stay in its layouts.",
    .preference = 60,
    .supports = supports,
    .offer = offer,
    .reorder = onednn::make_reorder_kernel,
    .channels_last = true,
    .blocked = true,
};

}  // namespace tacho
