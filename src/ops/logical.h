#pragma once
// What the logical operations share. Booleans of rank 1 or more: a boolean of rank 0 stands for an absent operand.
#include "op/rules.h"
#include "ops/walk.h"

namespace tacho {

inline TensorTypes logical_types(const OpCall& call) {
  TensorType out{DType::boolean, {}};
  for (const TensorType& type : call.inputs) {
    expect(type.dtype == DType::boolean && !type.shape.empty(), "expected booleans of rank 1 or more, got ", type);
    out.shape = broadcast(out.shape, type.shape);
  }
  return {out};
}

inline std::vector<Sample> logical_samples() {
  const Fill bits{Fill::index, 2};
  return {{{{DType::boolean, {2, 3, 5, 7}}, {DType::boolean, {2, 3, 5, 7}}}, {}, {bits, bits}},
          {{{DType::boolean, {3, 17}}, {DType::boolean, {17}}}, {}, {bits, bits}},
          {{{DType::boolean, {0, 3}}, {DType::boolean, {3}}}, {}, {bits, bits}}};
}

}  // namespace tacho
