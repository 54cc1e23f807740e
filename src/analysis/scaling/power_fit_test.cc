#include "analysis/scaling/power_fit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "analysis/scaling/plot.h"
#include "analysis/text.h"

namespace tacho {
namespace {

TEST(PowerFit, FindsAnExactPower) {
  std::vector<std::pair<double, double>> points;
  for (double x : {1.0, 2.0, 8.0, 32.0}) points.emplace_back(x, 5 * std::pow(x, 2.5));
  const auto fit = fit_power(points);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->exponent, 2.5, 1e-9);
  EXPECT_NEAR(fit->constant, 5, 1e-9);
  EXPECT_NEAR(fit->high - fit->low, 0, 1e-6);
  EXPECT_EQ(fit->samples, 4);
}

TEST(PowerFit, TheIntervalIsStudentsOverTheResiduals) {
  // By hand: logarithms (0,0), (1,2), (2,1): slope 1/2, residuals -1/2, 1, -1/2, variance 1.5, sum of squares of x 2;
  // t(1) = 12.706, so the half width is 12.706 sqrt(1.5 / 2).
  const double e = std::exp(1.0);
  const auto fit = fit_power({{1, 1}, {e, e * e}, {e * e, e}});
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->exponent, 0.5, 1e-9);
  EXPECT_NEAR(fit->high - fit->exponent, 12.706 * std::sqrt(0.75), 1e-6);
  EXPECT_NEAR(fit->constant, std::exp(0.5), 1e-9);
}

TEST(PowerFit, ThereIsNoConfidenceInTwoSamplesOrOneSize) {
  EXPECT_FALSE(fit_power({{1, 1}, {2, 4}}));
  EXPECT_FALSE(fit_power({{2, 1}, {2, 2}, {2, 3}}));
  EXPECT_TRUE(fit_power({{1, 1}, {1, 1.1}, {2, 2}}));
}

TEST(PowerFit, StudentsQuantilesDecrease) {
  EXPECT_DOUBLE_EQ(student_t(1), 12.706);
  for (int freedom = 1; freedom < 200; ++freedom) EXPECT_GT(student_t(freedom), student_t(freedom + 1)) << freedom;
  EXPECT_NEAR(student_t(1000), 1.962, 0.001);
}

TEST(Plot, FitsTheTerminalAndShowsEveryCurve) {
  const std::string text = plot_logarithmic({{'a', {{1, 10}, {4, 40}, {64, 1000}}}, {'b', {{1, 500}, {64, 9000}}}});
  std::istringstream lines(text);
  int a = 0, b = 0;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(width_of(line), 80u) << line;
    a += int(std::count(line.begin(), line.end(), 'a')), b += int(std::count(line.begin(), line.end(), 'b'));
  }
  EXPECT_EQ(a, 3);
  EXPECT_EQ(b, 2);
  EXPECT_EQ(plot_logarithmic({}), "");
}

}  // namespace
}  // namespace tacho
