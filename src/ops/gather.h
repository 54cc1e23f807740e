#pragma once
#include <cstdint>
#include <vector>

#include "op/value.h"

namespace tacho {
class Emitter;

/// The result's shape for one example; shared by gather and scatter_add.
struct GatherAttributes {
  std::vector<int64_t> shape;
  static void fields(auto& self, auto&& field) { field("shape", self.shape); }
};

/// phi: element i of each example's result is element index[i] of the flattened example of x. x is N x anything, index
/// an int32 vector whose length is the number of elements of `shape`; the result is N x `shape`.
Value gather(Emitter& emitter, Value x, Value index, const GatherAttributes& attributes);

}  // namespace tacho
