#include "ops/less_equal.h"

#include "ops/comparison.h"

namespace tacho {
namespace {

struct LessEqualReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    compare_elements<T>(run, [](auto a, auto b) { return greater_equal(b, a); });
  }
};

}  // namespace

extern const OpDef op_less_equal{
    .name = "less_equal",
    .doc = "c = a <= b, elementwise with broadcasting.",
    .source = "ONNX LessOrEqual",
    .traits = Trait::elementwise,
    .types = comparison_types,
    .dimensions = output_dimensions,
    .count = comparison_count,
    .slice = slice_elementwise,
    .reference = reference_of<LessEqualReference>(),
    .may_alias = {-1},
    .samples = comparison_samples(),
};

Value less_equal(Emitter& emitter, Value a, Value b) { return emit_one(emitter, op_less_equal, {}, Values{a, b}); }

}  // namespace tacho
