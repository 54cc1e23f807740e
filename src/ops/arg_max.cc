#include "ops/arg_max.h"

#include "ops/axis_rows.h"

namespace tacho {
namespace {

struct ArgMaxReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const AxisRows rows = axis_rows(run.inputs[0].shape(), attributes.as<ArgMaxAttributes>().axis);
    int64_t* y = run.out<int64_t>(0);
    rows.for_each([&](int64_t first) {
      const T* x = run.in<T>(0) + first;
      T best = x[0];
      int64_t at = 0;
      for (int64_t i = 1; i < rows.n; ++i) {
        const auto larger = greater(x[i * rows.inner], best);
        best = select(larger, x[i * rows.inner], best);
        at = select(larger, i, at);
      }
      *y++ = at;
    });
  }
};

ReductionAttributes as_reduction(const OpCall& call) {
  const auto& a = call.attributes.as<ArgMaxAttributes>();
  return {{a.axis}, a.keep_dimensions};
}

TensorTypes arg_max_types(const OpCall& call) {
  const ReductionAttributes a = as_reduction(call);
  const TensorTypes types = reduction_types(call, a);
  expect(reduced_elements(a, call.in(0)) > 0 || element_count(types[0].shape) == 0,
         "expected at least one element to compare, got ", call.in(0));
  return {{DType::int64, types[0].shape}};
}

SliceStates arg_max_slice(const OpCall& call, SliceStates& inputs) {
  const SliceStates states = slice_reduction(call, inputs, as_reduction(call), PartialKind::max);
  if (states[0].kind != SliceState::partial) return states;
  return {SliceState::Refused("a place in a slice is not the place in the whole")};
}

}  // namespace

extern const OpDef op_arg_max{
    .name = "arg_max",
    .doc = "y = the first place of the largest element of x along an axis.",
    .source = "ONNX ArgMax",
    .traits = Trait::reduction,
    .types = arg_max_types,
    .dimensions = reduction_dimensions,
    .count =
        [](const OpCall& call) { return OpCount{.cmp = reduction_count(call, as_reduction(call)).combinations()}; },
    .slice = arg_max_slice,
    .reference = reference_of<ArgMaxReference>(),
    .may_alias = {-1},
    .samples = {{{{DType::float32, {5, 10}}}, ArgMaxAttributes{}, {}},
                {{{DType::float32, {2, 3, 5, 7}}}, ArgMaxAttributes{1, true}, {}},
                {{{DType::float32, {67}}}, ArgMaxAttributes{0}, {}},
                {{{DType::float32, {17, 3}}}, ArgMaxAttributes{0}, {{Fill::number, 0, 1}}},
                {{{DType::float32, {0, 3}}}, ArgMaxAttributes{1}, {}}},
};

Value arg_max(Emitter& emitter, Value x, int64_t axis, bool keep_dimensions) {
  return emit_one(emitter, op_arg_max, ArgMaxAttributes{axis, keep_dimensions}, Values{x});
}

}  // namespace tacho
