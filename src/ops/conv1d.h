#pragma once
// One-dimensional convolution through the one definition: images of height 1.
#include "op/emitter.h"
#include "op/rules.h"
#include "ops/conv2d.h"
#include "ops/reshape.h"

namespace tacho {

struct Conv1dOptions {
  int64_t stride = 1;
  std::array<int64_t, 2> padding{0, 0};  ///< zeros before, after
  int64_t dilation = 1, groups = 1;
};

/// Convolution of sequences x (N x C x L) with filters w (K x C/groups x KL): N x K x OL. Emits conv2d between two
/// reshapes, which are views.
inline Value conv1d(Emitter& emitter, Value x, Value w, const Conv1dOptions& o = {}) {
  const Shape in = emitter.type(x).shape, filter = emitter.type(w).shape;
  expect(in.size() == 3 && filter.size() == 3, "conv1d: expected sequences N x C x L and filters K x C/groups x KL, ",
         "got ", in, " and ", filter);
  const Value image = reshape(emitter, x, {in[0], in[1], 1, in[2]});
  const Value filters = reshape(emitter, w, {filter[0], filter[1], 1, filter[2]});
  const Value y = conv2d(emitter, image, filters,
                         {.stride = {1, o.stride},
                          .padding = {0, o.padding[0], 0, o.padding[1]},
                          .dilation = {1, o.dilation},
                          .groups = o.groups});
  const Shape out = emitter.type(y).shape;
  return reshape(emitter, y, {out[0], out[1], out[3]});
}

}  // namespace tacho
