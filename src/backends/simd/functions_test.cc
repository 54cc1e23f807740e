// The functions of functions-inl.h over their whole range, every target forced in turn: the errors that stand there,
// and what they give at infinities, NaN, zeros and denormals.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "backends/simd/each_target.h"
#include "backends/simd/elementwise.h"

namespace tacho::simd {
namespace {

using Exact = std::function<long double(long double)>;

template <class T>
ElementwiseFunction<T> function_of(Elementwise op) {
  if constexpr (std::is_same_v<T, float>) return elementwise_functions().f32[size_t(op)][0];
  else return elementwise_functions().f64[size_t(op)][0];
}

template <class T>
std::vector<T> values_at(Elementwise op, const std::vector<T>& x) {
  constexpr double kNumbers[2] = {1, 1};
  std::vector<T> y(x.size());
  function_of<T>(op)(kNumbers, x.data(), nullptr, y.data(), int64_t(x.size()));
  return y;
}

/// Magnitudes from the smallest denormal to `most`, dense where functions bend; both signs where `negative`.
template <class T>
std::vector<T> arguments(double most, bool negative) {
  std::vector<T> x;
  const auto add = [&](double value) {
    x.push_back(T(value));
    if (negative) x.push_back(-T(value));
  };
  for (int i = 0; i <= 20000; ++i) add(most * i / 20000);
  const double least = std::log(double(std::numeric_limits<T>::denorm_min()));
  for (int i = 0; i <= 5000; ++i) add(std::exp(least + (std::log(most) - least) * i / 5000));
  for (int i = 0; i <= 5000; ++i) add(0.25 + 1.75 * i / 5000);
  return x;
}

/// The largest error in units of the exact result's last place, of results that are normal numbers.
template <class T>
double worst_error(Elementwise op, const Exact& exact, const std::vector<T>& x) {
  const std::vector<T> y = values_at(op, x);
  double worst = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const long double expected = exact(x[i]);
    if (std::fabs(expected) > std::numeric_limits<T>::max()) {
      EXPECT_TRUE(std::isinf(y[i])) << "at " << x[i];
      continue;
    }
    if (std::fabs(expected) < std::numeric_limits<T>::min()) {  // may become 0
      EXPECT_LE(std::fabs(y[i] - expected), std::numeric_limits<T>::min()) << "at " << x[i];
      continue;
    }
    int exponent;
    std::frexp(expected, &exponent);
    const double error =
        double(std::fabs((long double)(y[i]) - expected) / std::ldexp(1.0L, exponent - std::numeric_limits<T>::digits));
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

struct Case {
  const char* name;
  Elementwise op;
  Exact exact;
  double bound;  ///< units in the last place
  double most_f32, most_f64;
  bool negative = true;
};

const Case kCases[] = {
    {"exp", Elementwise::exp, [](long double x) { return std::exp(x); }, 2, 105, 750},
    {"log", Elementwise::log, [](long double x) { return std::log(x); }, 2, 3e38, 1e308, false},
    {"sigmoid", Elementwise::sigmoid, [](long double x) { return 1 / (1 + std::exp(-x)); }, 3, 88, 708},
    {"tanh", Elementwise::tanh, [](long double x) { return std::tanh(x); }, 3, 30, 30},
    {"softplus", Elementwise::softplus,
     [](long double x) { return std::max(x, 0.0L) + std::log1p(std::exp(-std::fabs(x))); }, 5, 87, 700},
    {"elu", Elementwise::elu, [](long double x) { return x > 0 ? x : std::expm1(x); }, 3, 110, 750},
};

class SimdFunctions : public EachTarget {};

TEST_P(SimdFunctions, WithinTheirBounds) {
  for (const Case& c : kCases) {
    const double f32 = worst_error(c.op, c.exact, arguments<float>(c.most_f32, c.negative));
    const double f64 = worst_error(c.op, c.exact, arguments<double>(c.most_f64, c.negative));
    EXPECT_LE(f32, c.bound) << c.name << " in float32";
    EXPECT_LE(f64, c.bound) << c.name << " in float64";
    RecordProperty(std::string(c.name) + "_float32", std::to_string(f32));
    RecordProperty(std::string(c.name) + "_float64", std::to_string(f64));
  }
}

long double normal_share(long double x) { return std::erfc(-x * std::sqrt(0.5L)) / 2; }

/// gelu is x times a share, and its gradient that share and a term below 1: errors of the share, in units of 1's last
/// place.
template <class T>
void expect_gelu_within(double bound, double gradient_bound) {
  constexpr double kNoNumbers[2] = {};
  const std::vector<T> x = arguments<T>(40, true);
  const std::vector<T> y = values_at(Elementwise::gelu, x), ones(x.size(), T(1));
  std::vector<T> dx(x.size());
  function_of<T>(Elementwise::gelu_backward)(kNoNumbers, ones.data(), x.data(), dx.data(), int64_t(x.size()));
  double worst = 0, worst_gradient = 0;
  constexpr long double kUnit = std::numeric_limits<T>::epsilon();
  for (size_t i = 0; i < x.size(); ++i) {
    const long double at = x[i], share = normal_share(at);
    const long double density = std::exp(-at * at / 2) * 0.398942280401432677939946L;
    if (std::fabs(at) > std::numeric_limits<T>::min())
      worst = std::max(worst, double(std::fabs(y[i] / at - share) / kUnit));
    worst_gradient = std::max(worst_gradient, double(std::fabs(dx[i] - (share + at * density)) / kUnit));
  }
  EXPECT_LE(worst, bound);
  EXPECT_LE(worst_gradient, gradient_bound);
}

TEST_P(SimdFunctions, GeluWithinItsBounds) {
  expect_gelu_within<float>(1, 2);
  expect_gelu_within<double>(1, 2);
}

template <class T>
void expect_at_the_ends() {
  constexpr T kInf = std::numeric_limits<T>::infinity(), kNaN = std::numeric_limits<T>::quiet_NaN();
  constexpr T kTiny = std::numeric_limits<T>::denorm_min();
  const std::vector<T> x{kInf, -kInf, kNaN, T(0), -T(0), kTiny, -kTiny};
  const auto expect = [&](Elementwise op, const std::vector<T>& expected) {
    const std::vector<T> y = values_at(op, x);
    for (size_t i = 0; i < x.size(); ++i) {
      const bool same = std::isnan(expected[i])
                            ? std::isnan(y[i])
                            : y[i] == expected[i] && std::signbit(y[i]) == std::signbit(expected[i]);
      EXPECT_TRUE(same) << int(op) << " at " << x[i] << " is " << y[i];
    }
  };
  expect(Elementwise::exp, {kInf, 0, kNaN, 1, 1, 1, 1});
  expect(Elementwise::sigmoid, {1, 0, kNaN, T(0.5), T(0.5), T(0.5), T(0.5)});
  expect(Elementwise::tanh, {1, -1, kNaN, 0, -T(0), kTiny, -kTiny});
  expect(Elementwise::relu, {kInf, 0, kNaN, 0, -T(0), kTiny, 0});
  expect(Elementwise::abs, {kInf, kInf, kNaN, 0, 0, kTiny, kTiny});
  expect(Elementwise::sqrt, {kInf, kNaN, kNaN, 0, -T(0), std::sqrt(kTiny), kNaN});
  const std::vector<T> logs = values_at(Elementwise::log, x);
  EXPECT_EQ(logs[0], kInf);
  for (size_t i : {1, 2, 6}) EXPECT_TRUE(std::isnan(logs[i])) << "log of " << x[i] << " is " << logs[i];
  for (size_t i : {3, 4}) EXPECT_EQ(logs[i], -kInf) << "log of " << x[i];
  EXPECT_NEAR(logs[5], std::log(kTiny), 4 * std::numeric_limits<T>::epsilon() * std::fabs(std::log(kTiny)));
  const std::vector<T> halves = values_at(Elementwise::elu, x);
  EXPECT_EQ(halves[0], kInf);
  EXPECT_EQ(halves[1], -1);
  EXPECT_TRUE(std::isnan(halves[2]));
}

TEST_P(SimdFunctions, AtTheEnds) {
  expect_at_the_ends<float>();
  expect_at_the_ends<double>();
}

INSTANTIATE_TEST_SUITE_P(Targets, SimdFunctions, testing::ValuesIn(available_targets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tacho::simd
