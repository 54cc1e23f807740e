#pragma once
// Rules that many operations share: types, dimensions, counts and slices of elementwise and row-wise operations.
#include "op/op_def.h"

namespace tacho {

/// Output: the floating type that all inputs share; throws where one differs.
TensorTypes same_as_first(const OpCall& call);
/// Output: the broadcast of all inputs' shapes, dtype of input 0; throws where dtypes differ or are not floating.
TensorTypes broadcast_types(const OpCall& call);

/// Symbols by rank: 4 -> N,C,H,W; 3 -> N,C,L; 2 -> N,D; 1 -> E; 0 -> none; else E (all elements).
Bindings shape_dimensions(const Shape& shape);
/// shape_dimensions of output 0, and of input 0.
Bindings output_dimensions(const OpCall& call);
Bindings input_dimensions(const OpCall& call);
/// The number of elements in those symbols.
Expr elements(const Shape& shape);

/// Elementwise with broadcasting: sliced along the output axis that an input is sliced along; other inputs that have
/// that axis are taken in parts, those that broadcast along it stay whole.
SliceStates slice_elementwise(const OpCall& call, SliceStates& inputs);

/// All outputs in one state.
SliceStates all_outputs(const OpCall& call, SliceState state);
/// The only axis along which inputs are sliced (axis -1 where none is); a partial input or two different axes are a
/// refusal.
struct SlicedInput {
  int64_t axis = -1;
  const char* refusal = nullptr;
};
SlicedInput common_sliced_axis(const SliceStates& inputs);
/// For operations that treat each row (outermost axis) of inputs `row_inputs` alone: all of them sliced(0) together,
/// the other inputs whole, all outputs sliced(0).
SliceStates slice_rows(const OpCall& call, SliceStates& inputs, std::initializer_list<size_t> row_inputs);

/// The gradient of one output; zeros where nothing reads it.
Value gradient_or_zeros(const GradientCall& call, size_t output);

/// Throws tacho::Error of the joined parts ("expected <what>, got ", shape) unless the condition holds. The text is
/// only made then: kernels call this on every run.
template <class... Parts>
void expect(bool condition, const Parts&... parts) {
  if (!condition) [[unlikely]]
    fail(parts...);
}

}  // namespace tacho
