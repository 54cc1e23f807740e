#include "ops/maximum.h"

#include "op/rules.h"
#include "ops/greater_equal.h"
#include "ops/sum.h"
#include "ops/walk.h"
#include "ops/where.h"

namespace tacho {
namespace {

struct MaximumReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    apply_broadcast<T>(run, [](T a, T b) { return max(a, b); });
  }
};

Values maximum_gradient(const GradientCall& g) {
  Emitter& e = g.emitter;
  const Value a = g.inputs[0], b = g.inputs[1], dc = g.output_gradients[0];
  const Value first = greater_equal(e, a, b), zero = e.splat({e.type(dc).dtype, {}}, 0);
  return {g.wanted[0] ? sum_to(e, where(e, first, dc, zero), e.type(a).shape) : Value{},
          g.wanted[1] ? sum_to(e, where(e, first, zero, dc), e.type(b).shape) : Value{}};
}

}  // namespace

extern const OpDef op_maximum{
    .name = "maximum",
    .doc = "c = the larger of a and b, elementwise with broadcasting.",
    .source = "ONNX Max of two operands",
    .traits = Trait::elementwise,
    .types = broadcast_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return OpCount{.cmp = elements(call.out(0))}; },
    .slice = slice_elementwise,
    .gradient = maximum_gradient,
    .reference = reference_of<MaximumReference>(),
    .may_alias = {0},
    .samples = {{{{DType::float32, {2, 3, 5, 7}}, {DType::float32, {2, 3, 5, 7}}}, {}, {{}, {Fill::distinct}}},
                {{{DType::float32, {3, 17}}, {DType::float32, {17}}}, {}, {{}, {Fill::distinct}}},
                {{{DType::float32, {3, 5, 1, 3}}, {DType::float32, {4, 1}}}, {}, {{}, {Fill::distinct}}},
                {{{DType::float32, {31}}, {DType::float32, {}}}, {}, {{}, {Fill::distinct}}},
                {{{DType::float32, {0, 3}}, {DType::float32, {3}}}, {}, {{}, {Fill::distinct}}}},
};

Value maximum(Emitter& emitter, Value a, Value b) { return emit_one(emitter, op_maximum, {}, Values{a, b}); }

}  // namespace tacho
