#include "ops/max_pool2d_backward.h"

#include "ops/max_pool2d_gather.h"
#include "ops/pool_geometry.h"

namespace tacho {
namespace {

PoolGeometry max_pool2d_backward_geometry(const Attributes& attributes, const Shape& dy, const TensorType& index) {
  const auto& a = attributes.as<MaxPool2dBackwardAttributes>();
  expect(dy.size() == 4, "expected gradients N x C x OH x OW, got ", dy);
  const Shape x{dy[0], dy[1], a.image[0], a.image[1]};
  element_count(x);
  const PoolGeometry g = max_pool2d_geometry(a.pool, x, index, max_pool2d_index(a.pool));
  expect(dy == index.shape, "expected as many gradients as indices, got ", dy, " and ", index.shape);
  return g;
}

struct MaxPool2dBackwardReference {
  template <class T>
  void operator()(const Attributes& attributes, const KernelRun& run) const {
    const Shape& out = run.outputs[0].shape();
    const PoolGeometry g = max_pool2d_backward_geometry(attributes, run.inputs[0].shape(), run.inputs[1].type);
    const int64_t plane = out[2] * out[3];
    const T* dy = run.in<T>(0);
    T* dx = run.out<T>(0);
    with_max_pool2d_index(run.inputs[1], [&](const auto* index) {
      for (int64_t nc = 0; nc < out[0] * out[1]; ++nc, dx += plane) {
        for (int64_t i = 0; i < plane; ++i) dx[i] = T(0);
        for (int64_t oh = 0; oh < g.rows.out; ++oh)
          for (int64_t ow = 0; ow < g.columns.out; ++ow)
            dx[place_in_plane(g, oh, ow, *index++, "max_pool2d_backward")] += *dy++;
      }
    });
  }
};

TensorTypes max_pool2d_backward_types(const OpCall& call) {
  expect(call.inputs.size() == 2 && is_floating(call.inputs[0].dtype), "expected floating gradients and indices");
  const PoolGeometry g = max_pool2d_backward_geometry(call.attributes, call.in(0), call.inputs[1]);
  return {{call.inputs[0].dtype, {call.in(0)[0], call.in(0)[1], g.rows.in, g.columns.in}}};
}

}  // namespace

extern const OpDef op_max_pool2d_backward{
    .name = "max_pool2d_backward",
    .doc = "dx[n,c, place index[n,c,i,j] of window (i,j)] += dy[n,c,i,j] from zeros.",
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
      const auto& a = g.attributes.as<MaxPool2dBackwardAttributes>();
      return {max_pool2d_gather(g.emitter, g.output_gradients[0], g.inputs[1], a.pool), Value{}};
    },
    .reference = reference_of<MaxPool2dBackwardReference>(),
    .may_alias = {-1},
    .samples =
        {
            {{{DType::float32, {2, 3, 3, 4}}, {DType::uint8, {2, 3, 3, 4}}},
             MaxPool2dBackwardAttributes{{}, {6, 8}},
             {{}, {Fill::index, 4}}},
            {{{DType::float32, {2, 1, 3, 2}}, {DType::uint8, {2, 1, 3, 2}}},
             MaxPool2dBackwardAttributes{{{3, 2}, {2, 1}}, {7, 3}},
             {{}, {Fill::index, 6}}},
            {{{DType::float32, {17, 1, 1, 3}}, {DType::uint8, {17, 1, 1, 3}}},
             MaxPool2dBackwardAttributes{{{1, 9}, {1, 11}}, {1, 31}},
             {{}, {Fill::index, 9}}},
            {{{DType::float32, {0, 2, 2, 2}}, {DType::uint8, {0, 2, 2, 2}}},
             MaxPool2dBackwardAttributes{{}, {4, 4}},
             {{}, {Fill::index, 4}}},
            {{{DType::float32, {1, 1, 1, 1}}, {DType::uint8, {1, 1, 1, 1}}},
             MaxPool2dBackwardAttributes{{{1, 1}, {1, 1}}, {1, 1}},
             {{}, {Fill::index, 1}}},
            {{{DType::float32, {2, 2, 2, 1}}, {DType::int32, {2, 2, 2, 1}}},
             MaxPool2dBackwardAttributes{{{2, 129}, {2, 1}}, {4, 129}},
             {{}, {Fill::index, 258}}},
        },
};

Value max_pool2d_backward(Emitter& emitter, Value dy, Value index, const MaxPool2dBackwardAttributes& attributes) {
  return emit_one(emitter, op_max_pool2d_backward, attributes, Values{dy, index});
}

}  // namespace tacho
