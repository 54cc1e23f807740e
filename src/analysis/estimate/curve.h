#pragma once
// A quantity over sizes, learned from samples: a Gaussian process in logarithms.
#include <span>
#include <vector>

namespace tacho {

/// What a curve says at one place, in octaves (log2).
struct CurveValue {
  double mean = 0;
  double deviation = 0;  ///< standard, of a new measurement there
};

/// y(x) = a plane + a sum of smooth functions of single coordinates (rational quadratic) + a smooth deviation of all of
/// them together (Matérn 3/2) + noise, all Gaussian: near samples it follows them, far from all it returns to the
/// plane, and its deviation says which of the two. What one coordinate does is learned wherever the others are. Each
/// coordinate has a length of its own; lengths, deviation and noise are those under which the samples, each left out in
/// turn, are likeliest (Rasmussen and Williams, "Gaussian processes for machine learning", 2006, sections 4.2, 5.4).
class Curve {
 public:
  /// At least one sample; `x` of equal sizes. `planar`: coordinates that the plane has a slope along.
  Curve(std::vector<std::vector<double>> x, std::vector<double> y, std::vector<int> planar);
  CurveValue at(std::span<const double> x) const;
  size_t samples() const { return x_.size(); }

  /// What the curve would say at each sample's place had it not seen the samples of the sample's group, its lengths and
  /// noise kept. `x`, `groups`: of all samples as given, also of those that were too many to be used. (The same book,
  /// equations 5.10 to 5.12, for groups.)
  std::vector<CurveValue> left_out(const std::vector<std::vector<double>>& x, std::span<const int> groups) const;

 private:
  struct Scales {
    std::vector<double> inverse_length;
    double deviation = 0.7, single = 0.5, noise = 0.08;
  };
  using Matrix = std::vector<double>;  ///< lower triangle used, row-major
  double covariance(std::span<const double> a, std::span<const double> b, const Scales& scales) const;
  Matrix covariances(const std::vector<size_t>& chosen, const Scales& scales) const;
  double objection(const std::vector<size_t>& chosen, const Scales& scales) const;
  void fit();
  void factorise_all();
  /// Takes out the few samples that are far off what all others say: a library's bad case at one size (oneDNN took 400
  /// times as long for a first layer of 20 images as for 21) is nothing to expect at the next. False: there are none.
  bool drop_strays();

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
