#pragma once
// The built-in sets: drawn here, so that every command works without a file. Example i of a part is a pure function of
// (seed, part, i).
#include "data/examples.h"

namespace tacho {

enum class Part { train, test };

/// `count` images 1x28x28 with pixels 0..255: ten classes of handwritten-looking digits, bent, moved, blurred and
/// noisy, with clutter. Made so that a linear model fits them badly and a convolutional network well.
Examples generate_digits(int64_t count, Part part, uint64_t seed);

/// `count` images 3x32x32 with pixels 0..255: ten classes of coloured patterns (stripes of three directions, checks,
/// dots, rings, bricks, a gradient, clouds, rays).
Examples generate_textures(int64_t count, Part part, uint64_t seed);

/// Draws one after another of an example's random numbers.
class Draw {
 public:
  /// `set` keeps the built-in sets apart.
  Draw(uint64_t seed, int set, Part part, int64_t example);
  /// Uniform in [low, high).
  double between(double low, double high);
  /// Uniform in 0 .. n-1.
  int64_t below(int64_t n);
  /// Adds noise of about normal distribution and standard deviation `deviation`, then rounds to 0..255, in place.
  void add_noise(float* pixels, int64_t count, double deviation);

 private:
  uint64_t seed_, stream_, next_ = 0;
};

}  // namespace tacho
