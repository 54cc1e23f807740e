#include "ops/max_pool2d_backward.h"

#include "ops/max_pool2d_gather.h"
#include "ops/pool_geometry.h"

namespace tacho {
namespace {

struct MaxPool2dBackwardReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    const Shape &in = run.inputs[0].shape(), &out = run.outputs[0].shape();
    const int64_t places = in[2] * in[3], plane = out[2] * out[3];
    const T* dy = run.in<T>(0);
    const int32_t* index = run.in<int32_t>(1);
    T* dx = run.out<T>(0);
    for (int64_t nc = 0; nc < in[0] * in[1]; ++nc, dy += places, index += places, dx += plane) {
      for (int64_t i = 0; i < plane; ++i) dx[i] = T(0);
      for (int64_t i = 0; i < places; ++i) dx[place_in_plane(index[i], plane, "max_pool2d_backward")] += dy[i];
    }
  }
};

TensorTypes max_pool2d_backward_types(const OpCall& call) {
  const auto& a = call.attributes.as<MaxPool2dBackwardAttributes>();
  expect(call.inputs.size() == 2 && is_floating(call.inputs[0].dtype) && call.inputs[1].dtype == DType::int32,
         "expected floating gradients and int32 indices");
  expect(call.in(0).size() == 4 && call.in(0) == call.in(1),
         "expected gradients N x C x OH x OW and as many indices, got ", call.in(0), " and ", call.in(1));
  expect(a.image[0] >= 1 && a.image[1] >= 1, "expected images of at least 1 x 1, got ", a.image[0], " x ", a.image[1]);
  const Shape out{call.in(0)[0], call.in(0)[1], a.image[0], a.image[1]};
  element_count(out);
  return {{call.inputs[0].dtype, out}};
}

}  // namespace

extern const OpDef op_max_pool2d_backward{
    .name = "max_pool2d_backward",
    .doc = "dx[n,c, index[n,c,i,j]] += dy[n,c,i,j] from zeros.",
    .source = "adjoint of max_pool2d: the transposed P_pool of the running-time document",
    .traits = Trait::pooling,
    .types = max_pool2d_backward_types,
    .dimensions = [](const OpCall& call) { return max_pool2d_places(call.in(1)); },
    .count =
        [](const OpCall&) {
          const auto s = [](const char* name) { return Expr::symbol(name); };
          return OpCount{.add = s("N") * s("C") * s("OH") * s("OW")};
        },
    .slice = slice_planes,
    .gradient = [](const GradientCall& g) -> Values {
      return {max_pool2d_gather(g.emitter, g.output_gradients[0], g.inputs[1]), Value{}};
    },
    .reference = reference_of<MaxPool2dBackwardReference>(),
    .may_alias = {-1},
    .samples =
        {
            {{{DType::float32, {2, 3, 3, 4}}, {DType::int32, {2, 3, 3, 4}}},
             MaxPool2dBackwardAttributes{{6, 8}},
             {{}, {Fill::index, 48}}},
            {{{DType::float32, {17, 1, 1, 3}}, {DType::int32, {17, 1, 1, 3}}},
             MaxPool2dBackwardAttributes{{1, 31}},
             {{}, {Fill::index, 31}}},
            {{{DType::float32, {0, 2, 2, 2}}, {DType::int32, {0, 2, 2, 2}}},
             MaxPool2dBackwardAttributes{{4, 4}},
             {{}, {Fill::index, 16}}},
            {{{DType::float32, {1, 1, 1, 1}}, {DType::int32, {1, 1, 1, 1}}},
             MaxPool2dBackwardAttributes{{1, 1}},
             {{}, {Fill::index, 1}}},
        },
};

Value max_pool2d_backward(Emitter& emitter, Value dy, Value index, const MaxPool2dBackwardAttributes& attributes) {
  return emit_one(emitter, op_max_pool2d_backward, attributes, Values{dy, index});
}

}  // namespace tacho
