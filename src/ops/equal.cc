#include "ops/equal.h"

#include "ops/comparison.h"

namespace tacho {
namespace {

struct EqualReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    compare_elements<T>(run, [](auto a, auto b) { return equal(a, b); });
  }
};

}  // namespace

extern const OpDef op_equal{
    .name = "equal",
    .doc = "c = a == b, elementwise with broadcasting.",
    .source = "ONNX Equal",
    .traits = Trait::elementwise,
    .types = comparison_types,
    .dimensions = output_dimensions,
    .count = comparison_count,
    .slice = slice_elementwise,
    .reference = reference_of<EqualReference>(),
    .may_alias = {-1},
    .samples = comparison_samples(),
};

Value equal(Emitter& emitter, Value a, Value b) { return emit_one(emitter, op_equal, {}, Values{a, b}); }

}  // namespace tacho
