#include "ops/adagrad_update.h"

#include "ops/update_types.h"

namespace tacho {
namespace {

struct AdagradUpdateReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto& a = attributes.as<AdagradAttributes>();
    const T epsilon(a.epsilon);
    with_weight_decay<T>(a.weight_decay, [&](auto gradient) {
      update_over_root<T>(run, epsilon, gradient, [](T s, T now) { return s + now * now; });
    });
  }
};

Sample adagrad_update_sample(const Shape& shape, AdagradAttributes attributes) {
  return update_sample(shape, attributes, {Fill::positive});
}

}  // namespace

extern const OpDef op_adagrad_update{
    .name = "adagrad_update",
    .doc = "s' = s + g^2, w' = w - lr g / (sqrt(s') + eps); with weight decay g + decay w stands for g.",
    .source = "Duchi, Hazan and Singer 2011, as PyTorch's Adagrad without rate decay",
    .traits = Trait::elementwise | Trait::update,
    .types = [](const OpCall& call) { return update_types(call, 3, 2); },
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) -> OpCount {
      const int64_t decay = call.attributes.as<AdagradAttributes>().weight_decay != 0;
      const Expr n = elements(call.out(0));
      return {.mul = (2 + decay) * n, .add = (3 + decay) * n, .div = n, .transcendental = n};
    },
    .slice = slice_elementwise,
    .reference = reference_of<AdagradUpdateReference>(),
    .may_alias = {0, 2},
    .samples = {adagrad_update_sample({3, 2, 5, 5}, {}), adagrad_update_sample({17}, {.weight_decay = 0.1}),
                adagrad_update_sample({3, 31}, {.epsilon = 1e-4})},
};

AdagradUpdate adagrad_update(Emitter& emitter, Value w, Value g, Value sum_of_squares, Value learning_rate,
                             AdagradAttributes attributes) {
  const Values outputs = emitter.emit(op_adagrad_update, attributes, Values{w, g, sum_of_squares, learning_rate});
  return {outputs[0], outputs[1]};
}

}  // namespace tacho
