#include "ops/less.h"

#include "ops/comparison.h"

namespace tacho {
namespace {

struct LessReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    compare_elements<T>(run, [](auto a, auto b) { return greater(b, a); });
  }
};

}  // namespace

extern const OpDef op_less{
    .name = "less",
    .doc = "c = a < b, elementwise with broadcasting.",
    .source = "ONNX Less",
    .traits = Trait::elementwise,
    .types = comparison_types,
    .dimensions = output_dimensions,
    .count = comparison_count,
    .slice = slice_elementwise,
    .reference = reference_of<LessReference>(),
    .may_alias = {-1},
    .samples = comparison_samples(),
};

Value less(Emitter& emitter, Value a, Value b) { return emit_one(emitter, op_less, {}, Values{a, b}); }

}  // namespace tacho
