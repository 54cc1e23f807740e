#include "ops/squared_error_backward.h"

#include "ops/labels.h"

namespace tacho {
namespace {

struct SquaredErrorBackwardReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    labelled_slope<T>(run, 2, "squared_error_backward");
  }
};

}  // namespace

extern const OpDef op_squared_error_backward{
    .name = "squared_error_backward",
    .doc = "dz = 2 (z - onehot(label)) dloss, by rows.",
    .source = "adjoint of squared_error",
    .traits = Trait::loss,
    .types = labelled_slope_types,
    .dimensions = input_dimensions,
    .count = [](const OpCall&) -> OpCount {
      const Expr n = Expr::symbol("N");
      return {.mul = n * Expr::symbol("D") + n, .add = n};
    },
    .slice =
        [](const OpCall& call, SliceStates& inputs) {
          return slice_rows(call, inputs, {0, 1, 2});
        },
    .gradient = [](const GradientCall& g) { return labelled_slope_gradient(g, 2, squared_error_backward); },
    .reference = reference_of<SquaredErrorBackwardReference>(),
    .may_alias = {0},
    .samples = labelled_slope_samples({}),
};

Value squared_error_backward(Emitter& emitter, Value outputs, Value labels, Value dloss) {
  return emit_one(emitter, op_squared_error_backward, {}, Values{outputs, labels, dloss});
}

}  // namespace tacho
