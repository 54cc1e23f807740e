#include "op/emitter.h"

#include "op/op_def.h"

namespace tacho {

const char* name_of(Phase phase) {
  switch (phase) {
    case Phase::forward:
      return "forward";
    case Phase::backward:
      return "backward";
    case Phase::update:
      return "update";
    case Phase::none:
      return "none";
  }
  return "none";
}

Value emit_one(Emitter& emitter, const OpDef& op, const Attributes& attributes, std::span<const Value> inputs) {
  const Values outputs = emitter.emit(op, attributes, inputs);
  TACHO_CHECK(outputs.size() == 1, op.name, " has ", outputs.size(), " outputs");
  return outputs[0];
}

Values EmitterDecorator::emit(const OpDef& op, const Attributes& attributes, std::span<const Value> inputs) {
  return inner_.emit(op, attributes, inputs);
}

}  // namespace tacho
