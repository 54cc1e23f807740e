#include "ops/binary_cross_entropy.h"

#include "ops/mul.h"
#include "ops/neg.h"
#include "ops/pointwise.h"
#include "ops/sigmoid.h"
#include "ops/sub.h"

namespace tacho {
namespace {

struct BinaryCrossEntropyReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    const T* x = run.in<T>(0);
    const T* t = run.in<T>(1);
    T* y = run.out<T>(0);
    for (int64_t i = 0, n = run.outputs[0].elements(); i < n; ++i) {
      const T positive = max(x[i], T(0)), smaller = exp(min(x[i], -x[i]));
      y[i] = positive - x[i] * t[i] + log(T(1) + smaller);
    }
  }
};

TensorTypes binary_cross_entropy_types(const OpCall& call) {
  expect(call.inputs.size() == 2, "expected logits and targets, got ", call.inputs.size(), " inputs");
  return same_as_first(call);
}

Values binary_cross_entropy_gradient(const GradientCall& g) {
  const Value x = g.inputs[0], t = g.inputs[1], dy = g.output_gradients[0];
  Values result{Value{}, Value{}};
  if (g.wanted[0]) result[0] = mul(g.emitter, dy, sub(g.emitter, sigmoid(g.emitter, x), t));
  if (g.wanted[1]) result[1] = neg(g.emitter, mul(g.emitter, dy, x));
  return result;
}

Sample binary_cross_entropy_sample(const Shape& shape) {
  return {{{DType::float32, shape}, {DType::float32, shape}}, {}, {}};
}

}  // namespace

extern const OpDef op_binary_cross_entropy{
    .name = "binary_cross_entropy",
    .doc = "y = max(x, 0) - x t + log(1 + exp(-|x|)), elementwise.",
    .source = "PyTorch binary_cross_entropy_with_logits, before its reduction",
    .traits = Trait::elementwise | Trait::loss,
    .types = binary_cross_entropy_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return per_element(call, {.mul = 1, .add = 3, .cmp = 2, .transcendental = 2}); },
    .slice = slice_elementwise,
    .gradient = binary_cross_entropy_gradient,
    .reference = reference_of<BinaryCrossEntropyReference>(),
    .may_alias = {0},
    .samples = {binary_cross_entropy_sample({3, 5}), binary_cross_entropy_sample({2, 3, 5, 7}),
                binary_cross_entropy_sample({17}), binary_cross_entropy_sample({0, 3})},
};

Value binary_cross_entropy(Emitter& emitter, Value x, Value t) {
  return emit_one(emitter, op_binary_cross_entropy, {}, Values{x, t});
}

}  // namespace tacho
