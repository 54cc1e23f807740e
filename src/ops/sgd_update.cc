#include "ops/sgd_update.h"

#include "op/scalar.h"
#include "ops/update_types.h"

namespace tacho {
namespace {

struct SgdUpdateReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const double weight_decay = attributes.as<SgdAttributes>().weight_decay;
    const T* w = run.in<T>(0);
    const T* g = run.in<T>(1);
    const T rate = run.in<T>(2)[0], decay(weight_decay);
    T* next = run.out<T>(0);
    const int64_t n = run.outputs[0].elements();
    if (weight_decay == 0)
      for (int64_t i = 0; i < n; ++i) next[i] = w[i] - rate * g[i];
    else
      for (int64_t i = 0; i < n; ++i) next[i] = w[i] - rate * (g[i] + decay * w[i]);
  }
};

}  // namespace

extern const OpDef op_sgd_update{
    .name = "sgd_update",
    .doc = "w' = w - lr g; with weight decay g + decay w stands for g.",
    .source = "PyTorch's SGD without momentum",
    .traits = Trait::elementwise | Trait::update,
    .types = [](const OpCall& call) { return update_types(call, 2, 1); },
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) -> OpCount {
      const int64_t decay = call.attributes.as<SgdAttributes>().weight_decay != 0;
      return {.mul = (1 + decay) * elements(call.out(0)), .add = (1 + decay) * elements(call.out(0))};
    },
    .slice = slice_elementwise,
    .reference = reference_of<SgdUpdateReference>(),
    .may_alias = {0},
    .samples = {{{{DType::float32, {3, 2, 5, 5}}, {DType::float32, {3, 2, 5, 5}}, {DType::float32, {}}},
                 SgdAttributes{},
                 {{Fill::normal}, {Fill::normal}, {Fill::number, 0, 0.01}}},
                {{{DType::float32, {17}}, {DType::float32, {17}}, {DType::float32, {}}},
                 SgdAttributes{0.1},
                 {{Fill::normal}, {Fill::normal}, {Fill::number, 0, 0.01}}}},
};

Value sgd_update(Emitter& emitter, Value w, Value g, Value learning_rate, SgdAttributes attributes) {
  return emit_one(emitter, op_sgd_update, attributes, Values{w, g, learning_rate});
}

}  // namespace tacho
