#include "ops/lamb_direction.h"

#include "ops/update_types.h"

namespace tacho {
namespace {

struct LambDirectionReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto& a = attributes.as<LambAttributes>();
    with_weight_decay<T>(a.weight_decay, [&](auto decayed) { update<T>(a, run, decayed); });
  }

  /// As in adam_update the corrections belong to the step, not to an element.
  template <class T, class Decayed>
  static void update(const LambAttributes& a, const KernelRun& run, Decayed decayed) {
    const int64_t step = *run.in<int64_t>(4);
    if (step < 1) fail("[lamb_direction] expected a step number of at least 1, got ", step);
    const T scale(1 / (1 - std::pow(a.beta1, double(step)))), root(std::sqrt(1 - std::pow(a.beta2, double(step))));
    const T beta1(a.beta1), beta2(a.beta2), rest1(1 - a.beta1), rest2(1 - a.beta2), epsilon(a.epsilon);
    const T* w = run.in<T>(0);
    const T* g = run.in<T>(1);
    const T* m = run.in<T>(2);
    const T* v = run.in<T>(3);
    T* direction = run.out<T>(0);
    T* next_m = run.out<T>(1);
    T* next_v = run.out<T>(2);
    for (int64_t i = 0, n = run.outputs[0].elements(); i < n; ++i) {
      const T first = beta1 * m[i] + rest1 * g[i], second = beta2 * v[i] + rest2 * g[i] * g[i];
      const T along = scale * (first / (sqrt(second) / root + epsilon));
      next_m[i] = first;
      next_v[i] = second;
      direction[i] = decayed(along, w[i]);
    }
  }
};

TensorTypes lamb_types(const OpCall& call) {
  expect(call.inputs.size() == 5, "expected 5 inputs, got ", call.inputs.size());
  const TensorType& type = call.inputs[0];
  expect(is_floating(type.dtype), "expected a floating variable, got ", name_of(type.dtype));
  for (size_t i = 1; i < 4; ++i)
    expect(call.inputs[i] == type, "expected input ", i, " to be of the variable's type ", type, ", got ",
           call.inputs[i]);
  expect(call.inputs[4] == TensorType{DType::int64, {}}, "expected a step number int64 scalar, got ", call.inputs[4]);
  return {type, type, type};
}

Sample lamb_direction_sample(const Shape& shape, LambAttributes attributes, double step) {
  const TensorType type{DType::float32, shape};
  return {{type, type, type, type, {DType::int64, {}}},
          attributes,
          {{Fill::normal}, {Fill::normal}, {Fill::normal}, {Fill::positive}, {Fill::number, 0, step}}};
}

}  // namespace

extern const OpDef op_lamb_direction{
    .name = "lamb_direction",
    .doc =
        "m' = b1 m + (1 - b1) g, v' = b2 v + (1 - b2) g^2, r = m' / (1 - b1^t) / (sqrt(v' / (1 - b2^t)) + eps) + "
        "decay w.",
    .source = "You et al. 2020 (LAMB), before the scaling by norms",
    .traits = Trait::elementwise | Trait::update,
    .types = lamb_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) -> OpCount {
      const int64_t decay = call.attributes.as<LambAttributes>().weight_decay != 0;
      const Expr n = elements(call.out(0));
      return {.mul = (6 + decay) * n, .add = (3 + decay) * n, .div = 2 * n, .transcendental = n};
    },
    .slice = slice_elementwise,
    .reference = reference_of<LambDirectionReference>(),
    .may_alias = {1, 2, 3},
    .samples = {lamb_direction_sample({3, 2, 5, 5}, {}, 3), lamb_direction_sample({17}, {.weight_decay = 0.1}, 1),
                lamb_direction_sample({3, 31}, {.beta1 = 0.5, .epsilon = 1e-4}, 100)},
};

LambDirection lamb_direction(Emitter& emitter, Value w, Value g, Value first_moment, Value second_moment, Value step,
                             LambAttributes attributes) {
  const Values outputs = emitter.emit(op_lamb_direction, attributes, Values{w, g, first_moment, second_moment, step});
  return {outputs[0], outputs[1], outputs[2]};
}

}  // namespace tacho
