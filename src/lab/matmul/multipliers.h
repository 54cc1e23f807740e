#pragma once
// Each way to multiply as something that can be called.
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "op/backend.h"

namespace tacho {

/// One way at one size, ready to run.
struct Multiplier {
  std::string way;
  std::function<void()> run;  ///< C from A and B; holds what it needs
  Tally count;
  bool counted = false;
};

/// Its operands: A and B are read, C is written; all must outlive it.
struct MultiplierOperands {
  const Tensor &a, &b, &c;
};

/// Or why this machine does not have it ("blas: libopenblas.so.0 is not installed"), or cannot at this size.
std::variant<Multiplier, Refusal> make_multiplier(const std::string& way, const MultiplierOperands& operands,
                                                  int64_t cutoff);

}  // namespace tacho
