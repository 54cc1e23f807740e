#include "ops/max_pool2d_gather.h"

#include "ops/max_pool2d_backward.h"
#include "ops/pool_geometry.h"

namespace tacho {
namespace {

struct MaxPool2dGatherReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    const Shape &in = run.inputs[0].shape(), &out = run.outputs[0].shape();
    const int64_t places = out[2] * out[3], plane = in[2] * in[3];
    const T* x = run.in<T>(0);
    const int32_t* index = run.in<int32_t>(1);
    T* y = run.out<T>(0);
    for (int64_t nc = 0; nc < in[0] * in[1]; ++nc, x += plane, index += places, y += places)
      for (int64_t i = 0; i < places; ++i) copy(y[i], x[place_in_plane(index[i], plane, "max_pool2d_gather")]);
  }
};

TensorTypes max_pool2d_gather_types(const OpCall& call) {
  expect(call.inputs.size() == 2 && is_floating(call.inputs[0].dtype) && call.inputs[1].dtype == DType::int32,
         "expected floating images and int32 indices");
  const Shape &x = call.in(0), &index = call.in(1);
  expect(x.size() == 4 && index.size() == 4 && x[0] == index[0] && x[1] == index[1],
         "expected images N x C x H x W and indices N x C x OH x OW, got ", x, " and ", index);
  return {{call.inputs[0].dtype, index}};
}

}  // namespace

extern const OpDef op_max_pool2d_gather{
    .name = "max_pool2d_gather",
    .doc = "y[n,c,i,j] = x[n,c, index[n,c,i,j]].",
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
      return {max_pool2d_backward(g.emitter, g.output_gradients[0], g.inputs[1], {{x[2], x[3]}}), Value{}};
    },
    .reference = reference_of<MaxPool2dGatherReference>(),
    .may_alias = {-1},
    .samples = {{{{DType::float32, {2, 3, 6, 8}}, {DType::int32, {2, 3, 3, 4}}}, {}, {{}, {Fill::index, 48}}},
                {{{DType::float32, {17, 1, 1, 31}}, {DType::int32, {17, 1, 1, 3}}}, {}, {{}, {Fill::index, 31}}},
                {{{DType::float32, {0, 2, 4, 4}}, {DType::int32, {0, 2, 2, 2}}}, {}, {{}, {Fill::index, 16}}},
                {{{DType::float32, {1, 1, 1, 1}}, {DType::int32, {1, 1, 1, 1}}}, {}, {{}, {Fill::index, 1}}}},
};

Value max_pool2d_gather(Emitter& emitter, Value x, Value index) {
  return emit_one(emitter, op_max_pool2d_gather, {}, Values{x, index});
}

}  // namespace tacho
