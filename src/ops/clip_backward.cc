#include "ops/clip_backward.h"

#include "ops/pointwise.h"

namespace tacho {
namespace {

struct ClipBackwardReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto& a = attributes.as<ClipAttributes>();
    const T low(a.low), high(a.high), zero(0);
    apply_backward<T>(run,
                      [=](T dy, T x) { return select(greater(low, x), zero, select(greater(x, high), zero, dy)); });
  }
};

Values clip_backward_gradient(const GradientCall& g) {
  const auto& a = g.attributes.as<ClipAttributes>();
  return {clip_backward(g.emitter, g.output_gradients[0], g.inputs[1], a.low, a.high), Value{}};
}

}  // namespace

extern const OpDef op_clip_backward{
    .name = "clip_backward",
    .doc = "dx = dy where low <= x <= high, else 0.",
    .source = "adjoint of clip; 1 on the bounds, as in PyTorch",
    .traits = Trait::elementwise,
    .types = same_as_first,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return per_element(call, {.cmp = 2}); },
    .slice = slice_elementwise,
    .gradient = clip_backward_gradient,
    .reference = reference_of<ClipBackwardReference>(),
    .may_alias = {0},
    .samples = backward_samples(ClipAttributes{-0.5, 0.75}, {Fill::distinct}),
};

Value clip_backward(Emitter& emitter, Value dy, Value x, double low, double high) {
  return emit_one(emitter, op_clip_backward, ClipAttributes{low, high}, Values{dy, x});
}

}  // namespace tacho
