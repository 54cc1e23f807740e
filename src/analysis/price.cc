#include "analysis/price.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "analysis/floors.h"
#include "analysis/replay.h"

namespace tacho {
namespace {

/// A row of this run.
struct ColdSample {
  double step_ns, alone_ns, calls, bytes, working_set;
};

/// What a call costs in the step beside what it costs alone whatever it touches, by rows that touch little: its code
/// and its few operands come from further away (100 ns a call of ours on a Zen 5, where rows of 64 bytes took 3 times
/// as long as alone). 0 without such rows.
double cost_of_call(const std::vector<ColdSample>& samples) {
  constexpr double kLittle = 16384;  // bytes: half of a small first cache
  double more = 0, calls = 0;
  for (const ColdSample& s : samples)
    if (s.working_set <= kLittle) more += s.step_ns - s.alone_ns, calls += s.calls;
  return calls > 0 ? std::max(0.0, more / calls) : 0;
}

/// What a row takes in the step beside what it takes alone, from the rows of one kind. Inside a step operands come from
/// further away, and beside what every call costs, that costs by their bytes, whoever reads them: a kernel that is slow
/// by itself pays no more for them (plain loops of pooling took 1.04 of their time alone, where ours, several times as
/// fast, took 1.5 of it). How far away is a matter of how much one call touches, so rows that touch about as much say
/// it.
class Cold {
 public:
  Cold(std::vector<ColdSample> samples, double call_ns) : samples_(std::move(samples)), call_ns_(call_ns) {
    double step = 0, alone = 0, bytes = 0;
    for (const ColdSample& s : samples_) step += s.step_ns, alone += s.alone_ns, bytes += s.bytes;
    if (alone <= 0 || bytes <= 0) samples_.clear();
    else factor_ = std::min(1.0, step / alone);
  }
  Cold() = default;

  double ns(double alone_ns, double calls, double bytes, double working_set) const {
    return alone_ns * factor_ + calls * call_ns_ + bytes * by_byte(working_set, [&](const ColdSample& s) {
                                                     return s.step_ns - s.alone_ns - s.calls * call_ns_;
                                                   });
  }
  /// Standard; without a single row: alone is the step, to a quarter.
  double deviation(double alone_ns, double calls, double bytes, double working_set) const {
    if (samples_.empty()) return alone_ns / 4;
    constexpr double kOfCalls = 0.03;  // single calls differ by that at least
    constexpr double kOfMeans = 1.25;  // of mean absolute deviations
    const auto off = [&](const ColdSample& s) {
      return std::abs(s.step_ns - ns(s.alone_ns, s.calls, s.bytes, s.working_set));
    };
    return std::hypot(alone_ns * kOfCalls, calls * call_ns_ / 2, bytes * kOfMeans * by_byte(working_set, off));
  }

 private:
  /// Of the rows' sums, those within an octave or so of the working set counting most; never below 0.
  template <class Part>
  double by_byte(double working_set, const Part& part) const {
    double sum = 0, bytes = 0;
    for (const ColdSample& s : samples_) {
      const double octaves = std::log2((1 + s.working_set) / (1 + working_set));
      const double weight = 0.02 + std::exp(-octaves * octaves / 2);
      sum += weight * part(s), bytes += weight * s.bytes;
    }
    return bytes > 0 ? std::max(0.0, sum / bytes) : 0;
  }

  std::vector<ColdSample> samples_;
  double call_ns_ = 0;  ///< of every call beside its time alone
  double factor_ = 1;   ///< of the time alone: below 1 where the step was not slower
};

/// Of packs and of joins of partial sums nobody counts what they move: what their calls touch.
double bytes_moved(const NodeRow& row) {
  const Traffic& traffic = row.traffic;
  const int64_t moved = traffic.bytes_read + traffic.bytes_written;
  return double(moved > 0 ? moved : traffic.calls * traffic.working_set_bytes);
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
    apart_ = apart && apart->skipped.empty() && apart->one_thread_quicker_ns.size() == record_.rows.size() ? &*apart
                                                                                                           : nullptr;
    const std::vector<bool> products = products_among(record_.rows, record_.source);
    std::vector<ColdSample> gone[2], all[2];  // by kind
    for (size_t r = 0; r < record_.rows.size(); ++r) {
      const Traffic& traffic = record_.rows[r].traffic;
      ColdSample sample{double(on_one() ? apart_->one_thread_quicker_ns[r] : own_.operations[r].quicker_ns), 0,
                        double(traffic.calls), bytes_moved(record_.rows[r]), double(traffic.working_set_bytes)};
      if (sample.alone_ns = double(alone_.own[r]); sample.alone_ns > 0) gone[products[r]].push_back(sample);
      if (apart_ && apart_->alone_ns[r] > 0)
        sample.alone_ns = double(apart_->alone_ns[r]), all[products[r]].push_back(sample);
    }
    std::vector<ColdSample> either = gone[0];
    either.insert(either.end(), gone[1].begin(), gone[1].end());
    if (either.empty()) {
      either = all[0];
      either.insert(either.end(), all[1].begin(), all[1].end());
    }
    const double call_ns = cost_of_call(either);
    for (const bool product : {false, true})
      cold_[product] = Cold(gone[product].empty() ? std::move(all[product]) : std::move(gone[product]), call_ns);
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
        time = on_one() ? double(apart_->one_thread_quicker_ns[same])
                        : double(own_.operations[same].quicker_ns) * by_floors(record_.rows[same]);
      } else if (row.kind != PlannedNode::view) {
        const Cold& cold = cold_[other_.products[r]];
        const double alone = double(alone_.other[r]), floors = on_one() ? 1 : by_floors(row);
        const double calls = double(row.traffic.calls), bytes = bytes_moved(row);
        const double set = double(row.traffic.working_set_bytes);
        time = cold.ns(alone, calls, bytes, set) * floors;
        const double deviation = cold.deviation(alone, calls, bytes, set) * floors;
        variance += deviation * deviation;
      }
      ns.push_back(std::llround(time));
      result.rows.push_back({row.path, row.backend + " " + row.kernel_name, alone_.other[r], ns.back()});
    }
    const double step = step_of(ns), gain = double(own_.step.quicker_ns) - step;
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
      own_ns.push_back(on_one() ? apart_->one_thread_quicker_ns[r] : own_.operations[r].quicker_ns);
    const int64_t own_step = on_one() ? apart_->one_thread_quicker_step_ns : own_.step.quicker_ns;
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
  Cold cold_[2];  ///< of the rest, of products
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

}  // namespace tacho
