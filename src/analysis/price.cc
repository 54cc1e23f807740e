#include "analysis/price.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "analysis/floors.h"

namespace tacho {
namespace {

/// Something that scales a known time: its weighted median and how far single rows are from it.
struct Ratio {
  double median = 1, spread = 0.25;  ///< without a single sample: alone is the step, to a quarter
};

struct RatioSample {
  double ratio, weight;
};

Ratio ratio_of(std::vector<RatioSample> samples) {
  double all = 0;
  for (const RatioSample& s : samples) all += s.weight;
  if (all <= 0) return {};
  const auto middle = [&](std::vector<RatioSample>& sorted) {
    std::sort(sorted.begin(), sorted.end(),
              [](const RatioSample& a, const RatioSample& b) { return a.ratio < b.ratio; });
    double seen = 0;
    for (const RatioSample& s : sorted)
      if ((seen += s.weight) >= all / 2) return s.ratio;
    return sorted.back().ratio;
  };
  Ratio result;
  result.median = middle(samples);
  for (RatioSample& s : samples) s.ratio = std::abs(s.ratio / result.median - 1);
  // A median absolute deviation is 0.67 standard deviations; single calls differ by 3 % at least.
  result.spread = std::max(0.03, middle(samples) / 0.67);
  return result;
}

bool alike(const NodeRow& a, const NodeRow& b) {
  return a.kind == b.kind && a.backend == b.backend && a.kernel_name == b.kernel_name && a.dtype == b.dtype &&
         a.traffic.calls == b.traffic.calls && a.traffic.bytes_read == b.traffic.bytes_read &&
         a.traffic.bytes_written == b.traffic.bytes_written && a.members.size() == b.members.size();
}

int64_t longest(const StepSchedule& schedule, const std::vector<int64_t>& row_ns, int threads) {
  const WorkSpan parallel = work_and_span(schedule, row_ns);
  return std::max(parallel.span_ns, parallel.work_ns / threads);
}

}  // namespace

Price price(const Report& own, const PlannedStep& other) {
  const RunRecord& record = *own.record;
  std::map<std::string, size_t> known;
  std::vector<RatioSample> alone, floors;
  std::vector<int64_t> own_ns;
  for (size_t r = 0; r < record.rows.size(); ++r) {
    const int64_t ns = own.operations[r].median_ns, tuned = record.rows[r].tuned_ns;
    own_ns.push_back(ns);
    known.emplace(record.rows[r].path, r);
    if (tuned > 0 && ns > 0) alone.push_back({double(ns) / double(tuned), double(tuned)});
    if (tuned == 0 && ns > 0 && own.operations[r].floor_ns > 0)
      floors.push_back({double(ns) / double(own.operations[r].floor_ns), double(ns)});
  }
  const Ratio of_alone = ratio_of(alone);
  Ratio of_floor = floors.empty() ? Ratio{3, 1} : ratio_of(floors);
  of_floor.spread = std::max(of_floor.spread, 0.5);

  std::vector<int64_t> row_ns;
  double variance = 0;
  int64_t untimed = 0, timed = 0;
  for (const NodeRow& row : other.rows) {
    const auto found = known.find(row.path);
    double ns = 0, spread = 0;
    if (row.kind == PlannedNode::view) {
    } else if (found != known.end() && alike(row, record.rows[found->second])) {
      ns = double(own_ns[found->second]);
      timed += int64_t(ns);
    } else if (row.tuned_ns > 0) {
      ns = double(row.tuned_ns) * of_alone.median, spread = ns * of_alone.spread;
      timed += int64_t(ns);
    } else if (record.profile) {
      const int64_t floor = floor_of(row, *record.profile, 1).ns();
      ns = double(floor) * of_floor.median, spread = ns * of_floor.spread;
      if (row.kind == PlannedNode::compute) untimed += int64_t(ns);
    } else {
      return {std::nullopt, "no ceilings of this machine"};
    }
    row_ns.push_back(std::llround(ns));
    variance += spread * spread;
  }
  if (untimed * 20 > timed)
    return {std::nullopt, "kernels whose time was never measured alone would do much of the work"};
  const int64_t own_longest = record.schedule.empty() ? 0 : longest(record.schedule, own_ns, own.threads());
  const double outside = own_longest > 0 ? std::max(1.0, double(own.step.median_ns) / double(own_longest)) : 1.1;
  const double step = double(longest(other.schedule, row_ns, other.threads)) * outside;
  const double rows_sd = std::sqrt(variance) / other.threads;
  const double step_sd = double(own.step.mad_ns) / 0.67;
  const double gain = double(own.step.median_ns) - step, half = 2 * std::sqrt(rows_sd * rows_sd + step_sd * step_sd);
  return {Gain{std::llround(gain - half), std::llround(gain), std::llround(gain + half)}, ""};
}

void order_by_gain(std::vector<Finding>& findings) {
  const auto saves = [](const Finding& f) { return f.gain && f.gain->low_ns > 0 ? f.gain->median_ns : int64_t{0}; };
  std::stable_sort(findings.begin(), findings.end(), [&](const Finding& a, const Finding& b) {
    if ((a.rule == "leave_alone") != (b.rule == "leave_alone")) return b.rule == "leave_alone";
    return saves(a) > saves(b);
  });
}

}  // namespace tacho
