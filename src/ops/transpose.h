#pragma once
#include <cstdint>
#include <vector>

#include "op/value.h"

namespace tacho {
class Emitter;

struct TransposeAttributes {
  std::vector<int64_t> permutation;  ///< axis i of the result is axis permutation[i] of the input
  static void fields(auto& self, auto&& field) { field("permutation", self.permutation, "perm"); }
};

/// Axes reordered: axis i of the result is axis permutation[i] of `x`; every axis exactly once.
Value transpose(Emitter& emitter, Value x, std::vector<int64_t> permutation);

}  // namespace tacho
