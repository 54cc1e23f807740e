#include "tests/support/measure.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "op/counting.h"

namespace tacho::support {

std::vector<double> numbers_of(const Tensor& tensor) {
  std::vector<double> numbers(size_t(tensor.elements()));
  if (tensor.dtype() == DType::counting) {
    for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = tensor.as<Counting>()[i].value;
  } else {
    const Tensor wide = tensor.cast(DType::float64);
    std::copy_n(wide.as<double>(), numbers.size(), numbers.begin());
  }
  return numbers;
}

double max_magnitude(const Tensor& tensor) {
  double largest = 0;
  for (double x : numbers_of(tensor)) {
    if (std::isnan(x)) return x;
    largest = std::max(largest, std::abs(x));
  }
  return largest;
}

double max_difference(const Tensor& a, const Tensor& b) {
  TACHO_CHECK(a.shape() == b.shape(), to_string(a.type()), " against ", to_string(b.type()));
  const std::vector<double> x = numbers_of(a), y = numbers_of(b);
  double largest = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    if (x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i]))) continue;
    const double difference = std::abs(x[i] - y[i]);
    if (std::isnan(difference)) return std::numeric_limits<double>::quiet_NaN();
    largest = std::max(largest, difference);
  }
  return largest;
}

double relative_difference(const Tensor& actual, const Tensor& expected) {
  return max_difference(actual, expected) / std::max(max_magnitude(expected), 1e-30);
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.type() == b.type() && std::memcmp(a.view().data, b.view().data, size_t(a.bytes())) == 0;
}

}  // namespace tacho::support
