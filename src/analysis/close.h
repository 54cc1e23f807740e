#pragma once
#include <cstdint>
#include <vector>

namespace tacho {

/// Integers in proportion to `parts` (not negative) whose sum is `total`: largest remainders are rounded up, so that
/// printed percentages add up to 100 and printed milliseconds to the step. All zero where the parts sum to zero.
std::vector<int64_t> close_to(const std::vector<int64_t>& parts, int64_t total);

/// Each part (of any sign) in whole units of `unit`, rounded up or down so that their sum is the parts' sum rounded to
/// the nearest unit. `unit` is above 0.
std::vector<int64_t> round_to_sum(const std::vector<int64_t>& parts, int64_t unit);

}  // namespace tacho
