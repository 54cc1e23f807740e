#include "analysis/estimate/curve.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace tacho {
namespace {

constexpr double kSlope = 0.15;  ///< what a plane may rise by octave, as a standard deviation
constexpr size_t kFitted = 72;   ///< samples by which lengths are chosen: each try costs the cube of it
constexpr size_t kMostSamples = 400;

/// In place: the lower triangle L of A = L L^T. False where A is not positive definite.
bool factorise(std::vector<double>& a, size_t n) {
  for (size_t j = 0; j < n; ++j) {
    for (size_t i = j; i < n; ++i) {
      double sum = a[i * n + j];
      for (size_t k = 0; k < j; ++k) sum -= a[i * n + k] * a[j * n + k];
      if (i == j) {
        if (!(sum > 0)) return false;
        a[j * n + j] = std::sqrt(sum);
      } else {
        a[i * n + j] = sum / a[j * n + j];
      }
    }
  }
  return true;
}

void solve_lower(const std::vector<double>& l, size_t n, std::vector<double>& b) {
  for (size_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < i; ++k) b[i] -= l[i * n + k] * b[k];
    b[i] /= l[i * n + i];
  }
}

void solve_upper(const std::vector<double>& l, size_t n, std::vector<double>& b) {
  for (size_t i = n; i-- > 0;) {
    for (size_t k = i + 1; k < n; ++k) b[i] -= l[k * n + i] * b[k];
    b[i] /= l[i * n + i];
  }
}

/// `most` of n, evenly spread.
std::vector<size_t> spread(size_t n, size_t most) {
  std::vector<size_t> chosen;
  const size_t count = std::min(n, most);
  for (size_t i = 0; i < count; ++i) chosen.push_back(i * n / count);
  return chosen;
}

}  // namespace

Curve::Curve(std::vector<std::vector<double>> x, std::vector<double> y, std::vector<int> planar)
    : planar_(std::move(planar)) {
  TACHO_CHECK(!x.empty() && x.size() == y.size(), "a curve needs samples");
  given_ = spread(x.size(), kMostSamples);
  for (size_t i : given_) {
    x_.push_back(std::move(x[i]));
    y_.push_back(y[i]);
  }
  for (double value : y_) mean_ += value / double(y_.size());
  const size_t coordinates = x_[0].size();
  centre_.assign(coordinates, 0);
  for (const auto& row : x_)
    for (size_t c = 0; c < coordinates; ++c) centre_[c] += row[c] / double(x_.size());
  scales_.inverse_length.assign(coordinates, 0.12);
  fit();
}

double Curve::covariance(std::span<const double> a, std::span<const double> b, const Scales& scales) const {
  double square = 0, plane = 1;
  for (size_t c = 0; c < a.size(); ++c) {
    const double d = (a[c] - b[c]) * scales.inverse_length[c];
    square += d * d;
  }
  for (int c : planar_)
    plane += kSlope * kSlope * (a[size_t(c)] - centre_[size_t(c)]) * (b[size_t(c)] - centre_[size_t(c)]);
  const double r = std::sqrt(3 * square);
  return scales.deviation * scales.deviation * (1 + r) * std::exp(-r) + plane;
}

Curve::Matrix Curve::covariances(const std::vector<size_t>& chosen, const Scales& scales) const {
  const size_t n = chosen.size();
  Matrix k(n * n);
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j <= i; ++j) k[i * n + j] = covariance(x_[chosen[i]], x_[chosen[j]], scales);
    k[i * n + i] += scales.noise * scales.noise;
  }
  return k;
}

/// Minus twice the mean logarithm of each sample's likelihood given the others.
double Curve::objection(const std::vector<size_t>& chosen, const Scales& scales) const {
  const size_t n = chosen.size();
  Matrix l = covariances(chosen, scales);
  if (!factorise(l, n)) return 1e9;
  std::vector<double> alpha(n);
  for (size_t i = 0; i < n; ++i) alpha[i] = y_[chosen[i]] - mean_;
  solve_lower(l, n, alpha);
  solve_upper(l, n, alpha);
  // Diagonal of the inverse: column norms of L^-1.
  std::vector<double> diagonal(n), column(n);
  for (size_t j = 0; j < n; ++j) {
    for (size_t i = j; i < n; ++i) {
      double sum = i == j ? 1 : 0;
      for (size_t k = j; k < i; ++k) sum -= l[i * n + k] * column[k];
      column[i] = sum / l[i * n + i];
      diagonal[j] += column[i] * column[i];
    }
  }
  double total = 0;
  for (size_t i = 0; i < n; ++i) total += alpha[i] * alpha[i] / diagonal[i] - std::log(diagonal[i]);
  return total / double(n);
}

