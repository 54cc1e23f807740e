#pragma once
// How far two tensors are apart.
#include <vector>

#include "tensor/tensor.h"

namespace tacho::support {

/// The elements as double, whatever the dtype.
std::vector<double> numbers_of(const Tensor& tensor);
/// The largest magnitude; 0 for an empty tensor, NaN where an element is NaN.
double max_magnitude(const Tensor& tensor);
/// The largest difference of two tensors of one shape; NaN where an element of only one of them is NaN.
double max_difference(const Tensor& a, const Tensor& b);
/// max_difference over the larger of max_magnitude(expected) and 1e-30.
double relative_difference(const Tensor& actual, const Tensor& expected);
/// Same type and the same bytes.
bool same_bits(const Tensor& a, const Tensor& b);

}  // namespace tacho::support
