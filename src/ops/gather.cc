#include "ops/gather.h"

#include "ops/index_vector.h"
#include "ops/scatter_add.h"

namespace tacho {
namespace {

struct GatherReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    const Shape& shape = run.inputs[0].shape();
    const int64_t size = element_count(Shape(shape.begin() + 1, shape.end())), length = run.inputs[1].elements();
    const int32_t* index = checked_index_vector(run, size, "gather");
    const T* x = run.in<T>(0);
    T* y = run.out<T>(0);
    for (int64_t n = 0; n < shape[0]; ++n, x += size, y += length)
      for (int64_t i = 0; i < length; ++i) copy(y[i], x[index[i]]);
  }
};

TensorTypes gather_types(const OpCall& call) {
  const TensorType out = index_vector_type(call);
  const Shape example(out.shape.begin() + 1, out.shape.end());
  expect(element_count(example) == call.in(1)[0], "expected an index vector of ", element_count(example),
         " elements for results of shape ", example, ", got ", call.in(1)[0]);
  return {out};
}

}  // namespace

extern const OpDef op_gather{
    .name = "gather",
    .doc = "y[n, i] = x[n, index[i]], x and y flattened per example n.",
    .source = "phi, the matrix P_phi applied as an index vector, of the running-time document",
    .traits = Trait::movement,
    .types = gather_types,
    .dimensions = index_vector_dimensions,
    .count = [](const OpCall&) { return OpCount{.move = Expr::symbol("N") * Expr::symbol("L")}; },
    .slice = [](const OpCall& call, SliceStates& inputs) { return slice_rows(call, inputs, {0}); },
    .gradient = [](const GradientCall& g) -> Values {
      const Shape& x = g.emitter.type(g.inputs[0]).shape;
      return {scatter_add(g.emitter, g.output_gradients[0], g.inputs[1], {{x.begin() + 1, x.end()}}), Value{}};
    },
    .reference = reference_of<GatherReference>(),
    .may_alias = {-1},
    .samples =
        {
            {{{DType::float32, {2, 3, 4, 5}}, {DType::int32, {27 * 6}}},
             GatherAttributes{{27, 6}},
             {{}, {Fill::index, 60}}},
            {{{DType::float32, {17, 31}}, {DType::int32, {3}}}, GatherAttributes{{3}}, {{}, {Fill::index, 31}}},
            {{{DType::float32, {3, 5}}, {DType::int32, {12}}}, GatherAttributes{{2, 3, 2}}, {{}, {Fill::index, 5}}},
            {{{DType::float32, {0, 5}}, {DType::int32, {4}}}, GatherAttributes{{4}}, {{}, {Fill::index, 5}}},
            {{{DType::float32, {1, 1}}, {DType::int32, {1}}}, GatherAttributes{{1}}, {{}, {Fill::index, 1}}},
        },
};

Value gather(Emitter& emitter, Value x, Value index, const GatherAttributes& attributes) {
  return emit_one(emitter, op_gather, attributes, Values{x, index});
}

}  // namespace tacho
