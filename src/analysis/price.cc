#include "analysis/price.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "analysis/floors.h"
#include "analysis/replay.h"

namespace tacho {
namespace {

/// In the step over alone, of the rows of one kind: of their sums, and how far single rows are from it.
struct Ratio {
  double of_sums = 1, spread = 0.25;  ///< without a single row: alone is the step, to a quarter
};

struct RatioSample {
  double step_ns, alone_ns;
};

Ratio ratio_of(std::vector<RatioSample> samples) {
  double step = 0, alone = 0;
  for (const RatioSample& s : samples) step += s.step_ns, alone += s.alone_ns;
  if (step <= 0 || alone <= 0) return {};
  Ratio ratio{step / alone, 0};
  const auto off = [&](const RatioSample& s) { return std::abs(s.step_ns / s.alone_ns / ratio.of_sums - 1); };
  std::sort(samples.begin(), samples.end(), [&](auto& a, auto& b) { return off(a) < off(b); });
  double seen = 0;
  for (const RatioSample& s : samples) {
    ratio.spread = off(s);
    if ((seen += s.alone_ns) >= alone / 2) break;
  }
  // A median absolute deviation is 0.67 standard deviations; single calls differ by 3 % at least.
  ratio.spread = std::max(0.03, ratio.spread / 0.67);
  return ratio;
}

/// The same calls of the same kernel.
bool alike(const NodeRow& a, const NodeRow& b) {
  return a.kind == b.kind && a.backend == b.backend && a.kernel_name == b.kernel_name && a.dtype == b.dtype &&
         a.traffic.calls == b.traffic.calls && a.traffic.bytes_read == b.traffic.bytes_read &&
         a.traffic.bytes_written == b.traffic.bytes_written && a.members.size() == b.members.size();
}

class Pricer {
 public:
  Pricer(const Report& own, const PlannedStep& other, const AloneTimes& alone)
      : own_(own), record_(*own.record), other_(other), alone_(alone), both_(rows_in_both(record_.rows, other.rows)) {
    const std::optional<Apart>& apart = record_.apart;
    apart_ = apart && apart->skipped.empty() && apart->one_thread_ns.size() == record_.rows.size() ? &*apart : nullptr;
    const std::vector<bool> products = products_among(record_.rows, record_.source);
    for (const bool product : {false, true}) {
      std::vector<RatioSample> gone, all;
      for (size_t r = 0; r < record_.rows.size(); ++r) {
        if (products[r] != product) continue;
        const double step_ns = double(on_one() ? apart_->one_thread_ns[r] : own_.operations[r].median_ns);
        if (alone_.own[r] > 0) gone.push_back({step_ns, double(alone_.own[r])});
        if (apart_ && apart_->alone_ns[r] > 0) all.push_back({step_ns, double(apart_->alone_ns[r])});
      }
      ratios_[product] = ratio_of(gone.empty() ? std::move(all) : std::move(gone));
    }
  }

  Price price() {
    Price result;
    std::vector<int64_t> ns;
    double variance = 0;
    for (size_t r = 0; r < other_.rows.size(); ++r) {
      const NodeRow& row = other_.rows[r];
      double time = 0;
      if (both_[r] >= 0) {
        const size_t same = size_t(both_[r]);
        time = on_one() ? double(apart_->one_thread_ns[same])
                        : double(own_.operations[same].median_ns) * by_floors(record_.rows[same]);
      } else if (row.kind != PlannedNode::view) {
        const Ratio& ratio = ratios_[other_.products[r]];
        time = double(alone_.other[r]) * ratio.of_sums * (on_one() ? 1 : by_floors(row));
        variance += time * ratio.spread * (time * ratio.spread);
      }
      ns.push_back(std::llround(time));
      result.rows.push_back({row.path, row.backend + " " + row.kernel_name, alone_.other[r], ns.back()});
    }
    const double step = step_of(ns), gain = double(own_.step.median_ns) - step;
    const double rows_sd = std::sqrt(variance) / other_.threads, step_sd = double(own_.step.mad_ns) / 0.67;
    const double half = 2 * std::sqrt(rows_sd * rows_sd + step_sd * step_sd);
    result.gain = Gain{std::llround(gain - half), std::llround(gain), std::llround(gain + half)};
    return result;
  }

