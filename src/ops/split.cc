#include "ops/split.h"

#include "count/checked.h"
#include "ops/concat.h"
#include "ops/strided_move.h"

namespace tacho {
namespace {

struct SplitReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const Shape& in = run.inputs[0].shape();
    const size_t axis = size_t(normalize_axis(attributes.as<SplitAttributes>().axis, in.size()));
    const Shape strides = strides_of(in);
    int64_t base = 0;
    for (const View& piece : run.outputs) {
      move_strided<T>(piece, run.inputs[0], base, strides, false);
      base += piece.shape()[axis] * strides[axis];
    }
  }
};

TensorTypes split_types(const OpCall& call) {
  const auto& a = call.attributes.as<SplitAttributes>();
  expect(call.inputs.size() == 1 && !call.in(0).empty(), "expected one tensor of rank 1 or more");
  const size_t axis = size_t(normalize_axis(a.axis, call.in(0).size()));
  expect(!a.sizes.empty() && a.sizes.size() <= kMaxOperands, "expected 1 to ", kMaxOperands, " pieces, got ",
         a.sizes.size());
  TensorTypes pieces;
  int64_t total = 0;
  for (const int64_t size : a.sizes) {
    expect(size >= 0, "expected sizes of at least 0, got ", size);
    total = checked_add(total, size);
    pieces.push_back(call.inputs[0]);
    pieces.back().shape[axis] = size;
  }
  expect(total == call.in(0)[axis], "expected sizes that add up to ", call.in(0)[axis], ", got ", total);
  return pieces;
}

SliceStates split_slice(const OpCall& call, SliceStates& inputs) {
  AxisFlags touched(call.in(0).size(), false);
  touched[size_t(normalize_axis(call.attributes.as<SplitAttributes>().axis, call.in(0).size()))] = true;
  return slice_untouched_axes(call, inputs, touched, "the sliced axis is cut");
}

Values split_gradient(const GradientCall& g) {
  Values parts;
  for (size_t j = 0; j < g.outputs.size(); ++j) parts.push_back(gradient_or_zeros(g, j));
  return {concat(g.emitter, parts, g.attributes.as<SplitAttributes>().axis)};
}

}  // namespace

extern const OpDef op_split{
    .name = "split",
    .doc = "y_0, y_1, ... = x cut along an axis.",
    .source = "ONNX Split",
    .traits = Trait::movement,
    .types = split_types,
    .dimensions = input_dimensions,
    .count = [](const OpCall& call) { return OpCount{.move = elements(call.in(0))}; },
    .slice = split_slice,
    .gradient = split_gradient,
    .reference = reference_of<SplitReference>(),
    .may_alias = {},
    .samples = {{{{DType::float32, {2, 8, 5, 7}}}, SplitAttributes{{3, 1, 4}, 1}, {}},
                {{{DType::float32, {3, 17}}}, SplitAttributes{{16, 1}, -1}, {}},
                {{{DType::float32, {31}}}, SplitAttributes{{31}, 0}, {}},
                {{{DType::float32, {4, 3}}}, SplitAttributes{{0, 4}, 0}, {}},
                {{{DType::float32, {0, 3}}}, SplitAttributes{{1, 2}, 1}, {}}},
};

Values split(Emitter& emitter, Value x, std::vector<int64_t> sizes, int64_t axis) {
  return emitter.emit(op_split, SplitAttributes{std::move(sizes), axis}, Values{x});
}

}  // namespace tacho
