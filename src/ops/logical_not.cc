#include "ops/logical_not.h"

#include "ops/logical.h"

namespace tacho {
namespace {

struct LogicalNotReference {
  template <class T>
  void operator()(const Attributes&, const KernelRun& run) const {
    const uint8_t* x = run.in<uint8_t>(0);
    uint8_t* y = run.out<uint8_t>(0);
    for (int64_t i = 0, n = run.outputs[0].elements(); i < n; ++i) y[i] = x[i] == 0;
  }
};

}  // namespace

extern const OpDef op_logical_not{
    .name = "logical_not",
    .doc = "y = not x, elementwise.",
    .source = "ONNX Not",
    .traits = Trait::elementwise,
    .types = logical_types,
    .dimensions = output_dimensions,
    .count = [](const OpCall&) { return OpCount{}; },
    .slice = slice_elementwise,
    .reference = reference_of<LogicalNotReference>(),
    .may_alias = {0},
    .samples = {{{{DType::boolean, {2, 3, 5, 7}}}, {}, {{Fill::index, 2}}},
                {{{DType::boolean, {17}}}, {}, {{Fill::index, 2}}},
                {{{DType::boolean, {0, 3}}}, {}, {}}},
};

Value logical_not(Emitter& emitter, Value x) { return emit_one(emitter, op_logical_not, {}, Values{x}); }

}  // namespace tacho
