#include "lower/columns.h"
#include "lower/lower.h"
#include "ops/im2col.h"
#include "ops/reshape.h"

namespace tacho {
namespace {

class Im2colLowering final : public EmitterDecorator {
 public:
  using EmitterDecorator::EmitterDecorator;

  Values emit(const OpDef& op, const Attributes& attributes, std::span<const Value> inputs) override {
    if (op.name != "conv2d") return inner_.emit(op, attributes, inputs);
    const TensorType operands[] = {type(inputs[0]), type(inputs[1])};
    types_of(op, attributes, operands);  // the user's mistakes are the convolution's, not its blocks'
    const auto& a = attributes.as<Conv2dAttributes>();
    const ConvGeometry g = conv_geometry(a, operands[0].shape, operands[1].shape);
    Value columns = im2col(inner_, inputs[0], {{g.rows.kernel, g.columns.kernel}, a.stride, a.padding, a.dilation});
    if (g.groups != 1) {
      std::vector<int64_t> grouped = columns_shape(g);
      grouped.insert(grouped.begin(), g.n);
      columns = reshape(inner_, columns, grouped);
    }
    return {product_with_columns(inner_, g, a.products, inputs[1], columns)};
  }
};

}  // namespace

std::unique_ptr<Emitter> im2col_lowering(Emitter& inner) { return std::make_unique<Im2colLowering>(inner); }

}  // namespace tacho
