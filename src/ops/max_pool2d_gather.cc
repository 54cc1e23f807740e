#include "ops/max_pool2d_gather.h"

#include "ops/max_pool2d_backward.h"
#include "ops/pool_geometry.h"

namespace tacho {
namespace {

PoolGeometry max_pool2d_gather_geometry(const Attributes& attributes, const Shape& x, const TensorType& index) {
  const auto& a = attributes.as<MaxPool2dAttributes>();
  return max_pool2d_geometry(a, x, index, max_pool2d_index(a));
}

struct MaxPool2dGatherReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const Shape& in = run.inputs[0].shape();
    const PoolGeometry g = max_pool2d_gather_geometry(attributes, in, run.inputs[1].type);
    const T* x = run.in<T>(0);
    T* y = run.out<T>(0);
    with_max_pool2d_index(run.inputs[1], [&](const auto* index) {
      for (int64_t nc = 0; nc < in[0] * in[1]; ++nc, x += in[2] * in[3])
        for (int64_t oh = 0; oh < g.rows.out; ++oh)
          for (int64_t ow = 0; ow < g.columns.out; ++ow)
            copy(*y++, x[place_in_plane(g, oh, ow, *index++, "max_pool2d_gather")]);
    });
  }
};

TensorTypes max_pool2d_gather_types(const OpCall& call) {
  expect(call.inputs.size() == 2 && is_floating(call.inputs[0].dtype), "expected floating images and indices");
  max_pool2d_gather_geometry(call.attributes, call.in(0), call.inputs[1]);
  return {{call.inputs[0].dtype, call.in(1)}};
}

}  // namespace

extern const OpDef op_max_pool2d_gather{
    .name = "max_pool2d_gather",
    .doc = "y[n,c,i,j] = x[n,c, place index[n,c,i,j] of window (i,j)].",
    .source = "P_pool of the running-time document at places that are known; adjoint of max_pool2d_backward",
    .traits = Trait::movement,
    .types = max_pool2d_gather_types,
    .dimensions = [](const OpCall& call) { return max_pool2d_places(call.in(1)); },
    .count =
        [](const OpCall&) {
          const auto s = [](const char* name) { return Expr::symbol(name); };
          return OpCount{.move = s("N") * s("C") * s("OH") * s("OW")};
        },
    .slice = slice_planes,
    .gradient = [](const GradientCall& g) -> Values {
      const Shape x = g.emitter.type(g.inputs[0]).shape;
      return {max_pool2d_backward(g.emitter, g.output_gradients[0], g.inputs[1],
                                  {g.attributes.as<MaxPool2dAttributes>(), {x[2], x[3]}}),
              Value{}};
    },
    .reference = reference_of<MaxPool2dGatherReference>(),
    .may_alias = {-1},
    .samples =
        {
            {{{DType::float32, {2, 3, 6, 8}}, {DType::uint8, {2, 3, 3, 4}}},
             MaxPool2dAttributes{},
             {{}, {Fill::index, 4}}},
            {{{DType::float32, {2, 1, 7, 3}}, {DType::uint8, {2, 1, 3, 2}}},
             MaxPool2dAttributes{{3, 2}, {2, 1}},
             {{}, {Fill::index, 6}}},
            {{{DType::float32, {17, 1, 1, 31}}, {DType::uint8, {17, 1, 1, 3}}},
             MaxPool2dAttributes{{1, 9}, {1, 11}},
             {{}, {Fill::index, 9}}},
            {{{DType::float32, {0, 2, 4, 4}}, {DType::uint8, {0, 2, 2, 2}}},
             MaxPool2dAttributes{},
             {{}, {Fill::index, 4}}},
            {{{DType::float32, {1, 1, 1, 1}}, {DType::uint8, {1, 1, 1, 1}}},
             MaxPool2dAttributes{{1, 1}, {1, 1}},
             {{}, {Fill::index, 1}}},
            {{{DType::float32, {2, 2, 4, 129}}, {DType::int32, {2, 2, 2, 1}}},
             MaxPool2dAttributes{{2, 129}, {2, 1}},
             {{}, {Fill::index, 258}}},
        },
};

Value max_pool2d_gather(Emitter& emitter, Value x, Value index, const MaxPool2dAttributes& attributes) {
  return emit_one(emitter, op_max_pool2d_gather, attributes, Values{x, index});
}

}  // namespace tacho
