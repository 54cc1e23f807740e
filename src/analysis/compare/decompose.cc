#include "analysis/compare/decompose.h"

#include <cmath>

namespace tacho {

GroupDifference decompose(const GroupTime& a, const GroupTime& b) {
  const double wa = a.work, wb = b.work, qa = 1 / a.threads, qb = 1 / b.threads;
  const double ra = double(a.wall_ns) / (wa * qa), rb = double(b.wall_ns) / (wb * qb);
  // Of a product of three factors: the effect of one, with the others before, mixed, and behind.
  const auto effect = [](double xa, double xb, double ya, double yb, double za, double zb) {
    return (xb - xa) * ((ya * za + yb * zb) / 3 + (ya * zb + yb * za) / 6);
  };
  GroupDifference difference;
  difference.work_ns = std::llround(effect(wa, wb, ra, rb, qa, qb));
  difference.parallelism_ns = std::llround(effect(qa, qb, wa, wb, ra, rb));
  // The rest, so that integers sum; it is the rate's effect to a nanosecond.
  difference.rate_ns = b.wall_ns - a.wall_ns - difference.work_ns - difference.parallelism_ns;
  return difference;
}

}  // namespace tacho
