#include "ops/softmax_cross_entropy_backward.h"

#include "ops/labels.h"

namespace tacho {
namespace {

struct SoftmaxCrossEntropyBackwardReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    labelled_slope<T>(run, 1, "softmax_cross_entropy_backward");
  }
};

}  // namespace

extern const OpDef op_softmax_cross_entropy_backward{
    .name = "softmax_cross_entropy_backward",
    .doc = "dz = (p - onehot(label)) dloss, by rows.",
    .source = "adjoint of softmax_cross_entropy's loss, from its probabilities",
    .traits = Trait::loss,
    .types = labelled_slope_types,
    .dimensions = input_dimensions,
    .count = [](const OpCall&) -> OpCount {
      return {.mul = Expr::symbol("N") * Expr::symbol("D"), .add = Expr::symbol("N")};
    },
    .slice =
        [](const OpCall& call, SliceStates& inputs) {
          return slice_rows(call, inputs, {0, 1, 2});
        },
    .gradient = [](const GradientCall& g) { return labelled_slope_gradient(g, 1, softmax_cross_entropy_backward); },
    .reference = reference_of<SoftmaxCrossEntropyBackwardReference>(),
    .may_alias = {0},
    .samples = labelled_slope_samples({Fill::positive}),
};

Value softmax_cross_entropy_backward(Emitter& emitter, Value probabilities, Value labels, Value dloss) {
  return emit_one(emitter, op_softmax_cross_entropy_backward, {}, Values{probabilities, labels, dloss});
}

}  // namespace tacho
