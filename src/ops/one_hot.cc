#include "ops/one_hot.h"

#include "ops/take_geometry.h"

namespace tacho {
namespace {

struct OneHotReference {
  template <class>
  void operator()(const Attributes&, const KernelRun& run) const {
    // The dtype stands in the attributes: the counting scalar has no operand to stand in.
    if (run.outputs[0].type.dtype == DType::float64) rows(run, run.out<double>(0));
    else rows(run, run.out<float>(0));
  }

  template <class E>
  static void rows(const KernelRun& run, E* y) {
    const View& index = run.inputs[0];
    const int64_t classes = run.outputs[0].shape().back();
    for (int64_t i = 0, n = run.outputs[0].elements(); i < n; ++i) y[i] = E(0);
    for (int64_t i = 0, n = index.elements(); i < n; ++i, y += classes)
      y[index_at(index, i, classes, "one_hot")] = E(1);
  }
};

TensorTypes one_hot_types(const OpCall& call) {
  const auto& a = call.attributes.as<OneHotAttributes>();
  expect(call.inputs.size() == 1 && is_index(call.inputs[0].dtype), "expected int32 or int64 indices");
  expect(a.classes >= 1, "expected at least one class, got ", a.classes);
  const DType dtype = dtype_of(a.dtype);
  expect(dtype == DType::float32 || dtype == DType::float64, "dtype: expected float32 or float64, got ", a.dtype);
  TensorType out{dtype, call.in(0)};
  out.shape.push_back(a.classes);
  element_count(out.shape);
  return {out};
}

SliceStates one_hot_slice(const OpCall& call, SliceStates& inputs) {
  const SlicedInput sliced = common_sliced_axis(inputs);
  if (sliced.refusal) return all_outputs(call, SliceState::Refused(sliced.refusal));
  return all_outputs(call, sliced.axis < 0 ? SliceState::Whole() : SliceState::Sliced(sliced.axis));
}

}  // namespace

extern const OpDef op_one_hot{
    .name = "one_hot",
    .doc = "y[.., c] = 1 where c is the index, else 0.",
    .source = "ONNX OneHot with values 0 and 1",
    .types = one_hot_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall&) { return OpCount{}; },
    .slice = one_hot_slice,
    .reference = reference_of<OneHotReference>(),
    .may_alias = {-1},
    .samples = {{{{DType::int64, {17}}}, OneHotAttributes{10, "float32"}, {{Fill::index, 10}}},
                {{{DType::int32, {3, 5}}}, OneHotAttributes{67, "float64"}, {{Fill::index, 67}}},
                {{{DType::int32, {}}}, OneHotAttributes{3, "float32"}, {{Fill::index, 3}}},
                {{{DType::int64, {0}}}, OneHotAttributes{3, "float32"}, {}}},
};

Value one_hot(Emitter& emitter, Value index, int64_t classes, DType dtype) {
  return emit_one(emitter, op_one_hot, OneHotAttributes{classes, std::string(name_of(dtype))}, Values{index});
}

}  // namespace tacho
