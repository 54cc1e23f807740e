#include "lab/pace.h"

#include <algorithm>

#include "machine/rate_now.h"

namespace tacho {

Pace pace_now(int threads) { return {multiply_add_rate_now(threads), exchange_rate_now(threads)}; }

Pace least(const Pace& a, const Pace& b) { return {std::min(a.rate, b.rate), std::min(a.exchange, b.exchange)}; }

}  // namespace tacho
