#include "nn/convolution_kinds.h"
#include "nn/layer_kind.h"
#include "ops/adaptive_avg_pool2d.h"
#include "ops/add.h"
#include "ops/avg_pool2d.h"
#include "ops/batch_norm.h"
#include "ops/batch_norm_statistics.h"
#include "ops/clip.h"
#include "ops/concat.h"
#include "ops/dropout.h"
#include "ops/elu.h"
#include "ops/gelu.h"
#include "ops/hardswish.h"
#include "ops/leaky_relu.h"
#include "ops/matmul.h"
#include "ops/max_pool2d.h"
#include "ops/normalizations.h"
#include "ops/relu.h"
#include "ops/reshape.h"
#include "ops/resize2d.h"
#include "ops/running_average.h"
#include "ops/selu.h"
#include "ops/sigmoid.h"
#include "ops/silu.h"
#include "ops/softplus.h"
#include "ops/tanh.h"

namespace tacho {
namespace {

Value emit_linear(const LayerCall& call) {
  const Shape shape = call.type(call.in(0)).shape;
  if (shape.size() != 2)
    fail("expected rows of features (batch x features), got ", to_string(shape), "; put a layer 'flatten' before it");
  const int64_t out = call.integer("out_features", 1);
  const Value w = call.parameter("weight", {out, shape[1]}, ParameterKind::weight, shape[1]);
  return with_bias(call, matmul(call.emitter(), call.in(0), w, {.transpose_b = true}), out);
}

Value emit_max_pool2d(const LayerCall& call) {
  image_shape(call);
  const auto kernel = call.pair("kernel", 1), padding = call.pair("padding", 0, {{0, 0}});
  return max_pool2d(call.emitter(), call.in(0),
                    {.kernel = kernel,
                     .stride = call.pair("stride", 1, kernel),
                     .padding = {padding[0], padding[1], padding[0], padding[1]}})
      .y;
}

Value emit_avg_pool2d(const LayerCall& call) {
  image_shape(call);
  const auto kernel = call.pair("kernel", 1), padding = call.pair("padding", 0, {{0, 0}});
  return avg_pool2d(call.emitter(), call.in(0),
                    {.kernel = kernel,
                     .stride = call.pair("stride", 1, kernel),
                     .padding = {padding[0], padding[1], padding[0], padding[1]},
                     .count_include_pad = call.flag("count_include_pad", true)});
}

Value emit_global_avg_pool2d(const LayerCall& call) {
  image_shape(call);
  return global_avg_pool2d(call.emitter(), call.in(0));
}

Value emit_adaptive_avg_pool2d(const LayerCall& call) {
  const Shape image = image_shape(call);
  const auto windows = call.pair("output", 1);
  if (windows[0] == image[2] && windows[1] == image[3]) return call.in(0);  // one place a window
  return adaptive_avg_pool2d(call.emitter(), call.in(0), {windows});
}

Value emit_flatten(const LayerCall& call) {
  const Shape shape = call.type(call.in(0)).shape;
  if (shape.size() == 2) return call.in(0);
  return reshape(call.emitter(), call.in(0), {shape[0], element_count(Shape(shape.begin() + 1, shape.end()))});
}

/// In training by the batch's own statistics, and the running ones move towards them; else by the running ones.
Value emit_batch_norm2d(const LayerCall& call) {
  const Shape image = image_shape(call);
  const Shape channels{image[1]};
  const double epsilon = call.number("eps", 0, 1, 1e-5), momentum = call.number("momentum", 0, 1, 0.1);
  const Value scale = call.parameter("weight", channels, ParameterKind::scale);
  const Value shift = call.parameter("bias", channels, ParameterKind::shift);
  const Value mean = call.state("running_mean", channels, 0), variance = call.state("running_var", channels, 1);
  Emitter& emitter = call.emitter();
  if (!call.training()) return batch_norm(emitter, call.in(0), scale, shift, mean, variance, {epsilon});
  const double n = double(image[0]) * double(image[2]) * double(image[3]);
  if (n < 2) fail("batch statistics of one element a channel have no variance; use a larger batch or image");
  const auto batch = batch_norm_statistics(emitter, call.in(0));
  const Value y = batch_norm(emitter, call.in(0), scale, shift, batch.mean, batch.variance, {epsilon});
  PlaceScope place(emitter, {call.layer(), Phase::update});
  // PyTorch normalises with the biased variance and keeps the unbiased one.
  emitter.commit(mean, running_average(emitter, mean, batch.mean, {momentum, 1.0}));
  emitter.commit(variance, running_average(emitter, variance, batch.variance, {momentum, n / (n - 1)}));
  return y;
}

Value emit_add(const LayerCall& call) {
  const Shape a = call.type(call.in(0)).shape, b = call.type(call.in(1)).shape;
  if (a != b) fail("expected two inputs of one shape, got ", to_string(a), " and ", to_string(b));
  return add(call.emitter(), call.in(0), call.in(1));
}

/// In training each layer draws its own numbers; else x itself.
Value emit_dropout(const LayerCall& call) {
  const double rate = call.number("rate", 0, 0.999, 0.5);
  if (!call.training()) return call.in(0);
  if (!call.random().seed || !call.random().step) fail("training needs a seed and a step number for it");
  return dropout(call.emitter(), call.in(0), call.random().seed, call.random().step, {rate, call.index()});
}

/// Over the trailing axes of each example: all of them, or as many as `axes` says.
Value emit_layer_norm(const LayerCall& call) {
  const Shape shape = call.type(call.in(0)).shape;
  const int64_t most = int64_t(shape.size()) - 1, axes = call.integer("axes", 1, most);
  if (axes > most) fail("axes = ", axes, ", but an example has ", most);
  const Shape row(shape.end() - axes, shape.end());
  const double epsilon = call.number("eps", 0, 1, 1e-5);
  const Value scale = call.parameter("weight", row, ParameterKind::scale);
  return layer_norm(call.emitter(), call.in(0), scale, call.parameter("bias", row, ParameterKind::shift), epsilon);
}

Value emit_rms_norm(const LayerCall& call) {
  const Shape shape = call.type(call.in(0)).shape;
  const int64_t most = int64_t(shape.size()) - 1, axes = call.integer("axes", 1, most);
  if (axes > most) fail("axes = ", axes, ", but an example has ", most);
  const Value scale = call.parameter("weight", Shape(shape.end() - axes, shape.end()), ParameterKind::scale);
  return rms_norm(call.emitter(), call.in(0), scale, call.number("eps", 0, 1, 1e-6));
}

Value emit_group_norm(const LayerCall& call) {
  const Shape shape = call.type(call.in(0)).shape;
  if (shape.size() < 2) fail("expected channels (batch x channels x ...), got ", to_string(shape));
  const int64_t groups = call.integer("groups", 1);
  const double epsilon = call.number("eps", 0, 1, 1e-5);
  const Value scale = call.parameter("weight", {shape[1]}, ParameterKind::scale);
  const Value shift = call.parameter("bias", {shape[1]}, ParameterKind::shift);
  return group_norm(call.emitter(), call.in(0), groups, scale, shift, epsilon);
}

/// Without scale and shift, as PyTorch's by default.
Value emit_instance_norm2d(const LayerCall& call) {
  image_shape(call);
  return instance_norm(call.emitter(), call.in(0), Value{}, Value{}, call.number("eps", 0, 1, 1e-5));
}

Value emit_upsample2d(const LayerCall& call) {
  const Shape image = image_shape(call);
  const auto factor = call.pair("scale", 1, {{2, 2}});
  return resize2d(call.emitter(), call.in(0),
                  {{element_count({image[2], factor[0]}), element_count({image[3], factor[1]})},
                   call.flag("bilinear", false) ? "bilinear" : "nearest"});
}

/// Along the channels (axis 1), as every network that branches does.
Value emit_concat(const LayerCall& call) {
  const Shape first = call.type(call.in(0)).shape;
  for (const Value part : call.inputs()) {
    Shape shape = call.type(part).shape;
    if (shape.size() < 2 || shape.size() != first.size())
      fail("expected inputs of two or more axes, and equally many, got ", to_string(first), " and ", to_string(shape));
    shape[1] = first[1];
    if (shape != first)
      fail("expected inputs that differ in their channels only, got ", to_string(first), " and ",
           to_string(call.type(part).shape));
  }
  return concat(call.emitter(), call.inputs(), 1);
}

Value emit_relu6(const LayerCall& call) { return clip(call.emitter(), call.in(0), {0, 6, true}); }

template <Value (*activation)(Emitter&, Value)>
Value emit_activation(const LayerCall& call) {
  return activation(call.emitter(), call.in(0));
}

const LayerKind kKinds[] = {
    {"conv1d",
     "Convolution of sequences (batch x channels x length), with bias unless bias is false.",
     {"out_channels", "kernel", "stride", "padding", "dilation", "groups", "bias"},
     1,
     emit_conv1d},
    {"conv2d",
     "Convolution of images, with bias unless bias is false.",
     {"out_channels", "kernel", "stride", "padding", "dilation", "groups", "bias"},
     1,
     emit_conv2d},
    {"conv3d",
     "Convolution of volumes (batch x channels x depth x height x width), with bias unless bias is false.",
     {"out_channels", "kernel", "stride", "padding", "dilation", "groups", "bias"},
     1,
     emit_conv3d},
    {"depthwise_conv2d",
     "Convolution of each channel of images alone, which gives multiplier channels.",
     {"kernel", "multiplier", "stride", "padding", "dilation", "bias"},
     1,
     emit_depthwise_conv2d},
    {"linear", "y = x W^T + b.", {"out_features", "bias"}, 1, emit_linear},
    {"max_pool2d", "Maximum of each window.", {"kernel", "stride", "padding"}, 1, emit_max_pool2d},
    {"avg_pool2d",
     "Mean of each window; padding counts as zeros unless count_include_pad is false.",
     {"kernel", "stride", "padding", "count_include_pad"},
     1,
     emit_avg_pool2d},
    {"adaptive_avg_pool2d",
     "Means of as many windows as output says, which cover the image evenly.",
     {"output"},
     1,
     emit_adaptive_avg_pool2d},
    {"global_avg_pool2d", "Mean of each channel, as an image of 1 x 1.", {}, 1, emit_global_avg_pool2d},
    {"conv_transpose2d",
     "Transposed convolution of images, with bias unless bias is false.",
     {"out_channels", "kernel", "stride", "padding", "output_padding", "dilation", "groups", "bias"},
     1,
     emit_conv_transpose2d},
    {"batch_norm2d", "Batch normalisation over batch, height and width.", {"eps", "momentum"}, 1, emit_batch_norm2d},
    {"layer_norm",
     "Each example normalised over its last axes (all, or as many as axes says).",
     {"axes", "eps"},
     1,
     emit_layer_norm},
    {"rms_norm", "Layer normalisation without centring and shift.", {"axes", "eps"}, 1, emit_rms_norm},
    {"group_norm", "Each example normalised over groups of channels.", {"groups", "eps"}, 1, emit_group_norm},
    {"instance_norm2d", "Each channel of each image normalised.", {"eps"}, 1, emit_instance_norm2d},
    {"upsample2d",
     "Images scale times as large: nearest place, or bilinear.",
     {"scale", "bilinear"},
     1,
     emit_upsample2d},
    {"dropout",
     "In training each element becomes 0 with probability rate, the others grow to make up for it.",
     {"rate"},
     1,
     emit_dropout},
    {"relu", "max(x, 0).", {}, 1, emit_activation<relu>},
    {"relu6", "min(max(x, 0), 6).", {}, 1, emit_relu6},
    {"leaky_relu",
     "x above 0, alpha x below.",
     {"alpha"},
     1,
     [](const LayerCall& call) { return leaky_relu(call.emitter(), call.in(0), call.number("alpha", 0, 1, 0.01)); }},
    {"elu",
     "x above 0, alpha (exp(x) - 1) below.",
     {"alpha"},
     1,
     [](const LayerCall& call) { return elu(call.emitter(), call.in(0), call.number("alpha", 0, 1e6, 1)); }},
    {"selu", "elu with the scale that keeps mean and variance.", {}, 1, emit_activation<selu>},
    {"gelu",
     "x times the normal distribution function of x; by tanh where approximate is true.",
     {"approximate"},
     1,
     [](const LayerCall& call) {
       return gelu(call.emitter(), call.in(0), call.flag("approximate", false) ? "tanh" : "none");
     }},
    {"silu", "x sigmoid(x).", {}, 1, emit_activation<silu>},
    {"softplus",
     "log(1 + exp(beta x)) / beta.",
     {"beta"},
     1,
     [](const LayerCall& call) { return softplus(call.emitter(), call.in(0), call.number("beta", 1e-6, 1e6, 1)); }},
    {"hardswish", "x min(max(x + 3, 0), 6) / 6.", {}, 1, emit_activation<hardswish>},
    {"sigmoid", "1 / (1 + exp(-x)).", {}, 1, emit_activation<sigmoid>},
    {"tanh", "Hyperbolic tangent.", {}, 1, emit_activation<tanh>},
    {"flatten", "Each example as one row of features.", {}, 1, emit_flatten},
    {"concat", "The channels of several layers one after another.", {}, kSeveralInputs, emit_concat},
    {"add", "Sum of two layers of one shape.", {}, 2, emit_add},
};

}  // namespace

std::span<const LayerKind> layer_kinds() { return kKinds; }

const LayerKind& layer_kind_named(std::string_view name) {
  std::string known;
  for (const LayerKind& kind : kKinds) {
    if (kind.name == name) return kind;
    known += (known.empty() ? "" : ", ") + std::string(kind.name);
  }
  fail("unknown kind '", name, "'; known: ", known);
}

}  // namespace tacho
