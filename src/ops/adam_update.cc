#include "ops/adam_update.h"

#include "op/scalar.h"
#include "ops/update_types.h"

namespace tacho {
namespace {

struct AdamUpdateReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto& a = attributes.as<AdamAttributes>();
    const T decay(a.weight_decay), shrink(1 - to_double(run.in<T>(4)[0]) * a.weight_decay);
    const auto same = [](T value, T) { return value; };
    if (a.weight_decay == 0) return update<T>(a, run, same, [](T w) { return w; });
    if (a.decoupled) return update<T>(a, run, same, [shrink](T w) { return shrink * w; });
    update<T>(
        a, run, [decay](T g, T w) { return g + decay * w; }, [](T w) { return w; });
  }

  /// The bias corrections are computed once a call, in double and outside the counted elements: they belong to the
  /// step, not to an element.
  template <class T, class Gradient, class Weight>
  static void update(const AdamAttributes& a, const KernelRun& run, Gradient gradient, Weight weight) {
    const int64_t step = *run.in<int64_t>(5);
    if (step < 1) fail("[adam_update] expected a step number of at least 1, got ", step);
    const double correction1 = 1 - std::pow(a.beta1, double(step)), correction2 = 1 - std::pow(a.beta2, double(step));
    const T rate(to_double(run.in<T>(4)[0]) / correction1), root(std::sqrt(correction2)), epsilon(a.epsilon);
    const T beta1(a.beta1), beta2(a.beta2), rest1(1 - a.beta1), rest2(1 - a.beta2);
    const T* w = run.in<T>(0);
    const T* g = run.in<T>(1);
    const T* m = run.in<T>(2);
    const T* v = run.in<T>(3);
    T* next_w = run.out<T>(0);
    T* next_m = run.out<T>(1);
    T* next_v = run.out<T>(2);
    const int64_t n = run.outputs[0].elements();
    // Outputs overlap inputs element by element or not at all; the twelve pairs are more than GCC checks for itself.
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) {
      const T now = gradient(g[i], w[i]);
      const T first = beta1 * m[i] + rest1 * now, second = beta2 * v[i] + rest2 * now * now;
      next_m[i] = first;
      next_v[i] = second;
      next_w[i] = weight(w[i]) - rate * (first / (sqrt(second) / root + epsilon));
    }
  }
};

Sample adam_update_sample(const Shape& shape, AdamAttributes attributes, double step) {
  const TensorType type{DType::float32, shape};
  return {{type, type, type, type, {DType::float32, {}}, {DType::int64, {}}},
          attributes,
          {{Fill::normal},
           {Fill::normal},
           {Fill::normal},
           {Fill::positive},
           {Fill::number, 0, 0.001},
           {Fill::number, 0, step}}};
}

}  // namespace

extern const OpDef op_adam_update{
    .name = "adam_update",
    .doc =
        "m' = b1 m + (1 - b1) g, v' = b2 v + (1 - b2) g^2, "
        "w' = w - lr / (1 - b1^t) m' / (sqrt(v') / sqrt(1 - b2^t) + eps); with weight decay g + decay w stands for "
        "g, or (decoupled) (1 - lr decay) w for w.",
    .source =
        "Kingma and Ba 2015, Loshchilov and Hutter 2019, as PyTorch's Adam and AdamW; bias corrections once a step",
    .traits = Trait::elementwise | Trait::update,
    .types = [](const OpCall& call) { return update_types(call, 4, 3, true); },
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) -> OpCount {
      const auto& a = call.attributes.as<AdamAttributes>();
      const Expr n = elements(call.out(0));
      const int64_t decays = a.weight_decay != 0;
      return {.mul = (6 + decays) * n, .add = (4 + (decays && !a.decoupled)) * n, .div = 2 * n, .transcendental = n};
    },
    .slice = slice_elementwise,
    .reference = reference_of<AdamUpdateReference>(),
    .may_alias = {0, 2, 3},
    .samples = {adam_update_sample({3, 2, 5, 5}, {}, 3), adam_update_sample({17}, {.weight_decay = 0.1}, 1),
                adam_update_sample({3, 31}, {.weight_decay = 0.1, .decoupled = true}, 100),
                adam_update_sample({1}, {.beta1 = 0.5, .beta2 = 0.9, .epsilon = 1e-4}, 2)},
};

AdamUpdate adam_update(Emitter& emitter, Value w, Value g, Value first_moment, Value second_moment, Value learning_rate,
                       Value step, AdamAttributes attributes) {
  const Values outputs =
      emitter.emit(op_adam_update, attributes, Values{w, g, first_moment, second_moment, learning_rate, step});
  return {outputs[0], outputs[1], outputs[2]};
}

}  // namespace tacho
