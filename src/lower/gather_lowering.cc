#include <limits>
#include <map>
#include <set>

#include "lower/columns.h"
#include "lower/lower.h"
#include "ops/gather.h"
#include "ops/max_pool2d_backward.h"
#include "ops/pad.h"
#include "ops/relu_backward.h"

namespace tacho {
namespace {

/// Element (c,kh,kw) x (oh,ow) of the windows is this element of the padded image.
Tensor index_vector(const ConvGeometry& g) {
  const int64_t height = g.rows.padded(), width = g.columns.padded();
  if (g.c * height * width > std::numeric_limits<int32_t>::max())
    fail("an image of ", g.c, " x ", height, " x ", width,
         " is too large for an index vector of int32: use --convolution im2col");
  Tensor index({DType::int32, {g.c * g.taps() * g.places()}});
  int32_t* out = index.as<int32_t>();
  for (int64_t c = 0; c < g.c; ++c)
    for (int64_t kh = 0; kh < g.rows.kernel; ++kh)
      for (int64_t kw = 0; kw < g.columns.kernel; ++kw)
        for (int64_t oh = 0; oh < g.rows.out; ++oh)
          for (int64_t ow = 0; ow < g.columns.out; ++ow) {
            const int64_t row = g.rows.place(oh, kh) + g.rows.before;
            const int64_t column = g.columns.place(ow, kw) + g.columns.before;
            *out++ = int32_t((c * height + row) * width + column);
          }
  return index;
}

class GatherLowering final : public EmitterDecorator {
 public:
  using EmitterDecorator::EmitterDecorator;

  Values emit(const OpDef& op, const Attributes& attributes, std::span<const Value> inputs) override {
    if (op.name == "conv2d") return convolution(op, attributes, inputs);
    if (op.name == "max_pool2d_backward") {
      const auto pool = relu_pools_.find(inputs[1].id);
      if (pool != relu_pools_.end()) return masked_pool_gradient(op, attributes, inputs, pool->second);
    }
    if (op.name == "relu_backward") {
      const auto masked = masked_.find(inputs[0].id);
      if (masked != masked_.end() && masked->second == inputs[1]) return {inputs[0]};
    }
    const Values outputs = emitted(inner_.emit(op, attributes, inputs));
    if (op.name == "relu") relu_outputs_.insert(outputs[0].id);
    if (op.name == "max_pool2d" && relu_outputs_.count(inputs[0].id))
      relu_pools_[outputs[1].id] = {inputs[0], outputs[0]};
    return outputs;
  }

 private:
  /// A pooling whose input is a ReLU's output.
  struct ReluPool {
    Value activation, pooled;
  };

  Values convolution(const OpDef& op, const Attributes& attributes, std::span<const Value> inputs) {
    const TensorType operands[] = {type(inputs[0]), type(inputs[1])};
    types_of(op, attributes, operands);  // the user's mistakes are the convolution's, not its blocks'
    const auto& a = attributes.as<Conv2dAttributes>();
    const ConvGeometry g = conv_geometry(a, operands[0].shape, operands[1].shape);
    const auto [top, left, bottom, right] = a.padding;
    const bool padded = top || left || bottom || right;
    const Value image = padded ? pad(inner_, inputs[0], {{0, 0, top, left}, {0, 0, bottom, right}}) : inputs[0];
    const Value columns = gather(inner_, image, inner_.constant(index_for(g)), {columns_shape(g)});
    return emitted({product_with_columns(inner_, g, a.products, inputs[1], columns)});
  }

  Values masked_pool_gradient(const OpDef& op, const Attributes& attributes, std::span<const Value> inputs,
                              const ReluPool& pool) {
    const Value masked = relu_backward(inner_, inputs[0], pool.pooled);
    const Values outputs = emitted(inner_.emit(op, attributes, Values{masked, inputs[1]}));
    masked_[outputs[0].id] = pool.activation;
    return outputs;
  }

  const Tensor& index_for(const ConvGeometry& g) {
    std::vector<int64_t> key{g.c};
    for (const WindowAxis& axis : {g.rows, g.columns})
      key.insert(key.end(), {axis.padded(), axis.kernel, axis.stride, axis.dilation});
    Tensor& index = indices_[key];
    if (!index.defined()) index = index_vector(g);
    return index;
  }

  /// Forgets what an earlier step knew under these ids.
  const Values& emitted(const Values& outputs) {
    for (Value value : outputs) {
      relu_outputs_.erase(value.id);
      relu_pools_.erase(value.id);
      masked_.erase(value.id);
    }
    return outputs;
  }

  std::map<std::vector<int64_t>, Tensor> indices_;
  std::set<int32_t> relu_outputs_;          // ids of what relu gave
  std::map<int32_t, ReluPool> relu_pools_;  // by the pooling's index value
  std::map<int32_t, Value> masked_;         // a masked gradient -> the ReLU output whose mask it has
};

}  // namespace

std::unique_ptr<Emitter> gather_lowering(Emitter& inner) { return std::make_unique<GatherLowering>(inner); }

}  // namespace tacho
