#include "ops/not_equal.h"

#include "ops/comparison.h"

namespace tacho {
namespace {

struct NotEqualReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    compare_elements<T>(run, [](auto a, auto b) { return !equal(a, b); });
  }
};

}  // namespace

extern const OpDef op_not_equal{
    .name = "not_equal",
    .doc = "c = a != b, elementwise with broadcasting.",
    .source = "ONNX Equal, negated",
    .traits = Trait::elementwise,
    .types = comparison_types,
    .dimensions = output_dimensions,
    .count = comparison_count,
    .slice = slice_elementwise,
    .reference = reference_of<NotEqualReference>(),
    .may_alias = {-1},
    .samples = comparison_samples(),
};

Value not_equal(Emitter& emitter, Value a, Value b) { return emit_one(emitter, op_not_equal, {}, Values{a, b}); }

}  // namespace tacho
