#pragma once
#include <deque>
#include <string>
#include <vector>

#include "op/emitter.h"
#include "op/op_def.h"

namespace tacho {

/// An emitter that runs nothing: it infers types, checks what is handed in, and remembers what was emitted. For
/// everything that only asks how a network looks (inspect, parameter lists, counts without a run).
class ShapeEmitter : public Emitter, public Tape {
 public:
  /// An input, a variable or an output by name.
  struct Named {
    std::string name;
    Value value;
  };
  struct Commit {
    Value variable, next;
  };

  Values emit(const OpDef& op, const Attributes& attributes, std::span<const Value> inputs) override;
  const TensorType& type(Value value) const override;
  Value constant(const Tensor& tensor) override;
  Value splat(const TensorType& type, double number) override;
  std::optional<double> splat_value(Value value) const override;
  Value input(std::string_view name, const TensorType& type, InputKind kind) override;
  Value variable(std::string_view name, const TensorType& type) override;
  void commit(Value variable, Value next) override;
  void output(std::string_view name, Value value) override;
  void set_place(const Place& place) override { place_ = place; }
  const Place& place() const override { return place_; }

  size_t size() const override { return records_.size(); }
  const TapeRecord& record(size_t index) const override { return records_[index]; }
  /// In the order of their declaration.
  const std::vector<Named>& inputs() const { return inputs_; }
  const std::vector<Named>& variables() const { return variables_; }
  const std::vector<Named>& outputs() const { return outputs_; }
  const std::vector<Commit>& commits() const { return commits_; }

 private:
  struct Entry {
    TensorType type;
    std::optional<double> splat;
  };
  /// Throws tacho::Error where the type's bytes leave int64.
  Value add(const TensorType& type, std::optional<double> splat = {});

  std::deque<Entry> values_;  // a deque: references to types stay good while more is emitted
  std::vector<TapeRecord> records_;
  std::vector<Named> inputs_, variables_, outputs_;
  std::vector<Commit> commits_;
  Place place_;
};

}  // namespace tacho
