#pragma once
// Three-dimensional convolution through the one definition: a filter's taps along the depth become channels.
#include "count/checked.h"
#include "op/emitter.h"
#include "op/rules.h"
#include "ops/concat.h"
#include "ops/conv2d.h"
#include "ops/pad.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/transpose.h"

namespace tacho {

struct Conv3dOptions {
  std::array<int64_t, 3> stride{1, 1, 1}, padding{0, 0, 0}, dilation{1, 1, 1};  ///< depth, height, width
  int64_t groups = 1;
};

/// Convolution of volumes x (N x C x D x H x W) with filters w (K x C/groups x KD x KH x KW): N x K x OD x OH x OW.
/// Each of the N OD output planes is an image of C KD channels, gathered by pad, slice, concat and transpose, and seen
/// by one conv2d. Products with the depth's padding are computed and counted as any others. KD is at most kMaxOperands.
inline Value conv3d(Emitter& emitter, Value x, Value w, const Conv3dOptions& o = {}) {
  const Shape in = emitter.type(x).shape, filter = emitter.type(w).shape;
  expect(in.size() == 5 && filter.size() == 5, "conv3d: expected volumes N x C x D x H x W and filters ",
         "K x C/groups x KD x KH x KW, got ", in, " and ", filter);
  const int64_t taps = filter[2], step = o.stride[0], spread = o.dilation[0];
  expect(taps >= 1 && taps <= int64_t(kMaxOperands), "conv3d: expected filters of depth 1 to ", kMaxOperands, ", got ",
         taps);
  expect(step >= 1 && spread >= 1 && o.padding[0] >= 0,
         "conv3d: expected stride and dilation of at least 1 and padding ", "of at least 0 along the depth, got ", step,
         ", ", spread, " and ", o.padding[0]);
  const int64_t padded = checked_add(in[2], checked_mul(2, o.padding[0])), reach = checked_mul(spread, taps - 1) + 1;
  expect(reach <= padded, "conv3d: the filter spans ", reach, " but the padded volume only ", padded,
         " along the depth");
  const int64_t depth = (padded - reach) / step + 1;
  if (o.padding[0] > 0) x = pad(emitter, x, {{0, 0, o.padding[0], 0, 0}, {0, 0, o.padding[0], 0, 0}});
  std::vector<Value> parts;  // per tap: N x C x 1 x OD x H x W
  for (int64_t tap = 0; tap < taps; ++tap) {
    const int64_t first = tap * spread, behind = first + (depth - 1) * step + 1;
    const Value part = slice(emitter, x, {{first}, {behind}, {2}, {step}});
    parts.push_back(reshape(emitter, part, {in[0], in[1], 1, depth, in[3], in[4]}));
  }
  const Value windows = taps == 1 ? parts[0] : concat(emitter, parts, 2);
  const Value planes =
      reshape(emitter, transpose(emitter, windows, {0, 3, 1, 2, 4, 5}), {in[0] * depth, in[1] * taps, in[3], in[4]});
  const Value filters = reshape(emitter, w, {filter[0], filter[1] * taps, filter[3], filter[4]});
  const Value y = conv2d(emitter, planes, filters,
                         {.stride = {o.stride[1], o.stride[2]},
                          .padding = {o.padding[1], o.padding[2], o.padding[1], o.padding[2]},
                          .dilation = {o.dilation[1], o.dilation[2]},
                          .groups = o.groups});
  const Shape out = emitter.type(y).shape;
  return transpose(emitter, reshape(emitter, y, {in[0], depth, out[1], out[2], out[3]}), {0, 2, 1, 3, 4});
}

}  // namespace tacho
