#pragma once
#include <array>
#include <cstdint>

#include "op/value.h"

namespace tacho {
class Emitter;

/// How windows lie over an image; fields as in Conv2dAttributes.
struct Im2colAttributes {
  std::array<int64_t, 2> kernel{1, 1}, stride{1, 1};
  std::array<int64_t, 4> padding{0, 0, 0, 0};
  std::array<int64_t, 2> dilation{1, 1};
  static void fields(auto& self, auto&& field) {
    field("kernel", self.kernel, "kernel_shape");
    field("stride", self.stride, "strides");
    field("padding", self.padding, "pads");
    field("dilation", self.dilation, "dilations");
  }
};

/// Windows of images x (N x C x H x W) as columns: N x (C*KH*KW) x (OH*OW), zeros for padding. Rows are ordered as a
/// filter's weights, so that a convolution is one product with them.
Value im2col(Emitter& emitter, Value x, const Im2colAttributes& attributes);

}  // namespace tacho
