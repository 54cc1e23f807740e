#include "tensor/shape.h"

#include <ostream>

#include "base/error.h"

namespace tacho {

int64_t element_count(const Shape& shape) {
  int64_t n = 1;
  bool empty = false;
  for (int64_t extent : shape) {
    if (extent < 0) fail("negative extent ", extent, " in a shape");
    if (extent == 0) empty = true;
    else if (__builtin_mul_overflow(n, extent, &n)) fail("shape ", to_string(shape), " has more elements than 2^63");
  }
  return empty ? 0 : n;
}

int64_t byte_count(const Shape& shape, DType dtype) {
  int64_t bytes = 0;
  if (__builtin_mul_overflow(element_count(shape), int64_t(size_of(dtype)), &bytes))
    fail("shape ", to_string(shape), " of ", name_of(dtype), " has more bytes than 2^63");
  return bytes;
}

Shape strides_of(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

std::string to_string(const Shape& shape) {
  if (shape.empty()) return "scalar";
  std::string text;
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? "x" : "") + std::to_string(shape[i]);
  return text;
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << to_string(shape); }
std::ostream& operator<<(std::ostream& out, const TensorType& type) { return out << to_string(type); }

int64_t normalize_axis(int64_t axis, size_t rank) {
  const int64_t result = axis < 0 ? axis + int64_t(rank) : axis;
  if (result < 0 || result >= int64_t(rank)) fail("axis ", axis, " is outside a tensor of rank ", rank);
  return result;
}

Shape broadcast(const Shape& a, const Shape& b) {
  const size_t rank = std::max(a.size(), b.size());
  Shape result(rank, 1);
  for (size_t i = 0; i < rank; ++i) {
    const int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) fail("shapes ", to_string(a), " and ", to_string(b), " do not broadcast");
    result[rank - 1 - i] = x == 1 ? y : x;
  }
  return result;
}

std::string to_string(const TensorType& type) { return std::string(name_of(type.dtype)) + " " + to_string(type.shape); }

}  // namespace tacho
