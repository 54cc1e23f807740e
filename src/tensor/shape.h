#pragma once
#include <cstdint>
#include <iosfwd>
#include <string>

#include "base/small_vector.h"
#include "tensor/dtype.h"

namespace tacho {

constexpr size_t kMaxRank = 8;

/// Extents, outermost first. A scalar has rank 0 and one element.
using Shape = SmallVector<int64_t, kMaxRank>;

/// Number of elements; throws tacho::Error on a negative extent or where the product leaves int64.
int64_t element_count(const Shape& shape);
/// Elements times the size of one; throws tacho::Error where it leaves int64.
int64_t byte_count(const Shape& shape, DType dtype);
/// Row-major strides in elements.
Shape strides_of(const Shape& shape);
/// "128x1x28x28"; "scalar" for rank 0.
std::string to_string(const Shape& shape);
std::ostream& operator<<(std::ostream& out, const Shape& shape);
/// `axis` counted from the end where negative; throws tacho::Error where it is outside [-rank, rank).
int64_t normalize_axis(int64_t axis, size_t rank);
/// NumPy's broadcasting of two shapes; throws tacho::Error where they do not fit.
Shape broadcast(const Shape& a, const Shape& b);

/// What is known of a value before it exists.
struct TensorType {
  DType dtype = DType::float32;
  Shape shape;
  friend bool operator==(const TensorType&, const TensorType&) = default;
};

/// "float32 128x1x28x28".
std::string to_string(const TensorType& type);
std::ostream& operator<<(std::ostream& out, const TensorType& type);

}  // namespace tacho
