#include "analysis/scaling/power_fit.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace tacho {

double student_t(int freedom) {
  TACHO_CHECK(freedom >= 1, freedom, " degrees of freedom");
  static constexpr double kTable[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
                                      2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
                                      2.080,  2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042};
  if (freedom <= 30) return kTable[freedom - 1];
  // Cornish and Fisher's expansion in 1/freedom about the normal quantile: within 0.001 of the table's end.
  const double z = 1.959964;
  return z + (z * z * z + z) / (4.0 * freedom);
}

std::optional<PowerFit> fit_power(const std::vector<std::pair<double, double>>& points) {
  const auto n = double(points.size());
  double x_mean = 0, y_mean = 0;
  for (const auto& [x, y] : points) {
    TACHO_CHECK(x > 0 && y > 0, "a power of ", x, " that is ", y);
    x_mean += std::log(x) / n, y_mean += std::log(y) / n;
  }
  double xx = 0, xy = 0;
  for (const auto& [x, y] : points) {
    const double dx = std::log(x) - x_mean;
    xx += dx * dx, xy += dx * (std::log(y) - y_mean);
  }
  if (points.size() < 3 || xx < 1e-12) return std::nullopt;
  PowerFit fit;
  fit.samples = int(points.size());
  fit.exponent = xy / xx;
  const double at_one = y_mean - fit.exponent * x_mean;
  double squares = 0;
  for (const auto& [x, y] : points) {
    const double residual = std::log(y) - at_one - fit.exponent * std::log(x);
    squares += residual * residual;
  }
  const double variance = squares / (n - 2), t = student_t(int(points.size()) - 2);
  const double slope_half = t * std::sqrt(variance / xx);
  const double one_half = t * std::sqrt(variance * (1 / n + x_mean * x_mean / xx));
  fit.low = fit.exponent - slope_half, fit.high = fit.exponent + slope_half;
  fit.constant = std::exp(at_one);
  fit.constant_low = std::exp(at_one - one_half), fit.constant_high = std::exp(at_one + one_half);
  return fit;
}

double slope_between(std::pair<double, double> a, std::pair<double, double> b) {
  return std::log(b.second / a.second) / std::log(b.first / a.first);
}

}  // namespace tacho
