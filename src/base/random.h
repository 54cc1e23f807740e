#pragma once
// Counter-based random numbers: a value is a pure function of (seed, stream, index), so any thread can draw any
// element.
#include <array>
#include <cmath>
#include <cstdint>

namespace tacho {

/// Philox 4x32 with 10 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
inline std::array<uint32_t, 4> philox(uint64_t key, uint64_t counter_high, uint64_t counter_low) {
  uint32_t k0 = uint32_t(key), k1 = uint32_t(key >> 32);
  uint32_t c0 = uint32_t(counter_low), c1 = uint32_t(counter_low >> 32);
  uint32_t c2 = uint32_t(counter_high), c3 = uint32_t(counter_high >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53u} * c0, p1 = uint64_t{0xCD9E8D57u} * c2;
    const uint32_t n0 = uint32_t(p1 >> 32) ^ c1 ^ k0, n2 = uint32_t(p0 >> 32) ^ c3 ^ k1;
    c1 = uint32_t(p1), c3 = uint32_t(p0), c0 = n0, c2 = n2;
    k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
  }
  return {c0, c1, c2, c3};
}

/// Random numbers of one stream of a seed. Element i never depends on which elements were drawn before it.
class Random {
 public:
  explicit Random(uint64_t seed, uint64_t stream = 0) : seed_(seed), stream_(stream) {}

  /// 64 uniform bits.
  uint64_t bits(uint64_t index) const {
    const auto r = philox(seed_, stream_, index);
    return uint64_t{r[1]} << 32 | r[0];
  }
  /// Uniform in [0, 1) with 53 bits.
  double uniform(uint64_t index) const { return double(bits(index) >> 11) * 0x1p-53; }
  /// Uniform integer in [0, n); the bias of the 128-bit product is below n / 2^64.
  uint64_t below(uint64_t index, uint64_t n) const {
    return uint64_t((static_cast<unsigned __int128>(bits(index)) * n) >> 64);
  }
  /// Standard normal by Box-Muller, one value per index.
  double normal(uint64_t index) const {
    const auto r = philox(seed_, stream_, index);
    const double u = (double(uint64_t{r[1]} << 32 | r[0]) + 1.0) * 0x1p-64;  // in (0, 1]
    const double v = double(uint64_t{r[3]} << 32 | r[2]) * 0x1p-64;
    return std::sqrt(-2.0 * std::log(u)) * std::cos(6.283185307179586 * v);
  }

 private:
  uint64_t seed_, stream_;
};

}  // namespace tacho
