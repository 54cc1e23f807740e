#include "ops/expand.h"

#include "op/rules.h"
#include "ops/sum.h"
#include "ops/walk.h"

namespace tacho {
namespace {

struct ExpandReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    const Shape& out = run.outputs[0].shape();
    move_by_walk<T>(run, make_walk<1>(out, {broadcast_strides(run.inputs[0].shape(), out)}));
  }
};

TensorTypes expand_types(const OpCall& call) {
  expect(call.inputs.size() == 1, "expected one input, got ", call.inputs.size());
  const auto& wanted = call.attributes.as<ExpandAttributes>().shape;
  const Shape shape(wanted.begin(), wanted.end());
  for (const int64_t extent : shape) expect(extent >= 0, "expected extents of at least 0, got ", extent);
  expect(call.in(0).size() <= shape.size() && broadcast(call.in(0), shape) == shape, "expected a shape to which ",
         call.in(0), " broadcasts, got ", shape);
  return {{call.inputs[0].dtype, shape}};
}

}  // namespace

extern const OpDef op_expand{
    .name = "expand",
    .doc = "y = x repeated to a shape to which it broadcasts.",
    .source = "ONNX Expand; adjoint of sum",
    .traits = Trait::elementwise | Trait::movement,
    .types = expand_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return OpCount{.move = elements(call.out(0))}; },
    .slice = slice_elementwise,
    .gradient = [](const GradientCall& g) -> Values {
      return {sum_to(g.emitter, g.output_gradients[0], g.emitter.type(g.inputs[0]).shape)};
    },
    .reference = reference_of<ExpandReference>(),
    .may_alias = {-1},
    .samples = {{{{DType::float32, {3, 1, 5}}}, ExpandAttributes{{3, 7, 5}}, {}},
                {{{DType::float32, {17}}}, ExpandAttributes{{3, 17}}, {}},
                {{{DType::float32, {2, 1, 3, 1}}}, ExpandAttributes{{2, 3, 3, 31}}, {}},
                {{{DType::float32, {}}}, ExpandAttributes{{3, 5}}, {}},
                {{{DType::float32, {1, 3}}}, ExpandAttributes{{0, 3}}, {}}},
};

Value expand(Emitter& emitter, Value x, const Shape& shape) {
  if (emitter.type(x).shape == shape) return x;
  return emit_one(emitter, op_expand, ExpandAttributes{{shape.begin(), shape.end()}}, Values{x});
}

}  // namespace tacho
