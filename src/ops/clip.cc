#include "ops/clip.h"

#include "ops/clip_backward.h"
#include "ops/pointwise.h"

namespace tacho {
namespace {

struct ClipReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const auto& a = attributes.as<ClipAttributes>();
    const T low(a.low), high(a.high);
    apply_unary<T>(run, [=](T x) { return min(max(x, low), high); });
  }
};

TensorTypes clip_types(const OpCall& call) {
  const auto& a = call.attributes.as<ClipAttributes>();
  expect(a.low <= a.high, "expected low <= high, got ", a.low, " and ", a.high);
  return same_as_first(call);
}

Values clip_gradient(const GradientCall& g) {
  const auto& a = g.attributes.as<ClipAttributes>();
  return {clip_backward(g.emitter, g.output_gradients[0], a.open ? g.outputs[0] : g.inputs[0], a)};
}

/// The gradient read from x, and from y.
std::vector<Sample> clip_samples() {
  std::vector<Sample> all = unary_samples(ClipAttributes{-0.5, 0.75}, {Fill::distinct});
  all.push_back({{{DType::float32, {3, 5, 7}}}, ClipAttributes{-0.5, 0.75, true}, {{Fill::distinct}}});
  return all;
}

}  // namespace

extern const OpDef op_clip{
    .name = "clip",
    .doc = "y = min(max(x, low), high), elementwise.",
    .source = "ONNX Clip; relu6 is [0, 6]",
    .traits = Trait::elementwise | Trait::activation,
    .types = clip_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return per_element(call, {.cmp = 2}); },
    .slice = slice_elementwise,
    .gradient = clip_gradient,
    .reference = reference_of<ClipReference>(),
    .may_alias = {0},
    .samples = clip_samples(),
};

Value clip(Emitter& emitter, Value x, ClipAttributes attributes) {
  return emit_one(emitter, op_clip, attributes, Values{x});
}

}  // namespace tacho
