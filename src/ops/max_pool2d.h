#pragma once
#include <array>
#include <cstdint>

#include "op/value.h"
#include "tensor/dtype.h"

namespace tacho {
class Emitter;

struct MaxPool2dAttributes {
  std::array<int64_t, 2> kernel{2, 2}, stride{2, 2};  ///< down, right
  std::array<int64_t, 4> padding{0, 0, 0, 0};         ///< top, left, bottom, right; smaller than the kernel
  bool ceil_mode = false;                             ///< a last window that only partly fits counts too
  static void fields(auto& self, auto&& field) {
    field("kernel", self.kernel, "kernel_shape");
    field("stride", self.stride, "strides");
    field("padding", self.padding, "pads");
    field("ceil_mode", self.ceil_mode);
  }
};

/// Results of max_pool2d: the maxima (N x C x OH x OW) and, of the same shape, which place of its window each was found
/// at: row * kernel[1] + column. (ONNX and PyTorch count places of the whole plane instead.) One byte each, uint8,
/// where a window has at most 256 places, else int32.
struct MaxPool2d {
  Value y, index;
};

/// The dtype of `index`.
DType max_pool2d_index(const MaxPool2dAttributes& attributes);

/// Maximum of each window of x (N x C x H x W). Padding never wins; of equal elements the first does.
MaxPool2d max_pool2d(Emitter& emitter, Value x, const MaxPool2dAttributes& attributes);

}  // namespace tacho
