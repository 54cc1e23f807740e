#include "ops/adagrad_update.h"

#include "op/scalar.h"
#include "ops/update_types.h"

namespace tacho {
namespace {

struct AdagradUpdateReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto& a = attributes.as<AdagradAttributes>();
    if (a.weight_decay == 0) return update<T>(a, run, [](T g, T) { return g; });
    const T decay(a.weight_decay);
    update<T>(a, run, [decay](T g, T w) { return g + decay * w; });
  }

  template <class T, class Gradient>
  static void update(const AdagradAttributes& a, const KernelRun& run, Gradient gradient) {
    const T* w = run.in<T>(0);
    const T* g = run.in<T>(1);
    const T* s = run.in<T>(2);
    const T rate = run.in<T>(3)[0], epsilon(a.epsilon);
    T* next_w = run.out<T>(0);
    T* next_s = run.out<T>(1);
    for (int64_t i = 0, n = run.outputs[0].elements(); i < n; ++i) {
      const T now = gradient(g[i], w[i]), square = s[i] + now * now;
      next_s[i] = square;
      next_w[i] = w[i] - rate * (now / (sqrt(square) + epsilon));
    }
  }
};

Sample sample_of(const Shape& shape, AdagradAttributes attributes) {
  const TensorType type{DType::float32, shape};
  return {{type, type, type, {DType::float32, {}}},
          attributes,
          {{Fill::normal}, {Fill::normal}, {Fill::positive}, {Fill::number, 0, 0.01}}};
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
    .samples = {sample_of({3, 2, 5, 5}, {}), sample_of({17}, {.weight_decay = 0.1}),
                sample_of({3, 31}, {.epsilon = 1e-4})},
};

AdagradUpdate adagrad_update(Emitter& emitter, Value w, Value g, Value sum_of_squares, Value learning_rate,
                             AdagradAttributes attributes) {
  const Values outputs = emitter.emit(op_adagrad_update, attributes, Values{w, g, sum_of_squares, learning_rate});
  return {outputs[0], outputs[1]};
}

}  // namespace tacho
