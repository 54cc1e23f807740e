#include "analysis/estimate/curve.h"

#include <algorithm>
#include <cmath>

#include "base/cholesky.h"
#include "base/error.h"

namespace tacho {
namespace {

constexpr double kSlope = 0.15;  ///< what a plane may rise by octave, as a standard deviation
constexpr size_t kFitted = 200;  ///< samples by which lengths are chosen: each try costs the cube of it
constexpr size_t kMostSamples = 600;

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
  double square = 0, plane = 1, sum = 0;
  for (size_t c = 0; c < a.size(); ++c) {
    const double d = (a[c] - b[c]) * scales.inverse_length[c];
    square += d * d;
    sum += 1 / (1 + 4 * d * d);
  }
  plane += scales.single * scales.single * sum / std::sqrt(double(a.size()));
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
  const std::vector<double> diagonal = diagonal_of_inverse(l, n);
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
      try_out(scales_.single, {0.3, 0.6, 1.6, 3});
      for (size_t c = 0; c < varies.size(); ++c)
        if (varies[c]) try_out(scales_.inverse_length[c], {0.15, 0.45, 2.2});
    }
  }
  factorise_all();
  if (drop_strays()) factorise_all();
}

void Curve::factorise_all() {
  std::vector<size_t> all(x_.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  factor_ = covariances(all, scales_);
  TACHO_CHECK(factorise(factor_, all.size()), "covariances with noise are positive definite");
  weights_ = y_;
  for (double& weight : weights_) weight -= mean_;
  solve_lower(factor_, all.size(), weights_);
  solve_upper(factor_, all.size(), weights_);
}

bool Curve::drop_strays() {
  constexpr double kFar = 1.5;      // octaves off what all others say
  constexpr double kMostOf = 0.05;  // of the samples: more are no strays
  const std::vector<double> diagonal = diagonal_of_inverse(factor_, x_.size());
  std::vector<std::pair<double, size_t>> far;
  for (size_t i = 0; i < x_.size(); ++i)
    if (const double off = std::abs(weights_[i] / diagonal[i]); off > kFar && off > 3 / std::sqrt(diagonal[i]))
      far.emplace_back(-off, i);
  std::sort(far.begin(), far.end());
  if (far.size() > size_t(kMostOf * double(x_.size()))) far.resize(size_t(kMostOf * double(x_.size())));
  std::vector<bool> stray(x_.size());
  for (const auto& [off, i] : far) stray[i] = true;
  size_t kept = 0;
  for (size_t i = 0; i < x_.size(); ++i) {
    if (stray[i]) continue;
    if (kept != i) x_[kept] = std::move(x_[i]), y_[kept] = y_[i], given_[kept] = given_[i];
    ++kept;
  }
  x_.resize(kept), y_.resize(kept), given_.resize(kept);
  return !far.empty();
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

std::vector<CurveValue> Curve::left_out(const std::vector<std::vector<double>>& x, std::span<const int> groups) const {
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
  std::map<int, std::vector<size_t>> used, all;
  for (size_t i = 0; i < n; ++i) used[groups[given_[i]]].push_back(i);
  for (size_t i = 0; i < x.size(); ++i) all[groups[i]].push_back(i);
  std::vector<CurveValue> values(x.size());
  for (const auto& [group, members] : all) {
    // Weights without the group: those of its own samples become 0.
    const std::vector<size_t>& of = used[group];
    const size_t m = of.size();
    Matrix block(m * m);
    std::vector<double> off(m), weights = weights_;
    for (size_t i = 0; i < m; ++i) {
      off[i] = weights_[of[i]];
      for (size_t j = 0; j < m; ++j) block[i * m + j] = inverse[of[i] * n + of[j]];
    }
    TACHO_CHECK(factorise(block, m), "a block of a positive definite inverse is positive definite");
    solve_lower(block, m, off);
    solve_upper(block, m, off);
    for (size_t i = 0; i < m; ++i)
      for (size_t k = 0; k < n; ++k) weights[k] -= inverse[of[i] * n + k] * off[i];
    // The deviation of a sample that the curve uses is exact; the others have the mean of those.
    std::map<size_t, double> exact;
    double mean_deviation = 0;
    for (size_t i = 0; i < m; ++i) {
      column.assign(m, 0.0);
      column[i] = 1;
      solve_lower(block, m, column);
      double variance = 0;
      for (size_t k = 0; k < m; ++k) variance += column[k] * column[k];
      exact[given_[of[i]]] = std::sqrt(variance);
      mean_deviation += std::sqrt(variance) / double(m);
    }
    for (size_t i : members) {
      CurveValue& value = values[i];
      value.mean = mean_;
      for (size_t k = 0; k < n; ++k) value.mean += weights[k] * covariance(x[i], x_[k], scales_);
      const auto found = exact.find(i);
      value.deviation = found != exact.end() ? found->second : m > 0 ? mean_deviation : at(x[i]).deviation;
    }
  }
  return values;
}

}  // namespace tacho
