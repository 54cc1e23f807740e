#pragma once
#include <cstdint>
#include <vector>

namespace tacho {

/// Mann and Whitney's rank test: the probability that samples of one distribution would put `b` above `a` by so many
/// pairs or more. Exact without ties for at most 400 pairs, else by the normal approximation with the correction for
/// ties. 1 where a side is empty.
double rank_sum_above(const std::vector<int64_t>& a, const std::vector<int64_t>& b);

}  // namespace tacho
