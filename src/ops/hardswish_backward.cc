#include "ops/hardswish_backward.h"

#include "ops/clip_backward.h"
#include "ops/pointwise.h"

namespace tacho {
namespace {

struct HardswishBackwardReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    const T third(1.0 / 3), half(0.5), zero(0), one(1), three(3), minus_three(-3);
    apply_backward<T>(run, [=](T dy, T x) {
      const T inside = select(greater(x, three), one, third * x + half);
      return dy * select(greater(minus_three, x), zero, inside);
    });
  }
};

Values hardswish_backward_gradient(const GradientCall& g) {
  const Value dy = g.inputs[0], x = g.inputs[1], d = g.output_gradients[0];
  Values result{Value{}, Value{}};
  if (g.wanted[0]) result[0] = hardswish_backward(g.emitter, d, x);
  if (g.wanted[1]) {  // d dy / 3 where |x| <= 3
    const Value third = scaled(g.emitter, mul(g.emitter, d, dy), 1.0 / 3);
    result[1] = clip_backward(g.emitter, third, x, {-3, 3});
  }
  return result;
}

}  // namespace

extern const OpDef op_hardswish_backward{
    .name = "hardswish_backward",
    .doc = "dx = 0 where x < -3, dy where x > 3, else dy (x / 3 + 1/2).",
    .source = "adjoint of hardswish",
    .traits = Trait::elementwise,
    .types = same_as_first,
    .dimensions = output_dimensions,
    .count = [](const OpCall& call) { return per_element(call, {.mul = 2, .add = 1, .cmp = 2}); },
    .slice = slice_elementwise,
    .gradient = hardswish_backward_gradient,
    .reference = reference_of<HardswishBackwardReference>(),
    .may_alias = {0},
    .samples = {{{{DType::float32, {2, 3, 9, 11}}, {DType::float32, {2, 3, 9, 11}}}, {}, {{}, {Fill::distinct}}},
                {{{DType::float32, {17}}, {DType::float32, {17}}}, {}, {}}},
};

Value hardswish_backward(Emitter& emitter, Value dy, Value x) {
  return emit_one(emitter, op_hardswish_backward, {}, Values{dy, x});
}

}  // namespace tacho
