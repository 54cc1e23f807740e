#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "data/generated.h"

namespace tacho {

Draw::Draw(uint64_t seed, int set, Part part, int64_t example)
    : seed_(seed), stream_(uint64_t(set) << 56 | uint64_t(part == Part::test) << 48 | uint64_t(example)) {}

double Draw::between(double low, double high) { return low + (high - low) * Random(seed_, stream_).uniform(next_++); }

int64_t Draw::below(int64_t n) { return int64_t(Random(seed_, stream_).below(next_++, uint64_t(n))); }

void Draw::add_noise(float* pixels, int64_t count, double deviation) {
  // The sum of a word's four bytes is near enough to normal and costs a quarter of a philox call a pixel.
  constexpr double kSumMean = 510.0, kSumDeviation = 147.8;
  const float scale = float(deviation / kSumDeviation);
  for (int64_t i = 0; i < count; i += 4) {
    const auto words = philox(seed_, stream_, next_++);
    for (int64_t j = 0; j < std::min<int64_t>(4, count - i); ++j) {
      const uint32_t w = words[size_t(j)];
      const float sum = float((w & 255) + (w >> 8 & 255) + (w >> 16 & 255) + (w >> 24));
      float& pixel = pixels[i + j];
      pixel = std::round(std::clamp(pixel + scale * (sum - float(kSumMean)), 0.0f, 255.0f));
    }
  }
}

}  // namespace tacho
