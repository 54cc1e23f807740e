#include "autodiff/gradients.h"

#include <unordered_map>
#include <unordered_set>

#include "op/op_def.h"
#include "ops/add.h"

namespace tacho {
namespace {

/// Values that depend on something in `wrt`, found by one walk along the tape.
std::unordered_set<int32_t> dependents(const Tape& tape, size_t end, std::span<const Value> wrt) {
  std::unordered_set<int32_t> reached;
  for (Value value : wrt) reached.insert(value.id);
  for (size_t i = 0; i < end; ++i) {
    const TapeRecord& record = tape.record(i);
    for (Value input : record.inputs)
      if (input && reached.count(input.id)) {
        for (Value output : record.outputs) reached.insert(output.id);
        break;
      }
  }
  return reached;
}

}  // namespace

std::vector<Value> gradients(Emitter& emitter, const Tape& tape, Value loss, std::span<const Value> wrt) {
  const TensorType& type = emitter.type(loss);
  if (!type.shape.empty() || !is_floating(type.dtype))
    fail("gradients need a floating scalar loss, got ", to_string(type));
  const size_t end = tape.size();  // what the rules emit is behind this and is not walked
  const auto reached = dependents(tape, end, wrt);
  std::unordered_map<int32_t, Value> gradient;
  if (reached.count(loss.id)) gradient[loss.id] = emitter.splat(type, 1.0);

  for (size_t i = end; i-- > 0;) {
    const TapeRecord record = tape.record(i);  // a copy: the tape grows while the rule emits
    Values output_gradients;
    bool any = false;
    for (Value output : record.outputs) {
      const auto found = gradient.find(output.id);
      output_gradients.push_back(found == gradient.end() ? Value{} : found->second);
      any = any || found != gradient.end();
    }
    if (!any) continue;
    bool wanted[kMaxOperands] = {};
    bool any_wanted = false;
    for (size_t k = 0; k < record.inputs.size(); ++k) {
      wanted[k] =
          record.inputs[k] && reached.count(record.inputs[k].id) && is_floating(emitter.type(record.inputs[k]).dtype);
      any_wanted = any_wanted || wanted[k];
    }
    if (!any_wanted) continue;
    if (!record.op->gradient) fail("[", record.op->name, "] in layer '", record.place.layer, "' has no gradient");
    const PlaceScope scope(emitter, {record.place.layer, Phase::backward});
    const Values results = record.op->gradient(
        {emitter, record.attributes, record.inputs, record.outputs, output_gradients, {wanted, record.inputs.size()}});
    TACHO_CHECK(results.size() == record.inputs.size(), record.op->name, " gives ", results.size(), " gradients for ",
                record.inputs.size(), " inputs");
    for (size_t k = 0; k < results.size(); ++k) {
      if (!results[k] || !wanted[k]) continue;
      TACHO_CHECK(emitter.type(results[k]) == emitter.type(record.inputs[k]), record.op->name, " gives ",
                  to_string(emitter.type(results[k])), " as the gradient of ",
                  to_string(emitter.type(record.inputs[k])));
      Value& sum = gradient[record.inputs[k].id];
      sum = sum ? add(emitter, sum, results[k]) : results[k];
    }
  }

  std::vector<Value> result;
  for (Value value : wrt) {
    const auto found = gradient.find(value.id);
    result.push_back(found == gradient.end() ? Value{} : found->second);
  }
  return result;
}

}  // namespace tacho
