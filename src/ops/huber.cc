#include "ops/huber.h"

#include "ops/clip.h"
#include "ops/mul.h"
#include "ops/neg.h"
#include "ops/pointwise.h"
#include "ops/sub.h"

namespace tacho {
namespace {

struct HuberReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const T delta(attributes.as<HuberAttributes>().delta), half(0.5);
    const T* x = run.in<T>(0);
    const T* t = run.in<T>(1);
    T* y = run.out<T>(0);
    for (int64_t i = 0, n = run.outputs[0].elements(); i < n; ++i) {
      const T difference = x[i] - t[i], size = max(difference, -difference), inner = min(size, delta);
      y[i] = inner * (size - half * inner);
    }
  }
};

TensorTypes huber_types(const OpCall& call) {
  expect(call.inputs.size() == 2, "expected outputs and targets, got ", call.inputs.size(), " inputs");
  const double delta = call.attributes.as<HuberAttributes>().delta;
  expect(delta > 0, "expected a delta above 0, got ", delta);
  return same_as_first(call);
}

Values huber_gradient(const GradientCall& g) {
  const double delta = g.attributes.as<HuberAttributes>().delta;
  const Value slope = clip(g.emitter, sub(g.emitter, g.inputs[0], g.inputs[1]), {-delta, delta});
  const Value dx = mul(g.emitter, g.output_gradients[0], slope);
  Values result{dx, Value{}};
  if (g.wanted[1]) result[1] = neg(g.emitter, dx);
  return result;
}

Sample huber_sample(const Shape& shape, double delta) {
  return {{{DType::float32, shape}, {DType::float32, shape}},
          HuberAttributes{delta},
          {{Fill::distinct}, {Fill::number, 0, 0.003}}};
}

}  // namespace

extern const OpDef op_huber{
    .name = "huber",
    .doc = "y = c (|d| - c / 2) with d = x - t and c = min(|d|, delta), elementwise.",
    .source = "Huber 1964; PyTorch huber_loss, before its reduction",
    .traits = Trait::elementwise | Trait::loss,
    .types = huber_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return per_element(call, {.mul = 2, .add = 2, .cmp = 2}); },
    .slice = slice_elementwise,
    .gradient = huber_gradient,
    .reference = reference_of<HuberReference>(),
    .may_alias = {0},
    .samples = {huber_sample({3, 5}, 1), huber_sample({2, 3, 5, 7}, 0.1234), huber_sample({17}, 100),
                huber_sample({0, 3}, 1)},
};

Value huber(Emitter& emitter, Value x, Value t, double delta) {
  return emit_one(emitter, op_huber, HuberAttributes{delta}, Values{x, t});
}

}  // namespace tacho
