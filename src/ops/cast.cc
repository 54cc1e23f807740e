#include "ops/cast.h"

#include <cmath>
#include <limits>

#include "op/rules.h"
#include "op/scalar.h"

namespace tacho {
namespace {

/// The number behind an element, wide enough to compare with any range.
template <class E>
double wide(E x) {
  if constexpr (std::is_same_v<E, Counting>) return x.value;
  else return double(x);
}

template <class E>
bool is_true(E x) {
  if constexpr (std::is_same_v<E, Counting>) return x.value != 0;
  else return x != E(0);
}

template <class To, class From>
To converted(From x) {
  constexpr bool to_integer = std::is_integral_v<To>;
  if constexpr (to_integer && std::is_integral_v<From>) {
    const int64_t low = int64_t(std::numeric_limits<To>::min()), high = int64_t(std::numeric_limits<To>::max());
    return To(std::min(std::max(int64_t(x), low), high));
  } else if constexpr (to_integer) {
    // 2^63 is a double but no int64, so the upper end is compared, not clamped to.
    const double low = double(std::numeric_limits<To>::min()), above = std::ldexp(1.0, std::numeric_limits<To>::digits);
    const double number = wide(x);
    if (!(number > low)) return number == number ? std::numeric_limits<To>::min() : To(0);
    return number >= above ? std::numeric_limits<To>::max() : To(number);
  } else if constexpr (std::is_same_v<From, Counting>) {
    return To(x.value);
  } else {
    return To(x);
  }
}

/// Calls f with the type of elements of `dtype`.
template <class F>
void with_element(DType dtype, F f) {
  switch (dtype) {
    case DType::float32:
      return f(float{});
    case DType::float64:
      return f(double{});
    case DType::int32:
      return f(int32_t{});
    case DType::int64:
      return f(int64_t{});
    case DType::uint8:
    case DType::boolean:
      return f(uint8_t{});
    case DType::counting:
      return f(Counting{});
  }
}

/// Which elements are meant stands in the operands' types, not in T.
struct CastReference {
  template <class>
  void operator()(const Attributes&, const KernelRun& run) const {
    with_element(run.inputs[0].type.dtype, [&](auto from) {
      with_element(run.outputs[0].type.dtype, [&](auto to) {
        using From = decltype(from);
        using To = decltype(to);
        const From* x = static_cast<const From*>(run.inputs[0].data);
        To* y = static_cast<To*>(run.outputs[0].data);
        const int64_t n = run.outputs[0].elements();
        if (run.outputs[0].type.dtype == DType::boolean || run.inputs[0].type.dtype == DType::boolean)
          for (int64_t i = 0; i < n; ++i) y[i] = To(is_true(x[i]));
        else
          for (int64_t i = 0; i < n; ++i) y[i] = converted<To>(x[i]);
      });
    });
  }
};

TensorTypes cast_types(const OpCall& call) {
  expect(call.inputs.size() == 1, "expected one input, got ", call.inputs.size());
  const TensorType& x = call.inputs[0];
  expect(x.dtype != DType::boolean || !x.shape.empty(), "expected booleans of rank 1 or more");
  return {{dtype_of(call.attributes.as<CastAttributes>().to), x.shape}};
}

Values cast_gradient(const GradientCall& g) {
  const DType from = g.emitter.type(g.inputs[0]).dtype, to = g.emitter.type(g.outputs[0]).dtype;
  return {is_floating(from) && is_floating(to) ? cast(g.emitter, g.output_gradients[0], from) : Value{}};
}

}  // namespace

extern const OpDef op_cast{
    .name = "cast",
    .doc = "y = x as another dtype.",
    .source = "ONNX Cast; out of range and NaN are defined here",
    .traits = Trait::elementwise,
    .types = cast_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall&) { return OpCount{}; },
    .slice = slice_elementwise,
    .gradient = cast_gradient,
    .reference = reference_of<CastReference>(),
    .may_alias = {-1},
    .samples = {{{{DType::float32, {2, 3, 5, 7}}}, CastAttributes{"float64"}, {}},
                {{{DType::float32, {17}}}, CastAttributes{"float32"}, {}},
                {{{DType::float32, {31}}}, CastAttributes{"int32"}, {{Fill::distinct}}},
                {{{DType::float32, {3, 5}}}, CastAttributes{"bool"}, {{Fill::distinct}}},
                {{{DType::int32, {17}}}, CastAttributes{"float32"}, {{Fill::index, 100}}},
                {{{DType::int64, {17}}}, CastAttributes{"uint8"}, {{Fill::index, 300}}},
                {{{DType::boolean, {3, 7}}}, CastAttributes{"float64"}, {{Fill::index, 2}}},
                {{{DType::float32, {0, 3}}}, CastAttributes{"int64"}, {}}},
};

Value cast(Emitter& emitter, Value x, DType to) {
  if (emitter.type(x).dtype == to) return x;
  return emit_one(emitter, op_cast, CastAttributes{std::string(name_of(to))}, Values{x});
}

}  // namespace tacho
