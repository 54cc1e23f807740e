#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "data/generated.h"

namespace tacho {
namespace {

constexpr int kDigitsSet = 1;
constexpr int kDigitSide = 28;

struct Point {
  double x, y;
};

/// A stroke's control points in the unit square, y downward; `smooth` draws a spline through them, else straight lines.
struct Stroke {
  bool smooth;
  std::vector<Point> points;
};
using Glyph = std::vector<Stroke>;

/// Each digit in one or two ways of writing it.
const std::vector<Glyph>& glyphs_of(int64_t digit) {
  static const std::array<std::vector<Glyph>, 10> kGlyphs = {{
      {{{true, {{.5, .08}, {.27, .22}, {.22, .5}, {.28, .8}, {.5, .92}, {.72, .8}, {.78, .5}, {.73, .22}, {.5, .08}}}}},
      {{{false, {{.5, .08}, {.5, .92}}}},
       {{false, {{.34, .28}, {.54, .08}, {.54, .92}}}},
       {{false, {{.34, .26}, {.52, .08}, {.52, .92}}}, {false, {{.32, .92}, {.72, .92}}}}},
      {{{true, {{.24, .28}, {.36, .1}, {.6, .09}, {.74, .26}, {.66, .46}, {.44, .68}, {.24, .9}}},
        {false, {{.24, .9}, {.78, .9}}}}},
      {{{true, {{.26, .18}, {.48, .07}, {.7, .17}, {.68, .38}, {.46, .47}}},
        {true, {{.46, .47}, {.7, .54}, {.77, .73}, {.6, .91}, {.38, .92}, {.23, .8}}}},
       {{false, {{.26, .1}, {.72, .1}, {.46, .42}}},
        {true, {{.46, .42}, {.7, .5}, {.76, .72}, {.6, .9}, {.38, .92}, {.23, .8}}}}},
      {{{false, {{.62, .92}, {.62, .08}, {.2, .64}, {.82, .64}}}},
       {{false, {{.26, .1}, {.24, .5}, {.76, .5}}}, {false, {{.7, .1}, {.66, .92}}}}},
      {{{false, {{.74, .1}, {.32, .1}, {.28, .45}}},
        {true, {{.28, .45}, {.5, .38}, {.73, .5}, {.74, .74}, {.55, .91}, {.38, .91}, {.24, .82}}}}},
      {{{true,
         {{.66, .08},
          {.42, .22},
          {.27, .5},
          {.26, .74},
          {.42, .92},
          {.62, .9},
          {.74, .72},
          {.62, .53},
          {.42, .54},
          {.27, .7}}}}},
      {{{false, {{.22, .1}, {.78, .1}, {.42, .92}}}},
       {{false, {{.22, .1}, {.78, .1}, {.42, .92}}}, {false, {{.36, .5}, {.74, .5}}}}},
      {{{true, {{.5, .48}, {.3, .36}, {.31, .16}, {.5, .07}, {.69, .16}, {.7, .36}, {.5, .48}}},
        {true, {{.5, .48}, {.27, .6}, {.26, .83}, {.5, .93}, {.74, .83}, {.73, .6}, {.5, .48}}}}},
      {{{true,
         {{.7, .3},
          {.6, .46},
          {.4, .46},
          {.27, .3},
          {.37, .11},
          {.57, .08},
          {.7, .22},
          {.71, .45},
          {.64, .75},
          {.52, .92}}}},
       {{true, {{.7, .28}, {.6, .46}, {.4, .46}, {.27, .3}, {.37, .11}, {.57, .08}, {.7, .22}}},
        {false, {{.7, .22}, {.7, .92}}}}},
  }};
  return kGlyphs[size_t(digit)];
}

/// A Catmull-Rom spline through `points`, four pieces between two of them.
std::vector<Point> spline(const std::vector<Point>& points) {
  constexpr int kPieces = 4;
  const auto at = [&](int64_t i) { return points[size_t(std::clamp<int64_t>(i, 0, int64_t(points.size()) - 1))]; };
  std::vector<Point> line;
  for (int64_t i = 0; i + 1 < int64_t(points.size()); ++i) {
    const Point a = at(i - 1), b = at(i), c = at(i + 1), d = at(i + 2);
    for (int k = 0; k < kPieces; ++k) {
      const double t = double(k) / kPieces;
      const auto mix = [t](double p, double q, double r, double s) {
        return q + 0.5 * t * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p)));
      };
      line.push_back({mix(a.x, b.x, c.x, d.x), mix(a.y, b.y, c.y, d.y)});
    }
  }
  line.push_back(points.back());
  return line;
}

