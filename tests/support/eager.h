#pragma once
// The smallest thing that operations can be emitted into: runs each at once with its reference kernel and keeps the
// tape. For laws of gradients and for tests of what emits (lowerings, autodiff, layers).
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "op/emitter.h"
#include "op/op_def.h"

namespace tacho::support {

class TestEmitter : public Emitter, public Tape {
 public:
  /// A value that holds `tensor`.
  Value leaf(const Tensor& tensor);
  /// What a value holds.
  const Tensor& tensor(Value value) const { return entries_[size_t(value.id)].tensor; }
  /// What inputs and variables of that name hold; a name that was not set holds zeros.
  void set(const std::string& name, const Tensor& tensor) { named_.insert_or_assign(name, tensor); }
  /// The value committed to a variable; absent where none was.
  Value committed(Value variable) const;
  /// The value of output() by name.
  Value result(const std::string& name) const { return results_.at(name); }

  Values emit(const OpDef& op, const Attributes& attributes, std::span<const Value> inputs) override;
  const TensorType& type(Value value) const override;
  Value constant(const Tensor& tensor) override { return leaf(tensor); }
  Value splat(const TensorType& type, double number) override;
  std::optional<double> splat_value(Value value) const override { return entries_[size_t(value.id)].splat; }
  Value input(std::string_view name, const TensorType& type, InputKind kind) override;
  Value variable(std::string_view name, const TensorType& type) override;
  void commit(Value variable, Value next) override;
  void output(std::string_view name, Value value) override { results_.insert_or_assign(std::string(name), value); }
  void set_place(const Place& place) override { place_ = place; }
  const Place& place() const override { return place_; }

  size_t size() const override { return records_.size(); }
  const TapeRecord& record(size_t index) const override { return records_[index]; }

 private:
  struct Entry {
    Tensor tensor;
    std::optional<double> splat;
  };
  std::deque<Entry> entries_;  // a deque: references to types stay good while more is emitted
  std::vector<TapeRecord> records_;
  std::map<std::string, Tensor> named_;
  std::map<std::string, Value> results_;
  std::map<int32_t, Value> commits_;
  Place place_;
};

/// Gradients of the sum over i of <values[i], seeds[i]> with respect to `leaves`, float64: walks the tape backwards
/// once and adds numbers, so it needs no `add` operation. Absent seeds are skipped; absent results are gradients that
/// nothing contributes to. Throws tacho::Error where an operation on the way has no gradient rule.
std::vector<Value> backpropagate(TestEmitter& emitter, std::span<const Value> values, std::span<const Value> seeds,
                                 std::span<const Value> leaves);

}  // namespace tacho::support
