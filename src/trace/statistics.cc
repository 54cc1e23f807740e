#include "trace/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

namespace tacho {

int64_t quantile(std::vector<int64_t> samples, double q) {
  if (samples.empty()) return 0;
  const auto rank = std::ptrdiff_t(std::llround(q * double(samples.size() - 1)));
  std::nth_element(samples.begin(), samples.begin() + rank, samples.end());
  return samples[size_t(rank)];
}

int64_t median_index(const std::vector<int64_t>& samples) {
  if (samples.empty()) return -1;
  std::vector<int64_t> order(samples.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return samples[size_t(a)] < samples[size_t(b)]; });
  return order[(order.size() - 1) / 2];
}

std::vector<size_t> quicker_half(const std::vector<int64_t>& samples) {
  std::vector<size_t> order(samples.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return samples[a] < samples[b]; });
  order.resize((samples.size() + 1) / 2);
  std::sort(order.begin(), order.end());
  return order;
}

std::vector<int64_t> samples_at(const std::vector<int64_t>& samples, const std::vector<size_t>& indices) {
  std::vector<int64_t> chosen;
  chosen.reserve(indices.size());
  for (size_t i : indices) chosen.push_back(samples.at(i));
  return chosen;
}

int64_t quicker_median(const std::vector<int64_t>& samples) {
  return summarize(samples_at(samples, quicker_half(samples))).median;
}

int64_t undisturbed(const std::vector<int64_t>& samples) { return quantile(samples, 0.1); }

std::vector<int64_t> by_column(const std::vector<std::vector<int64_t>>& rows,
                               int64_t (*statistic)(const std::vector<int64_t>&)) {
  std::vector<int64_t> result;
  for (size_t column = 0; !rows.empty() && column < rows[0].size(); ++column) {
    std::vector<int64_t> samples;
    for (const std::vector<int64_t>& row : rows) samples.push_back(row.at(column));
    result.push_back(statistic(samples));
  }
  return result;
}

Summary summarize(const std::vector<int64_t>& samples) {
  Summary s;
  s.samples = int64_t(samples.size());
  if (samples.empty()) return s;
  s.median = samples[size_t(median_index(samples))];
  s.p05 = quantile(samples, 0.05);
  s.p95 = quantile(samples, 0.95);
  std::vector<int64_t> deviations;
  deviations.reserve(samples.size());
  for (int64_t x : samples) deviations.push_back(std::llabs(x - s.median));
  s.mad = deviations[size_t(median_index(deviations))];
  s.min = *std::min_element(samples.begin(), samples.end());
  s.max = *std::max_element(samples.begin(), samples.end());
  return s;
}

}  // namespace tacho
