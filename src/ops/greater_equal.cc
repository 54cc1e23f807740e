#include "ops/greater_equal.h"

#include "ops/comparison.h"

namespace tacho {
namespace {

struct GreaterEqualReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    compare_elements<T>(run, [](auto a, auto b) { return greater_equal(a, b); });
  }
};

}  // namespace

extern const OpDef op_greater_equal{
    .name = "greater_equal",
    .doc = "c = a >= b, elementwise with broadcasting.",
    .source = "ONNX GreaterOrEqual",
    .traits = Trait::elementwise,
    .types = comparison_types,
    .dimensions = output_dimensions,
    .count = comparison_count,
    .slice = slice_elementwise,
    .reference = reference_of<GreaterEqualReference>(),
    .may_alias = {-1},
    .samples = comparison_samples(),
};

Value greater_equal(Emitter& emitter, Value a, Value b) {
  return emit_one(emitter, op_greater_equal, {}, Values{a, b});
}

}  // namespace tacho