 private:
  bool on_one() const { return other_.threads == 1 && record_.threads > 1 && apart_; }
  /// Of times on this run's threads: what they become on the other step's, by the floors.
  double by_floors(const NodeRow& row) const {
    if (other_.threads == record_.threads || !record_.profile) return 1;
    const int64_t here = floor_of(row, *record_.profile, record_.threads).ns();
    return here > 0 ? double(floor_of(row, *record_.profile, other_.threads).ns()) / double(here) : 1;
  }
  /// The step of the other rows: its replay, by how much the measured step is longer than its own.
  double step_of(const std::vector<int64_t>& ns) const {
    std::vector<int64_t> own_ns;
    for (size_t r = 0; r < record_.rows.size(); ++r)
      own_ns.push_back(on_one() ? apart_->one_thread_ns[r] : own_.operations[r].median_ns);
    const int64_t own_step = on_one() ? apart_->one_thread_step_ns : own_.step.median_ns;
    const int64_t dispatch =
        on_one() ? apart_->accounts_ns[size_t(Account::dispatch)] : own_.account_step_ns(Account::dispatch);
    const int64_t own_replay = replayed(record_.schedule, own_ns, on_one() ? 1 : record_.threads, dispatch);
    const int64_t other_replay = replayed(other_.schedule, ns, other_.threads, dispatch);
    return double(other_replay) * (own_replay > 0 ? double(own_step) / double(own_replay) : 1);
  }
  int64_t replayed(const StepSchedule& schedule, const std::vector<int64_t>& ns, int threads, int64_t dispatch) const {
    ReplayCosts costs;
    costs.item_ns = dispatch / std::max<int64_t>(calls_of(record_.schedule), 1);
    return replay(schedule, item_times_of_rows(schedule, ns), threads, costs).wall_ns;
  }
  static int64_t calls_of(const StepSchedule& schedule) {
    int64_t calls = 0;
    for (const auto& stage : schedule.stages)
      for (const auto& task : stage) calls += int64_t(task.size());
    return calls;
  }

  const Report& own_;
  const RunRecord& record_;
  const PlannedStep& other_;
  const AloneTimes& alone_;
  std::vector<int> both_;
  const Apart* apart_ = nullptr;
  Ratio ratios_[2];  ///< of the rest, of products
};

}  // namespace

std::vector<bool> products_among(const std::vector<NodeRow>& rows, const Graph& source) {
  std::vector<bool> products;
  for (const NodeRow& row : rows)
    products.push_back(row.kind == PlannedNode::compute && row.anchor >= 0 &&
                       source.node(row.anchor).op->has(Trait::product));
  return products;
}

std::vector<int> rows_in_both(const std::vector<NodeRow>& own, const std::vector<NodeRow>& other) {
  std::map<std::string, int> known;
  for (size_t r = 0; r < own.size(); ++r) known.emplace(own[r].path, int(r));
  std::vector<int> both;
  for (const NodeRow& row : other) {
    const auto found = known.find(row.path);
    const bool same = found != known.end() && row.kind != PlannedNode::view && alike(row, own[size_t(found->second)]);
    both.push_back(same ? found->second : -1);
  }
  return both;
}

Price price(const Report& own, const PlannedStep& other, const AloneTimes& alone) {
  return Pricer(own, other, alone).price();
}

void order_by_gain(std::vector<Finding>& findings) {
  const auto saves = [](const Finding& f) { return f.gain && f.gain->low_ns > 0 ? f.gain->median_ns : int64_t{0}; };
  std::stable_sort(findings.begin(), findings.end(), [&](const Finding& a, const Finding& b) {
    if ((a.rule == "leave_alone") != (b.rule == "leave_alone")) return b.rule == "leave_alone";
    return saves(a) > saves(b);
  });
}

}  // namespace tacho
