#include "ops/scatter_add.h"

#include "ops/index_vector.h"

namespace tacho {
namespace {

struct ScatterAddReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto& a = attributes.as<GatherAttributes>();
    const int64_t size = element_count(Shape(a.shape.begin(), a.shape.end())), length = run.inputs[1].elements();
    const int32_t* index = checked_index_vector(run, size, "scatter_add");
    const T* dy = run.in<T>(0);
    T* dx = run.out<T>(0);
    for (int64_t n = 0; n < run.inputs[0].shape()[0]; ++n, dy += length, dx += size) {
      for (int64_t i = 0; i < size; ++i) dx[i] = T(0);
      for (int64_t i = 0; i < length; ++i) dx[index[i]] += dy[i];
    }
  }
};

TensorTypes scatter_add_types(const OpCall& call) {
  const TensorType out = index_vector_type(call);
  const Shape& dy = call.in(0);
  const int64_t length = element_count(Shape(dy.begin() + 1, dy.end()));
  expect(length == call.in(1)[0], "expected an index vector of ", length,
         " elements, one for each of an example's, got ", call.in(1)[0]);
  return {out};
}

}  // namespace

extern const OpDef op_scatter_add{
    .name = "scatter_add",
    .doc = "x[n, index[i]] += y[n, i] from zeros, x and y flattened per example n.",
    .source = "adjoint of phi, the transposed P_phi applied as an index vector; MATLAB's accumarray",
    .traits = Trait::none,
    .types = scatter_add_types,
    .dimensions = index_vector_dimensions,
    .count = [](const OpCall&) { return OpCount{.add = Expr::symbol("N") * Expr::symbol("L")}; },
    .slice = [](const OpCall& call, SliceStates& inputs) { return slice_rows(call, inputs, {0}); },
    .gradient = [](const GradientCall& g) -> Values {
      const Shape& dy = g.emitter.type(g.inputs[0]).shape;
      return {gather(g.emitter, g.output_gradients[0], g.inputs[1], {{dy.begin() + 1, dy.end()}}), Value{}};
    },
    .reference = reference_of<ScatterAddReference>(),
    .may_alias = {-1},
    .samples =
        {
            {{{DType::float32, {2, 27, 6}}, {DType::int32, {27 * 6}}},
             GatherAttributes{{3, 4, 5}},
             {{}, {Fill::index, 60}}},
            {{{DType::float32, {17, 3}}, {DType::int32, {3}}}, GatherAttributes{{31}}, {{}, {Fill::index, 31}}},
            {{{DType::float32, {0, 4}}, {DType::int32, {4}}}, GatherAttributes{{5}}, {{}, {Fill::index, 5}}},
            {{{DType::float32, {1, 1}}, {DType::int32, {1}}}, GatherAttributes{{1}}, {{}, {Fill::index, 1}}},
        },
};

Value scatter_add(Emitter& emitter, Value dy, Value index, const GatherAttributes& attributes) {
  return emit_one(emitter, op_scatter_add, attributes, Values{dy, index});
}

}  // namespace tacho
