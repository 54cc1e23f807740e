#include "ops/logical_or.h"

#include "ops/logical.h"

namespace tacho {
namespace {

struct LogicalOrReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    apply_broadcast<uint8_t>(run, [](uint8_t a, uint8_t b) { return uint8_t((a != 0) | (b != 0)); });
  }
};

}  // namespace

extern const OpDef op_logical_or{
    .name = "logical_or",
    .doc = "c = a or b, elementwise with broadcasting.",
    .source = "ONNX Or",
    .traits = Trait::elementwise,
    .types = logical_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall&) { return OpCount{}; },
    .slice = slice_elementwise,
    .reference = reference_of<LogicalOrReference>(),
    .may_alias = {0},
    .samples = logical_samples(),
};

Value logical_or(Emitter& emitter, Value a, Value b) { return emit_one(emitter, op_logical_or, {}, Values{a, b}); }

}  // namespace tacho
