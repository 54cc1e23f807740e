#include "ops/running_average.h"

#include "op/rules.h"
#include "op/scalar.h"

namespace tacho {
namespace {

struct RunningAverageReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto& a = attributes.as<RunningAverageAttributes>();
    const T keep(1 - a.momentum), take(a.momentum * a.factor);
    const T* running = run.in<T>(0);
    const T* value = run.in<T>(1);
    T* next = run.out<T>(0);
    for (int64_t i = 0, n = run.outputs[0].elements(); i < n; ++i) next[i] = keep * running[i] + take * value[i];
  }
};

}  // namespace

extern const OpDef op_running_average{
    .name = "running_average",
    .doc = "r' = (1 - momentum) r + (momentum factor) value, elementwise.",
    .source = "running statistics of PyTorch's batch normalisation",
    .traits = Trait::elementwise | Trait::update,
    .types = same_as_first,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) -> OpCount {
      return {.mul = 2 * elements(call.out(0)), .add = elements(call.out(0))};
    },
    .slice = slice_elementwise,
    .reference = reference_of<RunningAverageReference>(),
    .may_alias = {0},
    .samples = {{{{DType::float32, {17}}, {DType::float32, {17}}}, RunningAverageAttributes{}, {}},
                {{{DType::float32, {3, 5}}, {DType::float32, {3, 5}}}, RunningAverageAttributes{0.25, 1.5}, {}}},
};

Value running_average(Emitter& emitter, Value running, Value value, RunningAverageAttributes attributes) {
  return emit_one(emitter, op_running_average, attributes, Values{running, value});
}

}  // namespace tacho
