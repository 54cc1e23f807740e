#pragma once
// Layer, RMS, group and instance normalisation: normalize_rows between reshapes (which are views), then scale and
// shift. No operations of their own, so that counts and reports name what runs.
#include "op/emitter.h"
#include "op/rules.h"
#include "ops/add.h"
#include "ops/mul.h"
#include "ops/normalize_rows.h"
#include "ops/reshape.h"

namespace tacho {

/// y scale + shift, each where given.
inline Value scaled_and_shifted(Emitter& emitter, Value y, Value scale, Value shift) {
  if (scale) y = mul(emitter, y, scale);
  return shift ? add(emitter, y, shift) : y;
}

/// Over the axes that `scale` has (the last ones of x); `shift` of its shape may be absent.
inline Value layer_norm(Emitter& emitter, Value x, Value scale, Value shift, double epsilon = 1e-5) {
  const int64_t axes = int64_t(emitter.type(scale).shape.size());
  return scaled_and_shifted(emitter, normalize_rows(emitter, x, {axes, epsilon, true}).y, scale, shift);
}

/// The same without centring and shift.
inline Value rms_norm(Emitter& emitter, Value x, Value scale, double epsilon = 1e-6) {
  const int64_t axes = int64_t(emitter.type(scale).shape.size());
  return scaled_and_shifted(emitter, normalize_rows(emitter, x, {axes, epsilon, false}).y, scale, Value{});
}

/// Of x (N x C x ...) over each of `groups` groups of channels and all places; `scale` and `shift` (C) may be absent.
/// One group a channel is instance normalisation.
inline Value group_norm(Emitter& emitter, Value x, int64_t groups, Value scale, Value shift, double epsilon = 1e-5) {
  const Shape shape = emitter.type(x).shape;
  expect(shape.size() >= 2 && groups >= 1 && shape[1] % groups == 0,
         "group normalisation: expected N x C x ... with C ", "divisible by ", groups, " groups, got ", shape);
  const int64_t places = element_count(Shape(shape.begin() + 1, shape.end()));
  const Value rows = reshape(emitter, x, {shape[0], groups, places / groups});
  const Value y = normalize_rows(emitter, rows, {1, epsilon, true}).y;
  std::vector<int64_t> per_channel(shape.size() - 1, 1);
  per_channel[0] = shape[1];
  const auto as_channels = [&](Value v) { return v ? reshape(emitter, v, per_channel) : v; };
  return scaled_and_shifted(emitter, reshape(emitter, y, {shape.begin(), shape.end()}), as_channels(scale),
                            as_channels(shift));
}

inline Value instance_norm(Emitter& emitter, Value x, Value scale, Value shift, double epsilon = 1e-5) {
  const Shape shape = emitter.type(x).shape;
  expect(shape.size() >= 3, "instance normalisation: expected N x C x places, got ", shape);
  return group_norm(emitter, x, shape[1], scale, shift, epsilon);
}

}  // namespace tacho
