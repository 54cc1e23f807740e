#include "lab/matmul/algorithms.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "base/random.h"
#include "op/counting.h"

namespace tacho {
namespace {

using Multiply = std::function<void(const Matrices<double>&)>;

std::vector<double> numbers(int64_t count, uint64_t stream) {
  const Random random(1, stream);
  std::vector<double> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(random.normal(uint64_t(i)));
  return values;
}

template <class T>
std::vector<T> multiplied(int64_t m, int64_t k, int64_t n, const std::function<void(const Matrices<T>&)>& multiply) {
  std::vector<T> a, b, c(size_t(m * (n + 3)), T(7));
  for (double x : numbers(m * (k + 1), 0)) a.emplace_back(x);
  for (double x : numbers(k * (n + 2), 1)) b.emplace_back(x);
  multiply({m, k, n, a.data(), k + 1, b.data(), n + 2, c.data(), n + 3});  // rows apart, as in a part of a matrix
  return c;
}

template <class T>
void strassen(const Matrices<T>& p, int64_t cutoff) {
  std::vector<T> workspace(size_t(strassen_workspace(p.m, p.k, p.n, cutoff)));
  multiply_strassen(p, cutoff, workspace.data(), [](const Matrices<T>& q) { multiply_blocked(q); });
}

struct Extents {
  int64_t m, k, n;
};
const Extents kExtents[] = {{1, 1, 1},    {1, 5, 3},   {2, 2, 2},    {3, 3, 3},    {7, 5, 9},   {8, 8, 8},
                            {15, 17, 19}, {16, 64, 5}, {33, 31, 32}, {65, 66, 67}, {5, 300, 4}, {3, 65, 600}};

TEST(MatmulAlgorithms, AllGiveTheDefinitionsProductAtOddAndSmallSizes) {
  for (const auto& [m, k, n] : kExtents) {
    const auto expected = multiplied<double>(m, k, n, multiply_naive<double>);
    const std::vector<std::pair<std::string, Multiply>> ways = {
        {"blocked", multiply_blocked<double>},
        {"strassen to 1", [](const Matrices<double>& p) { strassen(p, 1); }},
        {"strassen to 4", [](const Matrices<double>& p) { strassen(p, 4); }},
        {"strassen to 16", [](const Matrices<double>& p) { strassen(p, 16); }}};
    for (const auto& [name, multiply] : ways) {
      const auto actual = multiplied<double>(m, k, n, multiply);
      for (size_t i = 0; i < expected.size(); ++i)
        ASSERT_NEAR(actual[i], expected[i], 1e-11 * double(k))
            << name << " " << m << "x" << k << "x" << n << " at " << i;
    }
  }
}

template <class Multiply>
Tally counted(int64_t m, int64_t k, int64_t n, Multiply&& multiply) {
  counting_tally() = {};
  multiplied<Counting>(m, k, n, multiply);
  return counting_tally();
}

TEST(MatmulAlgorithms, CountsAreThoseOfACountingExecution) {
  for (const auto& [m, k, n] : kExtents) {
    SCOPED_TRACE(text_of(m, "x", k, "x", n));
    EXPECT_EQ(counted(m, k, n, multiply_naive<Counting>), standard_count(m, k, n));
    EXPECT_EQ(counted(m, k, n, multiply_blocked<Counting>), standard_count(m, k, n));
    for (int64_t cutoff : {1, 2, 4, 16})
      EXPECT_EQ(counted(m, k, n, [&](const Matrices<Counting>& p) { strassen(p, cutoff); }),
                strassen_count(m, k, n, cutoff))
          << "cutoff " << cutoff;
  }
}

TEST(MatmulAlgorithms, StrassensCountsByHand) {
  // One level: 7 products, 18 sums; two levels of 4 x 4: 49 products, 7 x 18 + 18 x 4 sums.
  EXPECT_EQ(strassen_count(2, 2, 2, 1), (Tally{.mul = 7, .add = 18}));
  EXPECT_EQ(strassen_count(4, 4, 4, 1), (Tally{.mul = 49, .add = 198}));
  EXPECT_EQ(standard_count(4, 4, 4), (Tally{.mul = 64, .add = 48}));
}

}  // namespace
}  // namespace tacho
