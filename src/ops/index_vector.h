#pragma once
// What gather and scatter_add share: one index vector for all examples.
#include "op/rules.h"
#include "op/scalar.h"
#include "ops/gather.h"

namespace tacho {

/// The index vector of a kernel's call; throws tacho::Error where it leads outside of `size` elements of an example.
inline const int32_t* checked_index_vector(const KernelRun& run, int64_t size, const char* operation) {
  const int32_t* index = run.in<int32_t>(1);
  for (int64_t i = 0, length = run.inputs[1].elements(); i < length; ++i)
    if (index[i] < 0 || index[i] >= size)
      fail("[", operation, "] index ", index[i], " is outside an example of ", size);
  return index;
}

/// Checks floating examples N x anything as input 0 and an index vector as input 1, and returns the type of results of
/// the attribute's shape per example.
inline TensorType index_vector_type(const OpCall& call) {
  expect(call.inputs.size() == 2 && is_floating(call.inputs[0].dtype) && call.inputs[1].dtype == DType::int32,
         "expected a floating tensor and an int32 index vector");
  expect(call.in(0).size() >= 2 && call.in(1).size() == 1, "expected N x anything and a vector, got ", call.in(0),
         " and ", call.in(1));
  const auto& example = call.attributes.as<GatherAttributes>().shape;
  TensorType out{call.inputs[0].dtype, Shape(example.begin(), example.end())};
  out.shape.insert(0, call.in(0)[0]);
  element_count(out.shape);
  return out;
}

/// N examples and L indices.
inline Bindings index_vector_dimensions(const OpCall& call) { return {{"N", call.in(0)[0]}, {"L", call.in(1)[0]}}; }

}  // namespace tacho
