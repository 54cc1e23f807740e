#pragma once
// What alternating steps say about a change: the median of neighbours' differences, with an interval.
#include <cstdint>
#include <vector>

namespace tacho {

struct MedianInterval {
  int64_t median = 0, low = 0, high = 0;
  bool enough =
      false;  ///< fewer than ten samples have no such ranks: then low = high = median, and nothing can be said
};

/// Three standard errors of the median, by rank: the middle of n samples lies between the samples at
/// n/2 - 1.5 sqrt(n) and n/2 + 1.5 sqrt(n) whatever their distribution, also where a thread sometimes sleeps.
MedianInterval median_interval(std::vector<int64_t> samples);

/// Whether step s of an alternation has the change: plain, changed, changed, plain, so that a machine that drifts adds
/// as much as it takes away.
inline bool has_change(int64_t s) { return s % 4 == 1 || s % 4 == 2; }

}  // namespace tacho
