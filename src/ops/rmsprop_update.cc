#include "ops/rmsprop_update.h"

#include "ops/update_types.h"

namespace tacho {
namespace {

struct RmspropUpdateReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto& a = attributes.as<RmspropAttributes>();
    const T epsilon(a.epsilon), keep(a.smoothing), rest(1 - a.smoothing);
    with_weight_decay<T>(a.weight_decay, [&](auto gradient) {
      update_over_root<T>(run, epsilon, gradient, [=](T s, T now) { return keep * s + rest * now * now; });
    });
  }
};

Sample rmsprop_update_sample(const Shape& shape, RmspropAttributes attributes) {
  return update_sample(shape, attributes, {Fill::positive});
}

}  // namespace

extern const OpDef op_rmsprop_update{
    .name = "rmsprop_update",
    .doc = "s' = a s + (1 - a) g^2, w' = w - lr g / (sqrt(s') + eps); with weight decay g + decay w stands for g.",
    .source = "Tieleman and Hinton 2012, as PyTorch's RMSprop without momentum and centring",
    .traits = Trait::elementwise | Trait::update,
    .types = [](const OpCall& call) { return update_types(call, 3, 2); },
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) -> OpCount {
      const int64_t decay = call.attributes.as<RmspropAttributes>().weight_decay != 0;
      const Expr n = elements(call.out(0));
      return {.mul = (4 + decay) * n, .add = (3 + decay) * n, .div = n, .transcendental = n};
    },
    .slice = slice_elementwise,
    .reference = reference_of<RmspropUpdateReference>(),
    .may_alias = {0, 2},
    .samples = {rmsprop_update_sample({3, 2, 5, 5}, {}), rmsprop_update_sample({17}, {.weight_decay = 0.1}),
                rmsprop_update_sample({3, 31}, {.smoothing = 0.5, .epsilon = 1e-4})},
};

RmspropUpdate rmsprop_update(Emitter& emitter, Value w, Value g, Value mean_square, Value learning_rate,
                             RmspropAttributes attributes) {
  const Values outputs = emitter.emit(op_rmsprop_update, attributes, Values{w, g, mean_square, learning_rate});
  return {outputs[0], outputs[1]};
}

}  // namespace tacho
