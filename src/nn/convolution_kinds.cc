#include "nn/convolution_kinds.h"

#include "ops/bias_add.h"
#include "ops/conv1d.h"
#include "ops/conv2d.h"
#include "ops/conv3d.h"
#include "ops/conv_transpose2d.h"

namespace tacho {
namespace {

/// The field `groups`, which must divide the channels on both sides.
int64_t groups_between(const LayerCall& call, int64_t in, int64_t out) {
  const int64_t groups = call.integer("groups", 1, 1);
  if (in % groups || out % groups)
    fail("groups = ", groups, " divides not both its ", in, " input and ", out, " output channels");
  return groups;
}

/// Stride, padding and dilation of a convolution of images.
Conv2dAttributes windows_of(const LayerCall& call, int64_t groups) {
  const auto padding = call.pair("padding", 0, {{0, 0}});
  return {.stride = call.pair("stride", 1, {{1, 1}}),
          .padding = {padding[0], padding[1], padding[0], padding[1]},
          .dilation = call.pair("dilation", 1, {{1, 1}}),
          .groups = groups};
}

/// Declares the filters. An output's inputs are one filter's elements, or, as PyTorch's initialisers take it for
/// transposed ones too, the second axis and the kernel.
Value filters(const LayerCall& call, const Shape& shape) {
  return call.parameter("weight", shape, ParameterKind::weight, element_count(Shape(shape.begin() + 1, shape.end())));
}

}  // namespace

Shape image_shape(const LayerCall& call) {
  const Shape shape = call.type(call.in(0)).shape;
  if (shape.size() != 4) fail("expected images (batch x channels x height x width), got ", to_string(shape));
  return shape;
}

Value with_bias(const LayerCall& call, Value y, int64_t channels) {
  if (!call.flag("bias", true)) return y;
  return bias_add(call.emitter(), y, call.parameter("bias", {channels}, ParameterKind::bias), {.axis = 1});
}

Value emit_conv1d(const LayerCall& call) {
  const Shape in = call.type(call.in(0)).shape;
  if (in.size() != 3) fail("expected sequences (batch x channels x length), got ", to_string(in));
  const int64_t out = call.integer("out_channels", 1), groups = groups_between(call, in[1], out);
  const int64_t padding = call.integer("padding", 0, 0);
  const Conv1dOptions options{.stride = call.integer("stride", 1, 1),
                              .padding = {padding, padding},
                              .dilation = call.integer("dilation", 1, 1),
                              .groups = groups};
  const Value w = filters(call, {out, in[1] / groups, call.integer("kernel", 1)});
  return with_bias(call, conv1d(call.emitter(), call.in(0), w, options), out);
}

Value emit_conv2d(const LayerCall& call) {
  const Shape image = image_shape(call);
  const int64_t out = call.integer("out_channels", 1), groups = groups_between(call, image[1], out);
  const auto kernel = call.pair("kernel", 1);
  const Value w = filters(call, {out, image[1] / groups, kernel[0], kernel[1]});
  return with_bias(call, conv2d(call.emitter(), call.in(0), w, windows_of(call, groups)), out);
}

Value emit_conv3d(const LayerCall& call) {
  const Shape in = call.type(call.in(0)).shape;
  if (in.size() != 5) fail("expected volumes (batch x channels x depth x height x width), got ", to_string(in));
  const int64_t out = call.integer("out_channels", 1), groups = groups_between(call, in[1], out);
  const auto kernel = call.triple("kernel", 1);
  const Conv3dOptions options{.stride = call.triple("stride", 1, {{1, 1, 1}}),
                              .padding = call.triple("padding", 0, {{0, 0, 0}}),
                              .dilation = call.triple("dilation", 1, {{1, 1, 1}}),
                              .groups = groups};
  const Value w = filters(call, {out, in[1] / groups, kernel[0], kernel[1], kernel[2]});
  return with_bias(call, conv3d(call.emitter(), call.in(0), w, options), out);
}

Value emit_depthwise_conv2d(const LayerCall& call) {
  const Shape image = image_shape(call);
  const int64_t out = element_count({image[1], call.integer("multiplier", 1, 1)});
  const auto kernel = call.pair("kernel", 1);
  const Value w = filters(call, {out, 1, kernel[0], kernel[1]});
  return with_bias(call, conv2d(call.emitter(), call.in(0), w, windows_of(call, image[1])), out);
}

Value emit_conv_transpose2d(const LayerCall& call) {
  const Shape image = image_shape(call);
  const int64_t out = call.integer("out_channels", 1), groups = groups_between(call, image[1], out);
  const auto kernel = call.pair("kernel", 1);
  const Value w = filters(call, {image[1], out / groups, kernel[0], kernel[1]});
  const Value y = conv_transpose2d(call.emitter(), call.in(0), w, windows_of(call, groups),
                                   call.pair("output_padding", 0, {{0, 0}}));
  return with_bias(call, y, out);
}

}  // namespace tacho
