#pragma once
// Transposed convolution is the convolution's gradient for its images used forward: no operation of its own, so that
// counts, kernels and reports name what runs.
#include "count/checked.h"
#include "op/emitter.h"
#include "op/rules.h"
#include "ops/conv2d_backward_data.h"

namespace tacho {

/// Transposed convolution of x (N x K x H x W) with filters w (K x C/groups x KH x KW, PyTorch's layout): images
/// N x C x (H - 1) stride - padding + dilation (KH - 1) + 1 + output_padding. `output_padding` rows and columns
/// (smaller than the stride) at the end tell apart the images that a convolution takes to the same size.
inline Value conv_transpose2d(Emitter& emitter, Value x, Value w, const Conv2dAttributes& conv = {},
                              std::array<int64_t, 2> output_padding = {0, 0}) {
  const Shape in = emitter.type(x).shape, filter = emitter.type(w).shape;
  expect(in.size() == 4 && filter.size() == 4, "transposed convolution: expected x N x K x H x W and filters ",
         "K x C/groups x KH x KW, got ", in, " and ", filter);
  Conv2dBackwardDataAttributes attributes{conv, {}};
  for (size_t axis = 0; axis < 2; ++axis) {
    expect(output_padding[axis] >= 0 && output_padding[axis] < std::max<int64_t>(conv.stride[axis], 1),
           "transposed convolution: expected an output padding of at least 0 and below the stride ", conv.stride[axis],
           ", got ", output_padding[axis]);
    const int64_t spread = checked_add(checked_mul(in[axis + 2] - 1, conv.stride[axis]),
                                       checked_mul(conv.dilation[axis], filter[axis + 2] - 1));
    attributes.image[axis] =
        checked_add(spread, 1 + output_padding[axis]) - checked_add(conv.padding[axis], conv.padding[axis + 2]);
  }
  return conv2d_backward_data(emitter, x, w, attributes);
}

}  // namespace tacho
