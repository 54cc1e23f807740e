#include "ops/dropout.h"

#include "base/random.h"
#include "op/rules.h"
#include "op/scalar.h"

namespace tacho {
namespace {

struct DropoutReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto& a = attributes.as<DropoutAttributes>();
    // One key per step, so that a step's numbers do not overlap the next one's however large the value is.
    const uint64_t key = Random(uint64_t(*run.in<int64_t>(1))).bits(uint64_t(*run.in<int64_t>(2)));
    const Random random(key, uint64_t(a.stream));
    const T scale(1 / (1 - a.rate)), nothing(0);
    const T* x = run.in<T>(0);
    T* y = run.out<T>(0);
    const int64_t n = run.outputs[0].elements();
    const int64_t first = run.slice.count > 0 ? run.slice.begin * (n / run.slice.count) : 0;
    for (int64_t i = 0; i < n; ++i) {
      const bool keep = random.uniform(uint64_t(first + i)) >= a.rate;
      y[i] = select(keep, x[i] * scale, nothing);
    }
  }
};

TensorTypes dropout_types(const OpCall& call) {
  expect(call.inputs.size() == 3, "expected 3 inputs, got ", call.inputs.size());
  expect(is_floating(call.inputs[0].dtype), "expected a floating input, got ", name_of(call.inputs[0].dtype));
  const TensorType scalar{DType::int64, {}};
  expect(call.inputs[1] == scalar && call.inputs[2] == scalar, "expected int64 scalars as seed and step, got ",
         call.inputs[1], " and ", call.inputs[2]);
  const double rate = call.attributes.as<DropoutAttributes>().rate;
  expect(rate >= 0 && rate < 1, "expected a rate of at least 0 and below 1, got ", rate);
  return {call.inputs[0]};
}

/// Along the outermost axis only: a slice then is a run of the whole's indices.
SliceStates dropout_slice(const OpCall& call, SliceStates& inputs) { return slice_rows(call, inputs, {0}); }

/// The same elements of dy, from the same numbers.
Values dropout_gradient(const GradientCall& g) {
  return {dropout(g.emitter, g.output_gradients[0], g.inputs[1], g.inputs[2], g.attributes.as<DropoutAttributes>()),
          Value{}, Value{}};
}

Sample dropout_sample(const Shape& shape, double rate, int64_t stream) {
  return {{{DType::float32, shape}, {DType::int64, {}}, {DType::int64, {}}},
          DropoutAttributes{rate, stream},
          {{Fill::normal}, {Fill::number, 0, 7}, {Fill::number, 0, 3}}};
}

}  // namespace

extern const OpDef op_dropout{
    .name = "dropout",
    .doc = "y[i] = x[i] / (1 - rate) where u(seed, step, stream, i) >= rate, else 0; u is uniform in [0, 1).",
    .source = "Srivastava et al. 2014, scaled as in PyTorch; numbers by Philox 4x32-10 (Salmon et al. 2011)",
    .traits = Trait::elementwise,
    .types = dropout_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return OpCount{.mul = elements(call.out(0))}; },
    .slice = dropout_slice,
    .gradient = dropout_gradient,
    .reference = reference_of<DropoutReference>(),
    .may_alias = {0},
    .samples = {dropout_sample({3, 2, 5, 7}, 0.5, 0), dropout_sample({17, 31}, 0.1, 4), dropout_sample({5}, 0, 1),
                dropout_sample({0, 3}, 0.5, 0), dropout_sample({64, 3}, 0.9, 2)},
};

Value dropout(Emitter& emitter, Value x, Value seed, Value step, const DropoutAttributes& attributes) {
  return emit_one(emitter, op_dropout, attributes, Values{x, seed, step});
}

}  // namespace tacho
