// Sums of lanes against the tree by which partials are combined pair by pair, to the bit.
#include "op/row_join.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace tacho {
namespace {

template <class T>
void expect_tree(int64_t lanes, int64_t n) {
  std::vector<T> values(size_t(lanes * n));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = T(std::ldexp(double(i * 2654435761u % 1000003) / 1000003 - 0.5, int(i % 20)));
  std::vector<T> sum(static_cast<size_t>(n));
  sum_lanes(Lanes<T>{values.data(), n, lanes}, n, sum.data());
  for (int64_t step = 1; step < lanes; step *= 2)
    for (int64_t lane = 0; lane + step < lanes; lane += 2 * step)
      for (int64_t i = 0; i < n; ++i) values[size_t(lane * n + i)] += values[size_t((lane + step) * n + i)];
  values.resize(size_t(n));
  EXPECT_EQ(sum, values) << lanes << " lanes of " << n;
}

TEST(RowJoin, SumsByTheTreeOfCombine) {
  for (int64_t lanes = 1; lanes <= 9; ++lanes)
    for (const int64_t n : {1, 17, 256, 700}) {
      expect_tree<float>(lanes, n);
      expect_tree<double>(lanes, n);
    }
}

}  // namespace
}  // namespace tacho
