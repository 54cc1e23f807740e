#pragma once
// What the operations of batch normalisation share: images N x C x ... with one number per channel beside them.
#include "ops/reduction_geometry.h"

namespace tacho {

/// Extents of images: `inner` is the product of the axes behind the channels.
struct ChannelGeometry {
  int64_t batch = 0, channels = 0, inner = 1;
  /// Elements of one channel.
  int64_t terms() const { return batch * inner; }
};

inline ChannelGeometry channel_geometry(const Shape& images) {
  ChannelGeometry g{images[0], images[1], 1};
  for (size_t axis = 2; axis < images.size(); ++axis) g.inner *= images[axis];
  return g;
}

/// Checks that input `i` is floating images N x C x ... and returns the type of one number per channel.
inline TensorType expect_images(const OpCall& call, size_t i) {
  const TensorType& type = call.inputs[i];
  expect(is_floating(type.dtype) && type.shape.size() >= 2, "expected floating images N x C x ... as input ", i,
         ", got ", type);
  return {type.dtype, {type.shape[1]}};
}

/// Checks that input `i` has this type.
inline void expect_type(const OpCall& call, size_t i, const TensorType& type) {
  expect(call.inputs[i] == type, "expected ", type, " as input ", i, ", got ", call.inputs[i]);
}

inline void expect_inputs(const OpCall& call, size_t count) {
  expect(call.inputs.size() == count, "expected ", count, " inputs, got ", call.inputs.size());
}

/// N, C and, by rank, L; H and W; S (all axes behind the channels).
inline Bindings channel_dimensions(const Shape& images) {
  Bindings b{{"N", images[0]}, {"C", images[1]}};
  if (images.size() == 3) b.set("L", images[2]);
  if (images.size() == 4) b.set("H", images[2]), b.set("W", images[3]);
  if (images.size() > 4) b.set("S", channel_geometry(images).inner);
  return b;
}

/// Elements of one channel in those symbols.
inline Expr channel_terms(const Shape& images) {
  const Expr n = Expr::symbol("N");
  if (images.size() == 2) return n;
  if (images.size() == 3) return n * Expr::symbol("L");
  return images.size() == 4 ? n * Expr::symbol("H") * Expr::symbol("W") : n * Expr::symbol("S");
}

/// For operations on images and numbers per channel, told apart by their rank. Sliced along the channels: everything
/// is. Sliced along another axis: images are, numbers per channel are whole as inputs and partial as outputs.
inline SliceStates slice_channels(const OpCall& call, SliceStates& inputs, PartialKind partial) {
  int64_t axis = -1;  // of the images
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].kind == SliceState::partial)
      return all_outputs(call, SliceState::Refused("reads a value that is still partial"));
    if (inputs[i].kind != SliceState::sliced) continue;
    const int64_t own = call.in(i).size() == 1 ? 1 : inputs[i].axis;
    if (axis >= 0 && own != axis)
      return all_outputs(call, SliceState::Refused("inputs are sliced along different axes"));
    axis = own;
  }
  if (axis < 0) return all_outputs(call, SliceState::Whole());
  for (size_t i = 0; i < inputs.size(); ++i)
    if (call.in(i).size() > 1) inputs[i] = SliceState::Sliced(axis);
    else if (axis == 1) inputs[i] = SliceState::Sliced(0);
  SliceStates outputs;
  for (const TensorType& type : call.outputs)
    if (type.shape.size() > 1) outputs.push_back(SliceState::Sliced(axis));
    else outputs.push_back(axis == 1 ? SliceState::Sliced(0) : SliceState::Partial(partial));
  return outputs;
}

/// Calls plane(first element) for each image's plane of one channel: `inner` consecutive elements.
template <class Plane>
void for_each_plane(const ChannelGeometry& g, int64_t channel, Plane plane) {
  for (int64_t image = 0; image < g.batch; ++image) plane((image * g.channels + channel) * g.inner);
}

/// Sum over one channel of term(element); at least one term, one addition fewer than terms.
template <class T, class Term>
T channel_sum(const ChannelGeometry& g, int64_t channel, Term term) {
  const auto plane_sum = [&](int64_t image) {
    const int64_t first = (image * g.channels + channel) * g.inner;
    return reduce_terms<T>(
        g.inner, [&](int64_t i) { return term(first + i); }, [](T a, T b) { return a + b; });
  };
  T total = plane_sum(0);
  for (int64_t image = 1; image < g.batch; ++image) total += plane_sum(image);
  return total;
}

}  // namespace tacho
