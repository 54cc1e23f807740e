#include "ops/greater.h"

#include "ops/comparison.h"

namespace tacho {
namespace {

struct GreaterReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    compare_elements<T>(run, [](auto a, auto b) { return greater(a, b); });
  }
};

}  // namespace

extern const OpDef op_greater{
    .name = "greater",
    .doc = "c = a > b, elementwise with broadcasting.",
    .source = "ONNX Greater",
    .traits = Trait::elementwise,
    .types = comparison_types,
    .dimensions = output_dimensions,
    .count = comparison_count,
    .slice = slice_elementwise,
    .reference = reference_of<GreaterReference>(),
    .may_alias = {-1},
    .samples = comparison_samples(),
};

Value greater(Emitter& emitter, Value a, Value b) { return emit_one(emitter, op_greater, {}, Values{a, b}); }

}  // namespace tacho
