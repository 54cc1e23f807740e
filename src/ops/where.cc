#include "ops/where.h"

#include "ops/broadcast.h"

namespace tacho {
namespace {

struct WhereReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    const Shape& out = run.outputs[0].shape();
    const Walk<3> walk =
        make_walk<3>(out, {broadcast_strides(run.inputs[0].shape(), out), broadcast_strides(run.inputs[1].shape(), out),
                           broadcast_strides(run.inputs[2].shape(), out)});
    with_element_type<T>(run.outputs[0].type.dtype, [&](auto element) {
      using E = decltype(element);
      for_each_row(walk, [&](int64_t first, const std::array<int64_t, 3>& offsets) {
        const uint8_t* condition = run.in<uint8_t>(0) + offsets[0];
        const E* a = static_cast<const E*>(run.inputs[1].data) + offsets[1];
        const E* b = static_cast<const E*>(run.inputs[2].data) + offsets[2];
        choose(walk, condition, a, b, static_cast<E*>(run.outputs[0].data) + first);
      });
    });
  }

  /// One row. The case without broadcasting stands apart, so that it becomes vector instructions.
  template <class E>
  static void choose(const Walk<3>& walk, const uint8_t* condition, const E* a, const E* b, E* y) {
    const int64_t n = walk.extents.back(), sc = walk.strides[0].back(), sa = walk.strides[1].back(),
                  sb = walk.strides[2].back();
    if (sc == 1 && sa == 1 && sb == 1) {
      for (int64_t i = 0; i < n; ++i) y[i] = condition[i] != 0 ? a[i] : b[i];
    } else {
      for (int64_t i = 0; i < n; ++i) y[i] = condition[i * sc] != 0 ? a[i * sa] : b[i * sb];
    }
  }
};

TensorTypes where_types(const OpCall& call) {
  expect(call.inputs.size() == 3, "expected a condition and two values, got ", call.inputs.size(), " inputs");
  const TensorType &condition = call.inputs[0], &a = call.inputs[1], &b = call.inputs[2];
  expect(condition.dtype == DType::boolean && !condition.shape.empty(),
         "expected a boolean condition of rank 1 or more, got ", condition);
  expect(a.dtype == b.dtype && a.dtype != DType::boolean, "expected values of one dtype other than bool, got ",
         name_of(a.dtype), " and ", name_of(b.dtype));
  return {{a.dtype, broadcast(condition.shape, broadcast(a.shape, b.shape))}};
}

Values where_gradient(const GradientCall& g) {
  const auto [da, db] = choice_gradients(g, g.inputs[0]);
  return {Value{}, da, db};
}

std::vector<Sample> where_samples() {
  const Fill bits{Fill::index, 2};
  const TensorType images{DType::float32, {2, 3, 5, 7}};
  return {{{{DType::boolean, {2, 3, 5, 7}}, images, images}, {}, {bits}},
          {{{DType::boolean, {3, 17}}, {DType::float32, {}}, {DType::float32, {17}}}, {}, {bits}},
          {{{DType::boolean, {5, 1}}, {DType::float32, {3, 1, 7}}, {DType::float32, {1}}}, {}, {bits}},
          {{{DType::boolean, {31}}, {DType::float32, {31}}, {DType::float32, {31}}}, {}, {bits}},
          {{{DType::boolean, {0, 3}}, {DType::float32, {3}}, {DType::float32, {3}}}, {}, {bits}}};
}

}  // namespace

extern const OpDef op_where{
    .name = "where",
    .doc = "y = a where the condition holds, else b, elementwise with broadcasting.",
    .source = "ONNX Where; the comparison that it reads is counted where it is made",
    .traits = Trait::elementwise,
    .types = where_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall&) { return OpCount{}; },
    .slice = slice_elementwise,
    .gradient = where_gradient,
    .reference = reference_of<WhereReference>(),
    .may_alias = {1},
    .samples = where_samples(),
};

Value where(Emitter& emitter, Value condition, Value a, Value b) {
  return emit_one(emitter, op_where, {}, Values{condition, a, b});
}

}  // namespace tacho
