#pragma once
// How fast the machine itself is at a moment: steps measured while it was slow say nothing of the next ones.
#include "analysis/estimate/calibration.h"

namespace tacho {

Pace pace_now(int threads);
/// By each of the two.
Pace least(const Pace& a, const Pace& b);

}  // namespace tacho
