#include "ops/sigmoid.h"

#include "op/rules.h"
#include "op/scalar.h"
#include "ops/sigmoid_backward.h"

namespace tacho {
namespace {

struct SigmoidReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    const T* x = run.in<T>(0);
    T* y = run.out<T>(0);
    for (int64_t i = 0, n = run.outputs[0].elements(); i < n; ++i) y[i] = T(1) / (T(1) + exp(-x[i]));
  }
};

}  // namespace

extern const OpDef op_sigmoid{
    .name = "sigmoid",
    .doc = "y = 1 / (1 + exp(-x)), elementwise.",
    .source = "ONNX Sigmoid",
    .traits = Trait::elementwise | Trait::activation,
    .types = same_as_first,
    .dimensions = output_dimensions,
    .count =
        [](const OpCall& call) {
          return OpCount{
              .add = elements(call.out(0)), .div = elements(call.out(0)), .transcendental = elements(call.out(0))};
        },
    .slice = slice_elementwise,
    .gradient = [](const GradientCall& g) -> Values {
      return {sigmoid_backward(g.emitter, g.output_gradients[0], g.outputs[0])};
    },
    .reference = reference_of<SigmoidReference>(),
    .may_alias = {0},
    .samples = {{{{DType::float32, {2, 3, 5, 7}}}, {}, {}},
                {{{DType::float32, {17}}}, {}, {}},
                {{{DType::float32, {0, 3}}}, {}, {}}},
};

Value sigmoid(Emitter& emitter, Value x) { return emit_one(emitter, op_sigmoid, {}, Values{x}); }

}  // namespace tacho
