#include "tests/support/eager.h"

#include "tests/support/operands.h"

namespace tacho::support {

Value TestEmitter::leaf(const Tensor& tensor) {
  entries_.push_back({tensor, std::nullopt});
  return {int32_t(entries_.size()) - 1};
}

Value TestEmitter::committed(Value variable) const {
  const auto found = commits_.find(variable.id);
  return found == commits_.end() ? Value{} : found->second;
}

Values TestEmitter::emit(const OpDef& op, const Attributes& attributes, std::span<const Value> inputs) {
  std::vector<Tensor> tensors;
  for (Value input : inputs) tensors.push_back(input ? tensor(input) : Tensor{});
  TapeRecord record{&op, attributes, Values(inputs.begin(), inputs.end()), {}, place_};
  for (const Tensor& output : run_whole(op, attributes, tensors)) record.outputs.push_back(leaf(output));
  records_.push_back(record);
  return record.outputs;
}

const TensorType& TestEmitter::type(Value value) const { return value ? tensor(value).type() : kAbsent; }

Value TestEmitter::splat(const TensorType& type, double number) {
  const Value value = leaf(filled(type, {Fill::number, 0, number}, 0));
  entries_.back().splat = number;
  return value;
}

Value TestEmitter::input(std::string_view name, const TensorType& type, InputKind) { return variable(name, type); }

Value TestEmitter::variable(std::string_view name, const TensorType& type) {
  const auto found = named_.find(std::string(name));
  if (found == named_.end()) return leaf(Tensor::zeros(type));
  TACHO_CHECK(found->second.type() == type, name, " is declared as ", to_string(type));
  return leaf(found->second);
}

void TestEmitter::commit(Value variable, Value next) {
  TACHO_CHECK(!committed(variable) && type(variable) == type(next));
  commits_[variable.id] = next;
}

namespace {

/// Gradients by value, summed where several operations read one value.
class Sums {
 public:
  void add(TestEmitter& emitter, Value of, Value gradient) {
    if (!gradient) return;
    TACHO_CHECK(emitter.type(of) == emitter.type(gradient), "gradient of ", to_string(emitter.type(of)), " is ",
                to_string(emitter.type(gradient)));
    auto [entry, fresh] = sums_.try_emplace(of.id, gradient);
    if (fresh) return;
    Tensor sum = emitter.tensor(entry->second).clone();
    const double* term = emitter.tensor(gradient).as<double>();
    for (int64_t i = 0, n = sum.elements(); i < n; ++i) sum.as<double>()[i] += term[i];
    entry->second = emitter.leaf(sum);
  }
  Value of(Value value) const {
    const auto found = sums_.find(value.id);
    return found == sums_.end() ? Value{} : found->second;
  }

 private:
  std::map<int32_t, Value> sums_;
};

}  // namespace

std::vector<Value> backpropagate(TestEmitter& emitter, std::span<const Value> values, std::span<const Value> seeds,
                                 std::span<const Value> leaves) {
  const size_t length = emitter.size();
  std::map<int32_t, bool> reaches;
  for (Value leaf : leaves) reaches[leaf.id] = true;
  for (size_t i = 0; i < length; ++i)
    for (Value input : emitter.record(i).inputs)
      if (input && reaches[input.id])
        for (Value output : emitter.record(i).outputs) reaches[output.id] = is_floating(emitter.type(output).dtype);
  Sums sums;
  for (size_t i = 0; i < values.size(); ++i) sums.add(emitter, values[i], seeds[i]);
  for (size_t i = length; i-- > 0;) {
    const TapeRecord record = emitter.record(i);  // a copy: the rule extends the tape
    Values gradients;
    bool any = false, any_wanted = false;
    for (Value output : record.outputs) gradients.push_back(sums.of(output)), any |= bool(gradients.back());
    bool wanted[kMaxOperands] = {};
    for (size_t k = 0; k < record.inputs.size(); ++k)
      any_wanted |= wanted[k] = record.inputs[k] && reaches[record.inputs[k].id];
    if (!any || !any_wanted) continue;
    if (!record.op->gradient) fail("[", record.op->name, "] has no gradient");
    const Values results = record.op->gradient(
        {emitter, record.attributes, record.inputs, record.outputs, gradients, {wanted, record.inputs.size()}});
    TACHO_CHECK(results.size() == record.inputs.size(), record.op->name, " gives ", results.size(), " gradients for ",
                record.inputs.size(), " inputs");
    for (size_t k = 0; k < results.size(); ++k)
      if (wanted[k]) sums.add(emitter, record.inputs[k], results[k]);
  }
  std::vector<Value> found;
  for (Value leaf : leaves) found.push_back(sums.of(leaf));
  return found;
}

}  // namespace tacho::support
