#include "ops/clip_backward.h"

#include "ops/pointwise.h"

namespace tacho {
namespace {

struct ClipBackwardReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto& a = attributes.as<ClipAttributes>();
    const T low(a.low), high(a.high), zero(0);
    if (a.open)
      apply_backward<T>(run,
                        [=](T dy, T y) { return select(greater(y, low), select(greater(high, y), dy, zero), zero); });
    else
      apply_backward<T>(run,
                        [=](T dy, T x) { return select(greater(low, x), zero, select(greater(x, high), zero, dy)); });
  }
};

Values clip_backward_gradient(const GradientCall& g) {
  return {clip_backward(g.emitter, g.output_gradients[0], g.inputs[1], g.attributes.as<ClipAttributes>()), Value{}};
}

std::vector<Sample> clip_backward_samples() {
  std::vector<Sample> all = backward_samples(ClipAttributes{-0.5, 0.75}, {Fill::distinct});
  const std::vector<Sample> open = backward_samples(ClipAttributes{-0.5, 0.75, true}, {Fill::distinct});
  all.insert(all.end(), open.begin(), open.end());
  return all;
}

}  // namespace

extern const OpDef op_clip_backward{
    .name = "clip_backward",
    .doc = "dx = dy where low <= x <= high, else 0; open: where low < y < high.",
    .source = "adjoint of clip; 1 on the bounds as PyTorch's clamp, open 0 as its hardtanh and relu6",
    .traits = Trait::elementwise,
    .types = same_as_first,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return per_element(call, {.cmp = 2}); },
    .slice = slice_elementwise,
    .gradient = clip_backward_gradient,
    .reference = reference_of<ClipBackwardReference>(),
    .may_alias = {0},
    .samples = clip_backward_samples(),
};

Value clip_backward(Emitter& emitter, Value dy, Value x, ClipAttributes attributes) {
  return emit_one(emitter, op_clip_backward, attributes, Values{dy, x});
}

}  // namespace tacho
