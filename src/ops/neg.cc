#include "ops/neg.h"

#include "op/rules.h"
#include "op/scalar.h"

namespace tacho {
namespace {

struct NegReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    const T* x = run.in<T>(0);
    T* y = run.out<T>(0);
    for (int64_t i = 0, n = run.outputs[0].elements(); i < n; ++i) y[i] = -x[i];
  }
};

}  // namespace

extern const OpDef op_neg{
    .name = "neg",
    .doc = "y = -x, elementwise.",
    .source = "ONNX Neg; negation counts nothing",
    .traits = Trait::elementwise,
    .types = same_as_first,
    .dimensions = output_dimensions,
    .count = [](const OpCall&) { return OpCount{}; },
    .slice = slice_elementwise,
    .gradient = [](const GradientCall& g) -> Values { return {neg(g.emitter, g.output_gradients[0])}; },
    .reference = reference_of<NegReference>(),
    .may_alias = {0},
    .samples = {{{{DType::float32, {2, 3, 5, 7}}}, {}, {}},
                {{{DType::float32, {17}}}, {}, {}},
                {{{DType::float32, {0, 3}}}, {}, {}}},
};

Value neg(Emitter& emitter, Value x) { return emit_one(emitter, op_neg, {}, Values{x}); }

}  // namespace tacho
