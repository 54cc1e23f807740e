#include <algorithm>
#include <array>
#include <cmath>

#include "data/generated.h"

namespace tacho {
namespace {

constexpr int kTexturesSet = 2;
constexpr int kTextureSide = 32;
constexpr double kTurn = 6.283185307179586;

enum Texture { kHorizontal, kVertical, kDiagonal, kChecks, kDots, kRings, kBricks, kGradient, kClouds, kRays };

double wave(double turns) { return 0.5 + 0.5 * std::sin(kTurn * turns); }
double fraction(double v) { return v - std::floor(v); }

/// How much of the second colour a pixel has, 0..1, for one random pattern of a class.
class Pattern {
 public:
  Pattern(Texture texture, Draw& draw) : texture_(texture) {
    period_ = draw.between(4, 11);
    phase_x_ = draw.between(0, 1), phase_y_ = draw.between(0, 1);
    centre_x_ = draw.between(8, 24), centre_y_ = draw.between(8, 24);
    spokes_ = double(3 + draw.below(5));
    const double lean = draw.between(-0.2, 0.2);
    const double angle = texture == kHorizontal ? lean
                         : texture == kVertical ? kTurn / 4 + lean
                         : texture == kDiagonal ? kTurn / 8 * (draw.below(2) ? 1 : 3) + lean
                         : texture == kGradient ? draw.between(0, kTurn)
                                                : lean;
    cos_ = std::cos(angle), sin_ = std::sin(angle);
    for (auto& height : heights_) height = draw.between(0, 1);
  }

  double operator()(int px, int py) const {
    const double x = px * cos_ + py * sin_, y = py * cos_ - px * sin_;
    const double u = x / period_ + phase_x_, v = y / period_ + phase_y_;
    const double dx = px - centre_x_, dy = py - centre_y_;
    switch (texture_) {
      case kHorizontal:
      case kVertical:
      case kDiagonal:
        return wave(v);
      case kChecks:
        return (fraction(u / 2) < 0.5) != (fraction(v / 2) < 0.5);
      case kDots: {
        const double a = fraction(u) - 0.5, b = fraction(v) - 0.5;
        return std::clamp(0.5 + (0.3 - std::sqrt(a * a + b * b)) * period_, 0.0, 1.0);
      }
      case kRings:
        return wave(std::sqrt(dx * dx + dy * dy) / period_ + phase_x_);
      case kBricks: {
        const double row = std::floor(v), across = fraction(u / 2 + fraction(row / 2));
        return fraction(v) * period_ < 1.3 || across * 2 * period_ < 1.3;
      }
      case kGradient:
        return std::clamp(0.5 + (y - 16 * (cos_ - sin_)) / 36, 0.0, 1.0);
      case kClouds:
        return cloud(px / 8.0, py / 8.0);
      case kRays:
        return wave(std::atan2(dy, dx) / kTurn * spokes_ + phase_x_);
    }
    return 0;
  }

 private:
  /// Heights on a 5 x 5 lattice, blended smoothly.
  double cloud(double x, double y) const {
    const int i = std::min(int(x), 3), j = std::min(int(y), 3);
    const auto smooth = [](double t) { return t * t * (3 - 2 * t); };
    const double s = smooth(x - i), t = smooth(y - j);
    const auto at = [&](int a, int b) { return heights_[size_t(b * 5 + a)]; };
    const double top = at(i, j) + s * (at(i + 1, j) - at(i, j));
    const double bottom = at(i, j + 1) + s * (at(i + 1, j + 1) - at(i, j + 1));
    return top + t * (bottom - top);
  }

  Texture texture_;
  double period_, phase_x_, phase_y_, centre_x_, centre_y_, spokes_, cos_, sin_;
  std::array<double, 25> heights_;
};

using Colour = std::array<double, 3>;

/// Two colours that differ enough to be seen: the second is pushed away from the first where they are close.
std::array<Colour, 2> draw_colours(Draw& draw) {
  std::array<Colour, 2> colours;
  for (auto& colour : colours)
    for (double& channel : colour) channel = draw.between(20, 235);
  double distance = 0;
  for (size_t c = 0; c < 3; ++c) distance += std::abs(colours[0][c] - colours[1][c]);
  if (distance < 150)
    for (size_t c = 0; c < 3; ++c) colours[1][c] += colours[0][c] < 128 ? 80 : -80;
  return colours;
}

}  // namespace

Examples generate_textures(int64_t count, Part part, uint64_t seed) {
  constexpr int64_t kPlane = kTextureSide * kTextureSide;
  Examples set{Tensor({DType::float32, {count, 3, kTextureSide, kTextureSide}}), Tensor({DType::int64, {count}}),
               "built-in"};
  for (int64_t i = 0; i < count; ++i) {
    Draw draw(seed, kTexturesSet, part, i);
    const int64_t label = draw.below(10);
    const Pattern pattern(Texture(label), draw);
    const auto colours = draw_colours(draw);
    float* image = set.x.as<float>() + i * 3 * kPlane;
    for (int y = 0; y < kTextureSide; ++y)
      for (int x = 0; x < kTextureSide; ++x) {
        const double t = pattern(x, y);
        for (size_t c = 0; c < 3; ++c)
          image[int64_t(c) * kPlane + y * kTextureSide + x] =
              float(colours[0][c] + t * (colours[1][c] - colours[0][c]));
      }
    draw.add_noise(image, 3 * kPlane, draw.between(4, 24));
    set.y.as<int64_t>()[i] = label;
  }
  return set;
}

}  // namespace tacho
