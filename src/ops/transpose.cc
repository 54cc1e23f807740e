#include "ops/transpose.h"

#include "op/rules.h"
#include "ops/walk.h"

namespace tacho {
namespace {

const std::vector<int64_t>& permutation_of(const Attributes& attributes) {
  return attributes.as<TransposeAttributes>().permutation;
}

struct TransposeReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const Shape plain = strides_of(run.inputs[0].shape());
    Shape strides;
    for (const int64_t axis : permutation_of(attributes)) strides.push_back(plain[size_t(axis)]);
    move_by_walk<T>(run, make_walk<1>(run.outputs[0].shape(), {strides}));
  }
};

TensorTypes transpose_types(const OpCall& call) {
  expect(call.inputs.size() == 1, "expected one input, got ", call.inputs.size());
  const auto& permutation = permutation_of(call.attributes);
  const size_t rank = call.in(0).size();
  TensorType out{call.inputs[0].dtype, {}};
  SmallVector<bool, kMaxRank> used(rank, false);
  for (const int64_t axis : permutation) {
    const bool fits = axis >= 0 && axis < int64_t(rank) && !used[size_t(axis)];
    expect(fits && permutation.size() == rank, "expected each of ", rank, " axes once, got ",
           to_string(FieldValue(permutation)));
    used[size_t(axis)] = true;
    out.shape.push_back(call.in(0)[size_t(axis)]);
  }
  expect(out.shape.size() == rank, "expected each of ", rank, " axes once, got none");
  return {out};
}

SliceStates transpose_slice(const OpCall& call, SliceStates& inputs) {
  const SlicedInput sliced = common_sliced_axis(inputs);
  if (sliced.refusal) return {SliceState::Refused(sliced.refusal)};
  if (sliced.axis < 0) return {SliceState::Whole()};
  const auto& permutation = permutation_of(call.attributes);
  return {SliceState::Sliced(std::find(permutation.begin(), permutation.end(), sliced.axis) - permutation.begin())};
}

Values transpose_gradient(const GradientCall& g) {
  const auto& permutation = permutation_of(g.attributes);
  std::vector<int64_t> inverse(permutation.size());
  for (size_t i = 0; i < permutation.size(); ++i) inverse[size_t(permutation[i])] = int64_t(i);
  return {transpose(g.emitter, g.output_gradients[0], inverse)};
}

}  // namespace

extern const OpDef op_transpose{
    .name = "transpose",
    .doc = "y is x with its axes reordered.",
    .source = "ONNX Transpose",
    .traits = Trait::movement,
    .types = transpose_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return OpCount{.move = elements(call.out(0))}; },
    .slice = transpose_slice,
    .gradient = transpose_gradient,
    .reference = reference_of<TransposeReference>(),
    .may_alias = {-1},
    .samples = {{{{DType::float32, {3, 17}}}, TransposeAttributes{{1, 0}}, {}},
                {{{DType::float32, {2, 3, 5, 7}}}, TransposeAttributes{{0, 2, 3, 1}}, {}},
                {{{DType::float32, {3, 1, 31}}}, TransposeAttributes{{2, 1, 0}}, {}},
                {{{DType::float32, {0, 3}}}, TransposeAttributes{{1, 0}}, {}},
                {{{DType::float32, {5}}}, TransposeAttributes{{0}}, {}}},
};

Value transpose(Emitter& emitter, Value x, std::vector<int64_t> permutation) {
  return emit_one(emitter, op_transpose, TransposeAttributes{std::move(permutation)}, Values{x});
}

}  // namespace tacho
