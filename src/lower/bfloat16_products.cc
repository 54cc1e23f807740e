#include "lower/lower.h"
#include "op/op_def.h"
#include "ops/conv2d.h"
#include "ops/matmul.h"

namespace tacho {
namespace {

template <class A>
Attributes with_bfloat16(const Attributes& attributes) {
  A own = attributes.as<A>();
  own.products = Products::bfloat16;
  return own;
}

class Bfloat16Products final : public EmitterDecorator {
 public:
  using EmitterDecorator::EmitterDecorator;

  Values emit(const OpDef& op, const Attributes& attributes, std::span<const Value> inputs) override {
    if (op.name == "matmul") return inner_.emit(op, with_bfloat16<MatmulAttributes>(attributes), inputs);
    if (op.name == "conv2d") return inner_.emit(op, with_bfloat16<Conv2dAttributes>(attributes), inputs);
    return inner_.emit(op, attributes, inputs);
  }
};

}  // namespace

std::unique_ptr<Emitter> bfloat16_products(Emitter& inner) { return std::make_unique<Bfloat16Products>(inner); }

}  // namespace tacho
