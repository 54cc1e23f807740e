#pragma once
#include <array>
#include <cstdint>

#include "op/value.h"

namespace tacho {
class Emitter;

struct AvgPool2dAttributes {
  std::array<int64_t, 2> kernel{2, 2}, stride{2, 2};  ///< down, right
  std::array<int64_t, 4> padding{0, 0, 0, 0};         ///< top, left, bottom, right; smaller than the kernel
  bool ceil_mode = false;                             ///< a last window that only partly fits counts too
  bool count_include_pad = true;                      ///< padding counts as zeros; else only places of the image count
  static void fields(auto& self, auto&& field) {
    field("kernel", self.kernel, "kernel_shape");
    field("stride", self.stride, "strides");
    field("padding", self.padding, "pads");
    field("ceil_mode", self.ceil_mode);
    field("count_include_pad", self.count_include_pad);
  }
};

/// Mean of each window of x (N x C x H x W): N x C x OH x OW.
Value avg_pool2d(Emitter& emitter, Value x, const AvgPool2dAttributes& attributes);

/// Mean of each channel of x (N x C x H x W): N x C x 1 x 1, as avg_pool2d with one window.
Value global_avg_pool2d(Emitter& emitter, Value x);

}  // namespace tacho
