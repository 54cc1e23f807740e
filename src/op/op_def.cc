#include "op/op_def.h"

namespace tacho {

const OpDef& op_named(std::string_view name) {
  for (const OpDef* op : all_ops())
    if (op->name == name) return *op;
  fail("unknown operation '", name, "'");
}

TensorTypes types_of(const OpDef& op, const Attributes& attributes, std::span<const TensorType> inputs) {
  try {
    return op.types({attributes, inputs, {}});
  } catch (const Error& error) {
    std::string shapes;
    for (const TensorType& type : inputs) shapes += (shapes.empty() ? "" : ", ") + to_string(type);
    fail("[", op.name, "] ", error.what(), " (inputs: ", shapes, attributes.empty() ? "" : "; ", to_string(attributes),
         ")");
  }
}

Tally tally_of(const OpDef& op, const OpCall& call) { return evaluate(op.count(call), op.dimensions(call)); }

namespace {
int64_t sum_of_bytes(std::span<const TensorType> types) {
  int64_t bytes = 0;
  for (const TensorType& type : types)
    if (__builtin_add_overflow(bytes, byte_count(type.shape, type.dtype), &bytes)) fail("operands exceed 2^63 bytes");
  return bytes;
}
}  // namespace

int64_t bytes_read(const OpCall& call) { return sum_of_bytes(call.inputs); }
int64_t bytes_written(const OpCall& call) { return sum_of_bytes(call.outputs); }

namespace {
/// Operations without a floating operand move bytes; their kernels do not look at T.
DType first_floating(const KernelRun& run) {
  for (const auto& views : {run.inputs, run.outputs})
    for (const View& view : views)
      if (is_floating(view.type.dtype)) return view.type.dtype;
  return DType::float32;
}
}  // namespace

void run_reference(const OpDef& op, const Attributes& attributes, const KernelRun& run) {
  switch (first_floating(run)) {
    case DType::float64:
      return op.reference.f64(attributes, run);
    case DType::counting:
      return op.reference.counting(attributes, run);
    default:
      return op.reference.f32(attributes, run);
  }
}

}  // namespace tacho
