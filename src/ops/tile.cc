#include "ops/tile.h"

#include "count/checked.h"
#include "ops/reshape.h"
#include "ops/strided_move.h"
#include "ops/sum.h"

namespace tacho {
namespace {

struct TileReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto& repeats = attributes.as<TileAttributes>().repeats;
    const Shape &in = run.inputs[0].shape(), plain = strides_of(in);
    Shape extents, strides;  // a repeated axis is two of the output's: which copy, and the place in it
    for (size_t axis = 0; axis < in.size(); ++axis) {
      if (repeats[axis] > 1) extents.push_back(repeats[axis]), strides.push_back(0);
      extents.push_back(in[axis]), strides.push_back(plain[axis]);
    }
    move_by_walk<T>(run, make_walk<1>(extents, {strides}));
  }
};

TensorTypes tile_types(const OpCall& call) {
  const auto& repeats = call.attributes.as<TileAttributes>().repeats;
  expect(call.inputs.size() == 1 && !call.in(0).empty(), "expected one tensor of rank 1 or more");
  TensorType out = call.inputs[0];
  expect(repeats.size() == out.shape.size(), "expected one number of repeats for each of ", out.shape.size(),
         " axes, got ", repeats.size());
  size_t axes = repeats.size();
  for (size_t axis = 0; axis < repeats.size(); ++axis) {
    expect(repeats[axis] >= 1, "expected repeats of at least 1, got ", repeats[axis]);
    axes += repeats[axis] > 1;
    out.shape[axis] = checked_mul(out.shape[axis], repeats[axis]);
  }
  expect(axes <= kMaxRank, "expected at most ", kMaxRank, " axes, repeated ones counted twice, got ", axes);
  element_count(out.shape);
  return {out};
}

SliceStates tile_slice(const OpCall& call, SliceStates& inputs) {
  AxisFlags touched;
  for (const int64_t repeats : call.attributes.as<TileAttributes>().repeats) touched.push_back(repeats != 1);
  return slice_untouched_axes(call, inputs, touched, "the sliced axis is repeated");
}

/// The copies added up: along one repeated axis after another, the innermost first, where most elements go.
Values tile_gradient(const GradientCall& g) {
  const auto& repeats = g.attributes.as<TileAttributes>().repeats;
  const Shape x = g.emitter.type(g.inputs[0]).shape;
  Value dx = g.output_gradients[0];
  for (size_t axis = x.size(); axis-- > 0;) {
    if (repeats[axis] == 1) continue;
    Shape shape = g.emitter.type(dx).shape;
    shape[axis] = x[axis];
    shape.insert(axis, repeats[axis]);
    dx = sum(g.emitter, reshape(g.emitter, dx, {shape.begin(), shape.end()}), {{int64_t(axis)}});
  }
  return {dx};
}

}  // namespace

extern const OpDef op_tile{
    .name = "tile",
    .doc = "y[i, j, ...] = x[i mod n_0, j mod n_1, ...].",
    .source = "ONNX Tile",
    .traits = Trait::movement,
    .types = tile_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return OpCount{.move = elements(call.out(0))}; },
    .slice = tile_slice,
    .gradient = tile_gradient,
    .reference = reference_of<TileReference>(),
    .may_alias = {-1},
    .samples = {{{{DType::float32, {2, 3, 5, 7}}}, TileAttributes{{1, 2, 1, 3}}, {}},
                {{{DType::float32, {3, 17}}}, TileAttributes{{2, 1}}, {}},
                {{{DType::float32, {31}}}, TileAttributes{{1}}, {}},
                {{{DType::float32, {3, 1}}}, TileAttributes{{1, 5}}, {}},
                {{{DType::float32, {0, 3}}}, TileAttributes{{2, 2}}, {}}},
};

Value tile(Emitter& emitter, Value x, std::vector<int64_t> repeats) {
  return emit_one(emitter, op_tile, TileAttributes{std::move(repeats)}, Values{x});
}

}  // namespace tacho
