#include "analysis/matmul/matmul.h"

#include <algorithm>

namespace tacho {
namespace {

std::vector<const MatmulRow*> squares(const MatmulRecord& record) {
  std::vector<const MatmulRow*> rows;
  for (const MatmulRow& row : record.rows)
    if (row.size.m == row.size.k && row.size.k == row.size.n) rows.push_back(&row);
  std::sort(rows.begin(), rows.end(), [](const auto* a, const auto* b) { return a->size.m < b->size.m; });
  return rows;
}

MatmulFit fit_of(const std::vector<const MatmulRow*>& rows, const std::string& way) {
  MatmulFit result;
  result.way = way;
  std::vector<std::pair<double, double>> times, counts;
  for (const MatmulRow* row : rows)
    if (const MatmulTime* time = row->of(way)) {
      for (int64_t ns : time->rounds_ns) times.emplace_back(double(row->size.m), double(ns));
      for (size_t i = 0; i < time->rounds_ns.size(); ++i)  // as often as the times, so that both fits weigh alike
        counts.emplace_back(double(row->size.m), double(time->count.mul + time->count.add));
    }
  result.fit = fit_power(times);
  if (const auto count = fit_power(counts)) result.count_exponent = count->exponent;
  return result;
}

/// Every round of `a` faster than the same round of `b`: they alternated.
bool faster(const MatmulTime& a, const MatmulTime& b) {
  for (size_t r = 0; r < std::min(a.rounds_ns.size(), b.rounds_ns.size()); ++r)
    if (a.rounds_ns[r] >= b.rounds_ns[r]) return false;
  return true;
}

Crossover crossover_of(const std::vector<const MatmulRow*>& rows, const std::string& way, const std::string& base,
                       int64_t cutoff) {
  Crossover result{way, base, std::nullopt, 0};
  for (const MatmulRow* row : rows) {
    const MatmulTime *strassen = row->of(way), *plain = row->of(base);
    if (!strassen || !plain || row->size.m <= cutoff) continue;  // up to the cutoff they are the same
    result.up_to = row->size.m;
    if (!faster(*strassen, *plain)) result.n.reset();
    else if (!result.n) result.n = row->size.m;
  }
  return result;
}

}  // namespace

int64_t MatmulTime::median_ns() const { return rounds_ns.empty() ? 0 : rounds_ns[size_t(median_index(rounds_ns))]; }

const MatmulTime* MatmulRow::of(const std::string& way) const {
  for (const MatmulTime& time : ways)
    if (time.way == way && time.skipped.empty()) return &time;
  return nullptr;
}

Matmul analyze_matmul(const MatmulRecord& record) {
  Matmul matmul;
  matmul.record = &record;
  const auto rows = squares(record);
  std::vector<std::string> ways;
  for (const MatmulRow& row : record.rows)
    for (const MatmulTime& time : row.ways)
      if (std::find(ways.begin(), ways.end(), time.way) == ways.end()) ways.push_back(time.way);
  for (const std::string& way : ways) matmul.fits.push_back(fit_of(rows, way));
  for (const auto& [way, base] : record.strassen)
    matmul.crossovers.push_back(crossover_of(rows, way, base, record.cutoff));
  return matmul;
}

}  // namespace tacho
