#include "data/examples.h"

#include <algorithm>
#include <cmath>

namespace tacho {
namespace {

constexpr int64_t kMiB = int64_t{1} << 20;
constexpr int64_t kLargest = int64_t{1} << 34;               // 16 GiB
constexpr double kLargestExactInteger = 9007199254740992.0;  // 2^53

}  // namespace

int64_t unfolded_limit(int64_t file_bytes) {
  const int64_t bytes = std::min(file_bytes, kLargest);
  return std::min(1032 * bytes + 1024, sparse_limit(bytes));
}

int64_t sparse_limit(int64_t file_bytes) {
  return std::min(64 * kMiB + 256 * std::min(file_bytes, kLargest), kLargest);
}

Tensor as_images_where_sized(const Tensor& x) {
  const int64_t n = x.shape()[0];
  switch (x.shape()[1]) {
    case 784:
      return x.reshaped({n, 1, 28, 28});
    case 1024:
      return x.reshaped({n, 1, 32, 32});
    case 3072:
      return x.reshaped({n, 3, 32, 32});
    default:
      return x;
  }
}

int64_t integer_label(double value, const std::string& where, int64_t example) {
  if (!(std::abs(value) < kLargestExactInteger) || value != std::floor(value))
    fail(where, ": the label of example ", example + 1, " is ", value,
         "; labels must be integers (class numbers), regression targets are not read");
  return int64_t(value);
}

}  // namespace tacho
