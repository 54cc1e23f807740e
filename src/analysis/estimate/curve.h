#pragma once
// A quantity over sizes, learned from samples: a Gaussian process in logarithms.
#include <map>
#include <span>
#include <vector>

namespace tacho {

/// What a curve says at one place, in octaves (log2).
struct CurveValue {
  double mean = 0;
  double deviation = 0;  ///< standard, of a new measurement there
};

/// y(x) = a plane + a smooth deviation from it (Matérn 3/2) + noise, all Gaussian: near samples it follows them, far
/// from all it returns to the plane, and its deviation says which of the two. Each coordinate has a length of its own;
/// lengths, deviation and noise are those under which the samples, each left out in turn, are likeliest (Rasmussen and
/// Williams, "Gaussian processes for machine learning", 2006, sections 4.2, 5.4).
class Curve {
 public:
  /// At least one sample; `x` of equal sizes. `planar`: coordinates that the plane has a slope along.
  Curve(std::vector<std::vector<double>> x, std::vector<double> y, std::vector<int> planar);
  CurveValue at(std::span<const double> x) const;
  size_t samples() const { return x_.size(); }

  /// What the curve would say at a sample's place had it not seen the samples of the sample's group (its lengths and
  /// noise kept): by index of the sample as it was given. Samples that were too many to be used are absent.
  /// `groups`: by sample as given. (The same book, equations 5.10 to 5.12, for groups.)
  std::map<size_t, CurveValue> left_out(std::span<const int> groups) const;

 private:
  struct Scales {
    std::vector<double> inverse_length;
    double deviation = 0.7, noise = 0.08;
  };
  using Matrix = std::vector<double>;  ///< lower triangle used, row-major
  double covariance(std::span<const double> a, std::span<const double> b, const Scales& scales) const;
  Matrix covariances(const std::vector<size_t>& chosen, const Scales& scales) const;
  double objection(const std::vector<size_t>& chosen, const Scales& scales) const;
  void fit();

  std::vector<size_t> given_;  ///< index of each used sample among those given
  std::vector<std::vector<double>> x_;
  std::vector<double> y_, weights_;
  std::vector<int> planar_;
  double mean_ = 0;
  std::vector<double> centre_;
  Scales scales_;
  Matrix factor_;  ///< Cholesky
};

}  // namespace tacho
