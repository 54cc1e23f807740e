#include "ops/momentum_update.h"

#include "ops/update_types.h"

namespace tacho {
namespace {

struct MomentumUpdateReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto& a = attributes.as<MomentumAttributes>();
    with_weight_decay<T>(a.weight_decay, [&](auto gradient) { update<T>(a, run, gradient); });
  }

  template <class T, class Gradient>
  static void update(const MomentumAttributes& a, const KernelRun& run, Gradient gradient) {
    const T* w = run.in<T>(0);
    const T* g = run.in<T>(1);
    const T* v = run.in<T>(2);
    const T rate = run.in<T>(3)[0], momentum(a.momentum);
    T* next_w = run.out<T>(0);
    T* next_v = run.out<T>(1);
    const int64_t n = run.outputs[0].elements();
    if (a.nesterov) {
      for (int64_t i = 0; i < n; ++i) {
        const T now = gradient(g[i], w[i]), velocity = momentum * v[i] + now;
        next_v[i] = velocity;
        next_w[i] = w[i] - rate * (now + momentum * velocity);
      }
    } else {
      for (int64_t i = 0; i < n; ++i) {
        const T velocity = momentum * v[i] + gradient(g[i], w[i]);
        next_v[i] = velocity;
        next_w[i] = w[i] - rate * velocity;
      }
    }
  }
};

Sample momentum_update_sample(const Shape& shape, MomentumAttributes attributes) {
  return update_sample(shape, attributes, {});
}

}  // namespace

extern const OpDef op_momentum_update{
    .name = "momentum_update",
    .doc = "v' = mu v + g, w' = w - lr v' (Nesterov: w - lr (g + mu v')); with weight decay g + decay w stands for g.",
    .source = "PyTorch's SGD with momentum and no dampening",
    .traits = Trait::elementwise | Trait::update,
    .types = [](const OpCall& call) { return update_types(call, 3, 2); },
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) -> OpCount {
      const auto& a = call.attributes.as<MomentumAttributes>();
      const int64_t each = 2 + (a.weight_decay != 0) + a.nesterov;
      return {.mul = each * elements(call.out(0)), .add = each * elements(call.out(0))};
    },
    .slice = slice_elementwise,
    .reference = reference_of<MomentumUpdateReference>(),
    .may_alias = {0, 2},
    .samples = {momentum_update_sample({3, 2, 5, 5}, {}), momentum_update_sample({17}, {0.9, 0.1, false}),
                momentum_update_sample({3, 31}, {0.5, 0, true}), momentum_update_sample({1}, {0.9, 0.01, true})},
};

MomentumUpdate momentum_update(Emitter& emitter, Value w, Value g, Value velocity, Value learning_rate,
                               MomentumAttributes attributes) {
  const Values outputs = emitter.emit(op_momentum_update, attributes, Values{w, g, velocity, learning_rate});
  return {outputs[0], outputs[1]};
}

}  // namespace tacho
