#include "ops/gelu_backward.h"

#include "ops/exp.h"
#include "ops/gelu_terms.h"
#include "ops/pointwise.h"
#include "ops/sub.h"
#include "ops/tanh.h"

namespace tacho {
namespace {

struct GeluBackwardReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const T half(0.5), one(1);
    if (gelu_by_tanh(attributes)) {
      const T c0(kGeluLinear), c1(kGeluCubic), c3(3 * kGeluCubic);
      apply_backward<T>(run, [=](T dy, T x) {
        const T square = x * x, t = tanh(x * (c0 + c1 * square));
        return dy * (half * (one + t) + (half * x) * ((one - t * t) * (c0 + c3 * square)));
      });
    } else {
      const T scale(kSqrtHalf), peak(kNormalPeak), minus_half(-0.5);
      apply_backward<T>(run, [=](T dy, T x) {
        const T density = peak * exp(minus_half * (x * x));
        return dy * (half * (one + erf(scale * x)) + x * density);
      });
    }
  }
};

OpCount gelu_backward_count(const OpCall& call) {
  const Expr n = elements(call.out(0));
  if (gelu_by_tanh(call.attributes)) return {.mul = 10 * n, .add = 5 * n, .transcendental = n};
  return {.mul = 7 * n, .add = 2 * n, .transcendental = 2 * n};
}

/// The second derivative. By erf: density(x) (2 - x^2). By tanh: (1 - t^2) (u' - x t u'^2 + x u'' / 2) with t =
/// tanh(u), u = c0 x + c1 x^3.
Value bend(Emitter& e, Value x, bool by_tanh) {
  const Value square = mul(e, x, x);
  if (!by_tanh) {
    const Value density = scaled(e, exp(e, scaled(e, square, -0.5)), kNormalPeak);
    return mul(e, density, shifted(e, scaled(e, square, -1), 2));
  }
  const Value t = tanh(e, mul(e, x, shifted(e, scaled(e, square, kGeluCubic), kGeluLinear)));
  const Value slope = shifted(e, scaled(e, square, 3 * kGeluCubic), kGeluLinear);
  const Value through = mul(e, mul(e, x, t), mul(e, slope, slope));
  const Value sum = add(e, sub(e, slope, through), scaled(e, square, 3 * kGeluCubic));
  return mul(e, shifted(e, scaled(e, mul(e, t, t), -1), 1), sum);
}

Values gelu_backward_gradient(const GradientCall& g) {
  const Value dy = g.inputs[0], x = g.inputs[1], d = g.output_gradients[0];
  Values result{Value{}, Value{}};
  if (g.wanted[0]) result[0] = gelu_backward(g.emitter, d, x, g.attributes.as<GeluAttributes>().approximate);
  if (g.wanted[1]) result[1] = mul(g.emitter, mul(g.emitter, d, dy), bend(g.emitter, x, gelu_by_tanh(g.attributes)));
  return result;
}

}  // namespace

extern const OpDef op_gelu_backward{
    .name = "gelu_backward",
    .doc = "dx = dy times the derivative of gelu at x, by erf or by tanh.",
    .source = "adjoint of gelu",
    .traits = Trait::elementwise,
    .types = gelu_types,
    .dimensions = output_dimensions,
    .count = gelu_backward_count,
    .slice = slice_elementwise,
    .gradient = gelu_backward_gradient,
    .reference = reference_of<GeluBackwardReference>(),
    .may_alias = {0},
    .samples = {{{{DType::float32, {2, 3, 5, 7}}, {DType::float32, {2, 3, 5, 7}}}, GeluAttributes{}, {}},
                {{{DType::float32, {17}}, {DType::float32, {17}}}, GeluAttributes{"tanh"}, {}},
                {{{DType::float32, {0, 3}}, {DType::float32, {0, 3}}}, GeluAttributes{}, {}}},
};

Value gelu_backward(Emitter& emitter, Value dy, Value x, const std::string& approximate) {
  return emit_one(emitter, op_gelu_backward, GeluAttributes{approximate}, Values{dy, x});
}

}  // namespace tacho
