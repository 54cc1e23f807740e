#pragma once
// How a quantity grows with a size: y = constant x^exponent, by least squares on logarithms.
#include <optional>
#include <utility>
#include <vector>

namespace tacho {

/// 95 % confidence intervals by Student's t over the residuals: they hold noise and what is no power of x alike.
struct PowerFit {
  double exponent = 0, low = 0, high = 0;
  double constant = 0, constant_low = 0, constant_high = 0;  ///< y at x = 1, in y's unit
  int samples = 0;
};

/// Points (x, y), both above 0; several y for one x are several samples. Nothing for fewer than three samples or fewer
/// than two different x: there is no confidence then.
std::optional<PowerFit> fit_power(const std::vector<std::pair<double, double>>& points);

/// log(y2 / y1) / log(x2 / x1): the exponent between two points.
double slope_between(std::pair<double, double> a, std::pair<double, double> b);

/// The 97.5 % quantile of Student's t with `freedom` degrees (at least 1).
double student_t(int freedom);

}  // namespace tacho
