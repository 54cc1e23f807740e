#include "analysis/close.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace tacho {

std::vector<int64_t> close_to(const std::vector<int64_t>& parts, int64_t total) {
  __int128 sum = 0;
  for (int64_t part : parts) {
    TACHO_CHECK(part >= 0, "a share of ", part);
    sum += part;
  }
  std::vector<int64_t> closed(parts.size());
  if (sum == 0) return closed;
  std::vector<__int128> remainder(parts.size());
  int64_t left = total;
  for (size_t i = 0; i < parts.size(); ++i) {
    const __int128 scaled = __int128(parts[i]) * total;
    closed[i] = int64_t(scaled / sum);
    remainder[i] = scaled % sum;
    left -= closed[i];
  }
  std::vector<size_t> order(parts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return remainder[a] > remainder[b]; });
  for (size_t i = 0; i < size_t(left); ++i) ++closed[order[i]];
  return closed;
}

std::vector<int64_t> round_to_sum(const std::vector<int64_t>& parts, int64_t unit) {
  TACHO_CHECK(unit > 0, "a unit of ", unit);
  const auto floor_of = [&](int64_t x) { return x / unit - (x % unit < 0); };
  std::vector<int64_t> rounded(parts.size()), remainder(parts.size());
  int64_t sum = 0, left = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    rounded[i] = floor_of(parts[i]);
    remainder[i] = parts[i] - rounded[i] * unit;
    sum += parts[i];
    left -= rounded[i];
  }
  left += floor_of(sum + unit / 2);
  std::vector<size_t> order(parts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return remainder[a] > remainder[b]; });
  for (size_t i = 0; i < size_t(left); ++i) ++rounded[order[i]];
  return rounded;
}

}  // namespace tacho
