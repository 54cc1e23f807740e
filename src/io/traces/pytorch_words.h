#pragma once
// PyTorch's names in the catalogue's words.
#include <string>
#include <string_view>

#include "io/traces/shape_words.h"
#include "trace/step_profile.h"

namespace tacho {

/// One profiled call, as far as its name and arguments tell.
struct PyTorchCall {
  std::string name;                   ///< "aten::conv2d"
  std::vector<Extents> inputs;        ///< `Input Dims`: one entry per argument, empty for what is no tensor
  std::vector<std::string> concrete;  ///< `Concrete Inputs`: scalars and lists as text
};

/// What a span means to the account of a step.
enum class PyTorchRole : uint8_t {
  operation,    ///< it and everything within it is one operation
  engine,       ///< autograd's bookkeeping: what it calls counts for itself, in the backward phase
  bookkeeping,  ///< views, allocation, reference counting: what it calls counts for itself
  optimizer,    ///< an optimiser's step: what it calls is the update
  input,        ///< a data loader: everything within it is waiting for data
  other,        ///< any other annotation: what it calls counts for itself
};

/// By the name alone; `is_operation`: the recorder calls it an operator, not an annotation.
PyTorchRole role_of(std::string_view name, bool is_operation);

/// What an operation does. `phase`: "forward" or "backward". Several parts where PyTorch does at once what the
/// catalogue keeps apart (a convolution's bias, its two gradients).
std::vector<ProfiledPart> parts_of(const PyTorchCall& call, const std::string& phase);

/// "[1, 1]" as extents; empty where it is no list of integers.
Extents parse_extents(std::string_view text);

}  // namespace tacho