void Curve::fit() {
  const std::vector<size_t> some = spread(x_.size(), kFitted);
  std::vector<bool> varies(centre_.size());
  for (const auto& row : x_)
    for (size_t c = 0; c < row.size(); ++c) varies[c] = varies[c] || std::abs(row[c] - x_[0][c]) > 1e-3;
  for (size_t c = 0; c < varies.size(); ++c)
    if (!varies[c]) scales_.inverse_length[c] = 0.5;  // the samples say nothing of it: elsewhere they count for less
  if (x_.size() >= 8) {
    double best = objection(some, scales_);
    const auto try_out = [&](double& scale, std::initializer_list<double> factors) {
      const double before = scale;
      double chosen = before;
      for (double factor : factors) {
        scale = before * factor;
        if (const double now = objection(some, scales_); now < best) best = now, chosen = scale;
      }
      scale = chosen;
    };
    for (int round = 0; round < 2; ++round) {
      try_out(scales_.deviation, {0.5, 0.7, 1.4, 2});
      try_out(scales_.noise, {0.4, 0.7, 1.5, 2.5});
      for (size_t c = 0; c < varies.size(); ++c)
        if (varies[c]) try_out(scales_.inverse_length[c], {0.15, 0.45, 2.2});
    }
  }
  std::vector<size_t> all(x_.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  factor_ = covariances(all, scales_);
  TACHO_CHECK(factorise(factor_, all.size()), "covariances with noise are positive definite");
  weights_ = y_;
  for (double& weight : weights_) weight -= mean_;
  solve_lower(factor_, all.size(), weights_);
  solve_upper(factor_, all.size(), weights_);
}

CurveValue Curve::at(std::span<const double> x) const {
  const size_t n = x_.size();
  std::vector<double> k(n);
  CurveValue value{mean_, 0};
  for (size_t i = 0; i < n; ++i) {
    k[i] = covariance(x, x_[i], scales_);
    value.mean += k[i] * weights_[i];
  }
  solve_lower(factor_, n, k);
  double variance = covariance(x, x, scales_) + scales_.noise * scales_.noise;
  for (double part : k) variance -= part * part;
  value.deviation = std::sqrt(std::max(variance, scales_.noise * scales_.noise));
  return value;
}

std::map<size_t, CurveValue> Curve::left_out(std::span<const int> groups) const {
  const size_t n = x_.size();
  Matrix inverse(n * n);  // of the covariances, by columns
  std::vector<double> column(n);
  for (size_t j = 0; j < n; ++j) {
    std::fill(column.begin(), column.end(), 0.0);
    column[j] = 1;
    solve_lower(factor_, n, column);
    solve_upper(factor_, n, column);
    std::copy(column.begin(), column.end(), inverse.begin() + std::ptrdiff_t(j * n));
  }
  std::map<int, std::vector<size_t>> members;
  for (size_t i = 0; i < n; ++i) members[groups[given_[i]]].push_back(i);
  std::map<size_t, CurveValue> values;
  for (const auto& [group, of] : members) {
    const size_t m = of.size();
    Matrix block(m * m);
    std::vector<double> off(m);
    for (size_t i = 0; i < m; ++i) {
      off[i] = weights_[of[i]];
      for (size_t j = 0; j < m; ++j) block[i * m + j] = inverse[of[i] * n + of[j]];
    }
    if (!factorise(block, m)) continue;
    solve_lower(block, m, off);
    solve_upper(block, m, off);
    for (size_t i = 0; i < m; ++i) {
      column.assign(m, 0.0);
      column[i] = 1;
      solve_lower(block, m, column);
      double variance = 0;
      for (double part : column) variance += part * part;
      values[given_[of[i]]] = {y_[of[i]] - off[i], std::sqrt(variance)};
    }
  }
  return values;
}

}  // namespace tacho
