#pragma once
#include <cstdint>
#include <string>

#include "base/small_vector.h"

namespace tacho {

/// A handle for the result of an operation, an input or a variable, in whatever it was emitted into. Absent where id is
/// negative.
struct Value {
  int32_t id = -1;
  explicit operator bool() const { return id >= 0; }
  friend bool operator==(Value, Value) = default;
};

/// Operations with more operands than this (none so far but concat of very many) are composed.
constexpr size_t kMaxOperands = 24;
using Values = SmallVector<Value, kMaxOperands>;

/// Which part of a training step an operation belongs to.
enum class Phase : uint8_t { forward, backward, update, none };
/// "forward", "backward", "update", "none".
const char* name_of(Phase phase);

/// Where an operation stands: the layer's name as `inspect` prints it and the phase. With the operation's name it makes
/// the id "conv2/conv2d/forward", stable across every switch but --convolution.
struct Place {
  std::string layer;
  Phase phase = Phase::none;
  friend bool operator==(const Place&, const Place&) = default;
};

}  // namespace tacho
