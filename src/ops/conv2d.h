#pragma once
#include <array>
#include <cstdint>

#include "op/value.h"
#include "ops/products.h"

namespace tacho {
class Emitter;

struct Conv2dAttributes {
  std::array<int64_t, 2> stride{1, 1};         ///< down, right
  std::array<int64_t, 4> padding{0, 0, 0, 0};  ///< zeros at the top, left, bottom, right
  std::array<int64_t, 2> dilation{1, 1};       ///< distance of two taps: down, right
  int64_t groups = 1;  ///< channels and filters fall into so many parts; a filter sees the channels of its part
  Products products = Products::as_given;
  static void fields(auto& self, auto&& field) {
    field("stride", self.stride, "strides");
    field("padding", self.padding, "pads");
    field("dilation", self.dilation, "dilations");
    field("groups", self.groups, "group");
    list_products(self.products, field);
  }
};

/// Convolution of images x (N x C x H x W) with filters w (K x C/groups x KH x KW): y is N x K x OH x OW. No bias. A
/// lowering may emit other operations instead.
Value conv2d(Emitter& emitter, Value x, Value w, const Conv2dAttributes& attributes = {});

}  // namespace tacho
