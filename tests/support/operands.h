#pragma once
// Operands of an operation's samples: filled by their Fill, between guard bytes, and run through the reference kernel.
#include <string>
#include <vector>

#include "op/op_def.h"

namespace tacho::support {

/// The type by which the contract marks an absent optional input.
inline const TensorType kAbsent{DType::boolean, {}};

inline TensorType f32(Shape shape) { return {DType::float32, shape}; }
/// How a matrix that a product reads as rows x columns is stored.
inline Shape matrix_shape(int64_t rows, int64_t columns, bool transposed) {
  return transposed ? Shape{columns, rows} : Shape{rows, columns};
}

/// `type` with its dtype replaced where it is floating.
TensorType at_dtype(TensorType type, DType dtype);
/// The sample's input types at `dtype`.
std::vector<TensorType> input_types(const Sample& sample, DType dtype);

/// A tensor for an input: values that float32 holds exactly, so that every dtype sees the same numbers (but for
/// Fill::number, which is taken as it is). A pure function of its arguments. `counting` tensors are filled too.
Tensor filled(const TensorType& type, const Fill& fill, uint64_t seed);
/// All inputs of a sample; absent ones are undefined tensors.
std::vector<Tensor> filled_inputs(const Sample& sample, DType dtype, uint64_t seed);

/// A tensor between two runs of guard bytes.
struct Guarded {
  Tensor tensor;
  std::shared_ptr<Buffer> buffer;
  /// Uninitialised, every byte `contents`.
  Guarded(const TensorType& type, int contents);
  /// A copy of `original`; undefined stays undefined.
  explicit Guarded(const Tensor& original);
  /// True while nobody has written beside the tensor.
  bool intact() const;
};

/// The tensor's type, or kAbsent where it is undefined.
const TensorType& type_of(const Tensor& tensor);
std::vector<TensorType> types_of_all(std::span<const Tensor> tensors);
/// Its view; data null where it is undefined.
View view_of(const Tensor& tensor);
std::vector<View> views_of(std::span<const Tensor> tensors);

/// Outputs of the reference kernel, each in fresh memory. Throws tacho::Error where the inputs do not fit.
std::vector<Tensor> run_whole(const OpDef& op, const Attributes& attributes, std::span<const Tensor> inputs);

/// "conv2d sample 2 (float32 2x3x5x5, float32 4x3x3x3; stride=[1, 1])" for failure messages.
std::string describe(const OpDef& op, size_t index, const Sample& sample);

}  // namespace tacho::support
