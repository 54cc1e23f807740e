#include "lab/differences.h"

#include <algorithm>
#include <cmath>

#include "trace/statistics.h"

namespace tacho {

MedianInterval median_interval(std::vector<int64_t> samples) {
  constexpr size_t kFewest = 10;
  MedianInterval result;
  result.median = result.low = result.high = summarize(samples).median;
  result.enough = samples.size() >= kFewest;
  if (!result.enough) return result;
  std::sort(samples.begin(), samples.end());
  const double last = double(samples.size() - 1), reach = 1.5 * std::sqrt(double(samples.size()));
  result.low = samples[size_t(std::max(0.0, std::floor(last / 2 - reach)))];
  result.high = samples[size_t(std::min(last, std::ceil(last / 2 + reach)))];
  return result;
}

}  // namespace tacho