/// Raises the pixels near the segment a-b to `ink`, with a soft edge one pixel wide around half-width `radius`.
void draw_segment(float* image, Point a, Point b, double radius, double ink) {
  const double reach = radius + 1;
  const auto pixel = [](double v) { return int(std::clamp(v, 0.0, double(kDigitSide - 1))); };
  const double dx = b.x - a.x, dy = b.y - a.y, length2 = std::max(dx * dx + dy * dy, 1e-9);
  for (int y = pixel(std::min(a.y, b.y) - reach); y <= pixel(std::max(a.y, b.y) + reach); ++y)
    for (int x = pixel(std::min(a.x, b.x) - reach); x <= pixel(std::max(a.x, b.x) + reach); ++x) {
      const double t = std::clamp(((x - a.x) * dx + (y - a.y) * dy) / length2, 0.0, 1.0);
      const double ex = x - a.x - t * dx, ey = y - a.y - t * dy;
      const double cover = std::clamp(radius + 0.5 - std::sqrt(ex * ex + ey * ey), 0.0, 1.0);
      image[y * kDigitSide + x] = std::max(image[y * kDigitSide + x], float(cover * ink));
    }
}

/// Unit square to pixels: turned, sheared, scaled, moved, and bent by a slow wave.
class Warp {
 public:
  explicit Warp(Draw& draw) {
    const double angle = draw.between(-0.3, 0.3), shear = draw.between(-0.3, 0.3);
    const double sx = draw.between(13, 23), sy = draw.between(15, 23);
    xx_ = sx * std::cos(angle), xy_ = sy * (shear * std::cos(angle) - std::sin(angle));
    yx_ = sx * std::sin(angle), yy_ = sy * (shear * std::sin(angle) + std::cos(angle));
    x0_ = 13.5 + draw.between(-3, 3), y0_ = 13.5 + draw.between(-2.5, 2.5);
    for (Wave* wave : {&bend_x_, &bend_y_})
      *wave = {draw.between(0, 0.06), draw.between(3, 8), draw.between(-4, 4), draw.between(0, 6.28)};
  }
  Point operator()(Point p) const {
    const double u = p.x - 0.5 + bend_x_(p), v = p.y - 0.5 + bend_y_(p);
    return {x0_ + xx_ * u + xy_ * v, y0_ + yx_ * u + yy_ * v};
  }

 private:
  struct Wave {
    double size, along_y, along_x, phase;
    double operator()(Point p) const { return size * std::sin(along_y * p.y + along_x * p.x + phase); }
  };
  double xx_, xy_, yx_, yy_, x0_, y0_;
  Wave bend_x_, bend_y_;
};

void draw_digit(float* image, int64_t digit, Draw& draw) {
  std::fill_n(image, kDigitSide * kDigitSide, 0.0f);
  const auto& ways = glyphs_of(digit);
  const Glyph& glyph = ways[size_t(draw.below(int64_t(ways.size())))];
  const Warp warp(draw);
  const double radius = draw.between(0.6, 1.5), ink = draw.between(150, 255);
  for (const Stroke& stroke : glyph) {
    std::vector<Point> points = stroke.points;
    for (Point& p : points) p = {p.x + draw.between(-.025, .025), p.y + draw.between(-.025, .025)};
    const std::vector<Point> line = stroke.smooth ? spline(points) : points;
    for (size_t i = 0; i + 1 < line.size(); ++i) draw_segment(image, warp(line[i]), warp(line[i + 1]), radius, ink);
  }
  // Clutter: short scratches anywhere, fainter and shorter than a digit's strokes.
  for (int64_t n = draw.below(4); n > 0; --n) {
    const Point from{draw.between(0, kDigitSide), draw.between(0, kDigitSide)};
    const Point to{from.x + draw.between(-4, 4), from.y + draw.between(-4, 4)};
    draw_segment(image, from, to, draw.between(0.3, 0.8), draw.between(60, 200));
  }
  const double ground = draw.between(0, 30);
  for (int i = 0; i < kDigitSide * kDigitSide; ++i) image[i] = std::max(image[i], float(ground));
  draw.add_noise(image, kDigitSide * kDigitSide, draw.between(4, 20));
}

}  // namespace

Examples generate_digits(int64_t count, Part part, uint64_t seed) {
  Examples set{Tensor({DType::float32, {count, 1, kDigitSide, kDigitSide}}), Tensor({DType::int64, {count}}),
               "built-in"};
  for (int64_t i = 0; i < count; ++i) {
    Draw draw(seed, kDigitsSet, part, i);
    const int64_t digit = draw.below(10);
    draw_digit(set.x.as<float>() + i * kDigitSide * kDigitSide, digit, draw);
    set.y.as<int64_t>()[i] = digit;
  }
  return set;
}

}  // namespace tacho
