#include "base/cholesky.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace tacho {
namespace {

TEST(Cholesky, SolvesWhatItFactorised) {
  for (const size_t n : {1u, 2u, 7u, 8u, 9u, 33u}) {
    const Random random(n);
    std::vector<double> b(n * n), a(n * n), x(n), right(n);
    for (size_t i = 0; i < n * n; ++i) b[i] = random.normal(i);
    for (size_t i = 0; i < n; ++i)
      for (size_t j = 0; j < n; ++j) {
        a[i * n + j] = i == j ? 0.5 : 0;
        for (size_t k = 0; k < n; ++k) a[i * n + j] += b[i * n + k] * b[j * n + k];
      }
    for (size_t i = 0; i < n; ++i) x[i] = random.normal(1000 + i);
    for (size_t i = 0; i < n; ++i)
      for (size_t j = 0; j < n; ++j) right[i] += a[i * n + j] * x[j];
    std::vector<double> l = a;
    ASSERT_TRUE(factorise(l, n));
    solve_lower(l, n, right);
    solve_upper(l, n, right);
    for (size_t i = 0; i < n; ++i) EXPECT_NEAR(right[i], x[i], 1e-8) << n;
    // Row by row: the inverse's diagonal is what unit vectors give.
    const std::vector<double> diagonal = diagonal_of_inverse(l, n);
    for (size_t i = 0; i < n; ++i) {
      std::vector<double> unit(n);
      unit[i] = 1;
      solve_lower(l, n, unit);
      solve_upper(l, n, unit);
      EXPECT_NEAR(diagonal[i], unit[i], 1e-8 * std::abs(unit[i])) << n;
    }
  }
}

TEST(Cholesky, RefusesWhatIsNotPositiveDefinite) {
  std::vector<double> a = {1, 0, 2, 1};
  EXPECT_FALSE(factorise(a, 2));
}

}  // namespace
}  // namespace tacho
