#pragma once
// Anything operations can be emitted into: a graph that runs later, or an executor that runs each statement at once.
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "op/attributes.h"
#include "op/value.h"
#include "tensor/tensor.h"

namespace tacho {

struct OpDef;

/// How an input of the step relates to the batch.
enum class InputKind : uint8_t {
  batch,   ///< outermost axis runs over the examples of the batch: a schedule may slice it
  scalar,  ///< rank 0, the same for the whole step (learning rate, step number)
};

class Emitter {
 public:
  virtual ~Emitter() = default;

  /// One operation; its outputs in order. Throws tacho::Error naming the operation and the shapes where they do not
  /// fit.
  virtual Values emit(const OpDef& op, const Attributes& attributes, std::span<const Value> inputs) = 0;
  /// Shape and dtype of a value. The reference stays good while more is emitted (keep values in a deque, not a vector).
  virtual const TensorType& type(Value value) const = 0;

  /// A constant known now.
  virtual Value constant(const Tensor& tensor) = 0;
  /// A constant whose elements are all `number`; costs nothing until something reads it.
  virtual Value splat(const TensorType& type, double number) = 0;
  /// The number, where `value` is known to be a splat.
  virtual std::optional<double> splat_value(Value value) const = 0;

  /// Something that the caller hands in at every step.
  virtual Value input(std::string_view name, const TensorType& type, InputKind kind) = 0;
  /// State that lives across steps (weights, moments, running statistics); commits give it its next value.
  virtual Value variable(std::string_view name, const TensorType& type) = 0;
  /// At the end of the step `variable` becomes `next` (same type). At most one commit a variable.
  virtual void commit(Value variable, Value next) = 0;
  /// A result that the caller reads after the step.
  virtual void output(std::string_view name, Value value) = 0;

  /// Layer and phase of what is emitted from now on.
  virtual void set_place(const Place& place) = 0;
  virtual const Place& place() const = 0;
};

/// The only output of an operation that has one.
Value emit_one(Emitter& emitter, const OpDef& op, const Attributes& attributes, std::span<const Value> inputs);

/// Sets the place for as long as it lives.
class PlaceScope {
 public:
  PlaceScope(Emitter& emitter, Place place) : emitter_(emitter), before_(emitter.place()) { emitter.set_place(place); }
  ~PlaceScope() { emitter_.set_place(before_); }
  PlaceScope(const PlaceScope&) = delete;
  PlaceScope& operator=(const PlaceScope&) = delete;

 private:
  Emitter& emitter_;
  Place before_;
};

/// Forwards everything; a lowering overrides `emit`.
class EmitterDecorator : public Emitter {
 public:
  explicit EmitterDecorator(Emitter& inner) : inner_(inner) {}
  Values emit(const OpDef& op, const Attributes& attributes, std::span<const Value> inputs) override;
  const TensorType& type(Value value) const override { return inner_.type(value); }
  Value constant(const Tensor& tensor) override { return inner_.constant(tensor); }
  Value splat(const TensorType& type, double number) override { return inner_.splat(type, number); }
  std::optional<double> splat_value(Value value) const override { return inner_.splat_value(value); }
  Value input(std::string_view name, const TensorType& type, InputKind kind) override {
    return inner_.input(name, type, kind);
  }
  Value variable(std::string_view name, const TensorType& type) override { return inner_.variable(name, type); }
  void commit(Value variable, Value next) override { inner_.commit(variable, next); }
  void output(std::string_view name, Value value) override { inner_.output(name, value); }
  void set_place(const Place& place) override { inner_.set_place(place); }
  const Place& place() const override { return inner_.place(); }

 protected:
  Emitter& inner_;
};

/// One operation as it was emitted.
struct TapeRecord {
  const OpDef* op = nullptr;
  Attributes attributes;
  Values inputs, outputs;
  Place place;
};

/// What was emitted, in order: what reverse mode walks. The graph and the procedural executor both provide it.
class Tape {
 public:
  virtual ~Tape() = default;
  virtual size_t size() const = 0;
  virtual const TapeRecord& record(size_t index) const = 0;
};

}  // namespace tacho
