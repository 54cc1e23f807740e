#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tacho {

/// A robust centre with its spread, in the samples' unit (nanoseconds everywhere in this project).
struct Summary {
  int64_t median = 0, p05 = 0, p95 = 0, mad = 0, min = 0, max = 0;
  int64_t samples = 0;
};

/// The sample at rank round(q * (n - 1)): a value that really occurred. 0 without samples.
int64_t quantile(std::vector<int64_t> samples, double q);
/// Median, 5 % and 95 % quantiles, median absolute deviation, extremes.
Summary summarize(const std::vector<int64_t>& samples);
/// Index of the (lower) median sample: the real step that reports print. -1 without samples.
int64_t median_index(const std::vector<int64_t>& samples);
/// Indices of the lesser half of the samples (of five: three), in their order; of equal ones the earlier. What disturbs
/// a measurement only adds to it.
std::vector<size_t> quicker_half(const std::vector<int64_t>& samples);
/// The samples at these indices.
std::vector<int64_t> samples_at(const std::vector<int64_t>& samples, const std::vector<size_t>& indices);
/// The (lower) median of the quicker half.
int64_t quicker_median(const std::vector<int64_t>& samples);
/// The sample at the tenth of their order: nearly the least, which is what a measurement takes where nothing disturbs
/// it, and not one that was lucky. Of what was measured in turn, over a while in which neighbours come and go.
int64_t undisturbed(const std::vector<int64_t>& samples);
/// A statistic of each column; all rows are of one length.
std::vector<int64_t> by_column(const std::vector<std::vector<int64_t>>& rows,
                               int64_t (*statistic)(const std::vector<int64_t>&));

}  // namespace tacho
