#include "nn/shape_emitter.h"

#include <algorithm>

namespace tacho {

Value ShapeEmitter::add(const TensorType& type, std::optional<double> splat) {
  byte_count(type.shape, type.dtype);
  values_.push_back({type, splat});
  return {int32_t(values_.size() - 1)};
}

Values ShapeEmitter::emit(const OpDef& op, const Attributes& attributes, std::span<const Value> inputs) {
  TensorTypes input_types;
  for (Value value : inputs) input_types.push_back(value ? type(value) : TensorType{DType::boolean, {}});
  Values outputs;
  for (const TensorType& out : types_of(op, attributes, input_types)) outputs.push_back(add(out));
  records_.push_back({&op, attributes, Values(inputs.begin(), inputs.end()), outputs, place_});
  return outputs;
}

const TensorType& ShapeEmitter::type(Value value) const {
  TACHO_CHECK(value && size_t(value.id) < values_.size(), "value ", value.id, " is not of this emitter");
  return values_[size_t(value.id)].type;
}

Value ShapeEmitter::constant(const Tensor& tensor) { return add(tensor.type()); }

Value ShapeEmitter::splat(const TensorType& type, double number) { return add(type, number); }

std::optional<double> ShapeEmitter::splat_value(Value value) const {
  TACHO_CHECK(value && size_t(value.id) < values_.size(), "value ", value.id, " is not of this emitter");
  return values_[size_t(value.id)].splat;
}

Value ShapeEmitter::input(std::string_view name, const TensorType& type, InputKind) {
  inputs_.push_back({std::string(name), add(type)});
  return inputs_.back().value;
}

Value ShapeEmitter::variable(std::string_view name, const TensorType& type) {
  for (const Named& known : variables_) TACHO_CHECK(known.name != name, "variable '", name, "' is declared twice");
  variables_.push_back({std::string(name), add(type)});
  return variables_.back().value;
}

void ShapeEmitter::commit(Value variable, Value next) {
  TACHO_CHECK(std::any_of(variables_.begin(), variables_.end(), [&](const Named& v) { return v.value == variable; }),
              "committed to something that is no variable");
  for (const Commit& known : commits_) TACHO_CHECK(!(known.variable == variable), "a variable is committed twice");
  TACHO_CHECK(type(variable) == type(next), "variable of type ", to_string(type(variable)), " becomes ",
              to_string(type(next)));
  commits_.push_back({variable, next});
}

void ShapeEmitter::output(std::string_view name, Value value) {
  type(value);
  outputs_.push_back({std::string(name), value});
}

}  // namespace tacho
