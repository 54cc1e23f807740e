#include "analysis/compare/rank_sum.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace tacho {
namespace {

/// P(U >= u) of the null distribution: how many of the ways to mix n and m samples have at least so many pairs.
double exact_tail(size_t n, size_t m, double u) {
  // ways[i][j][k]: mixtures of i of a and j of b with k pairs in which b is above.
  std::vector<std::vector<std::vector<double>>> ways(n + 1, std::vector<std::vector<double>>(m + 1));
  for (size_t i = 0; i <= n; ++i)
    for (size_t j = 0; j <= m; ++j) {
      auto& here = ways[i][j];
      here.assign(i * j + 1, 0);
      if (i == 0 || j == 0) {
        here[0] = 1;
        continue;
      }
      // The largest is of b (above all i of a), or of a.
      for (size_t k = 0; k < ways[i][j - 1].size(); ++k) here[k + i] += ways[i][j - 1][k];
      for (size_t k = 0; k < ways[i - 1][j].size(); ++k) here[k] += ways[i - 1][j][k];
    }
  double all = 0, tail = 0;
  for (size_t k = 0; k < ways[n][m].size(); ++k) {
    all += ways[n][m][k];
    if (double(k) >= u) tail += ways[n][m][k];
  }
  return tail / all;
}

}  // namespace

double rank_sum_above(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  if (a.empty() || b.empty()) return 1;
  const double n = double(a.size()), m = double(b.size());
  std::vector<int64_t> sorted = a;
  std::sort(sorted.begin(), sorted.end());
  double pairs = 0;  // in which b is above; a tie is half of one
  std::map<int64_t, double> counts;
  for (int64_t x : a) ++counts[x];
  for (int64_t x : b) {
    const auto low = std::lower_bound(sorted.begin(), sorted.end(), x), high = std::upper_bound(low, sorted.end(), x);
    pairs += double(low - sorted.begin()) + 0.5 * double(high - low);
    ++counts[x];
  }
  if (n * m <= 400) return exact_tail(a.size(), b.size(), std::floor(pairs));
  double ties = 0;
  for (const auto& [value, count] : counts) ties += count * count * count - count;
  const double all = n + m, variance = n * m / 12 * (all + 1 - ties / (all * (all - 1)));
  if (variance <= 0) return 1;  // all samples are equal
  const double z = (pairs - n * m / 2 - 0.5) / std::sqrt(variance);
  return 0.5 * std::erfc(z / std::sqrt(2.0));
}

}  // namespace tacho
