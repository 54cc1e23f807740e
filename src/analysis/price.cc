#include "analysis/price.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "analysis/floors.h"
#include "analysis/replay.h"

namespace tacho {
namespace {

/// A row of this run of which it is known what its calls take by themselves.
struct Sample {
  double step_ns, alone_ns;
};

/// What rows take in the step by what they take by themselves. Where operands come from, and that other threads ask for
/// theirs meanwhile, is in both times (exec/placed_times.h): measured in turn they are the same, but for noise.
/// Measured at other times one ratio of all rows is between, the machine's pace.
class InStep {
 public:
  InStep(const std::vector<Sample>& samples, bool in_turn) {
    double step = 0, alone = 0, off = 0;
    for (const Sample& s : samples) step += s.step_ns, alone += s.alone_ns;
    if (step <= 0 || alone <= 0) return;
    if (!in_turn) ratio_ = std::max(step / alone, kLeast);
    for (const Sample& s : samples) off += std::abs(s.step_ns - ns(s.alone_ns));
    constexpr double kOfMeans = 1.25;  // standard deviations, of mean absolute ones
    deviation_ = kOfMeans * off / step;
  }
  double ns(double alone_ns) const { return alone_ns * ratio_; }
  /// Standard, of one row's time, as a share of it.
  double deviation() const { return deviation_; }

 private:
  static constexpr double kLeast = 0.8;  // what is below is noise
  double ratio_ = 1;
  double deviation_ = 0.25;  ///< without a single row: by itself is the step, to a quarter
};

/// The same calls of the same kernel.
bool alike(const NodeRow& a, const NodeRow& b) {
  return a.kind == b.kind && a.backend == b.backend && a.kernel_name == b.kernel_name && a.dtype == b.dtype &&
         a.traffic.calls == b.traffic.calls && a.traffic.bytes_read == b.traffic.bytes_read &&
         a.traffic.bytes_written == b.traffic.bytes_written && a.members.size() == b.members.size();
}

class Pricer {
  /// Standard, by how much all of a step's exchanged kernels together are off what they take by themselves, as a share:
  /// the root mean square of 24 switches of three networks was 0.03.
  static constexpr double kInCommon = 0.03;

 public:
  Pricer(const Report& own, const PlannedStep& other, const AloneTimes& alone)
      : own_(own), record_(*own.record), other_(other), alone_(alone), both_(rows_in_both(record_.rows, other.rows)) {
    const std::optional<Apart>& apart = record_.apart;
    apart_ = apart && apart->skipped.empty() && apart->one_thread_quicker_ns.size() == record_.rows.size() ? &*apart
                                                                                                           : nullptr;
  }

  Price price() {
    Price result;
    const InStep in_step(exchanged_rows(), again());
    std::vector<int64_t> ns;
    double variance = 0, exchanged = 0;
    for (size_t r = 0; r < other_.rows.size(); ++r) {
      const NodeRow& row = other_.rows[r];
      double time = 0;
      if (both_[r] >= 0) {
        const size_t same = size_t(both_[r]);
        time = double(own_row_ns(same)) * by_floors(record_.rows[same]);
      } else if (row.kind != PlannedNode::view) {
        time = in_step.ns(double(alone_.other[r])) * by_floors(row);
        exchanged += time;
        variance += std::pow(time * in_step.deviation(), 2);
      }
      ns.push_back(std::llround(time));
      result.rows.push_back({row.path, row.backend + " " + row.kernel_name, alone_.other[r], ns.back()});
    }
    result.of_ns = again() ? alone_.run_step_ns : own_.step.quicker_ns;
    const double gain = double(result.of_ns) - step_of(ns);
    const double rows_sd = std::hypot(std::sqrt(variance), kInCommon * exchanged) / other_.threads,
                 step_sd = double(own_.step.mad_ns) / 0.67;
    const double half = 2 * std::sqrt(rows_sd * rows_sd + step_sd * step_sd);
    result.gain = Gain{std::llround(gain - half), std::llround(gain), std::llround(gain + half)};
    return result;
  }

 private:
  /// Those that the switch exchanges; where it exchanges none, all, beside what they take with warm caches.
  std::vector<Sample> exchanged_rows() const {
    std::vector<Sample> exchanged, all;
    for (size_t r = 0; r < record_.rows.size(); ++r) {
      const double step_ns = double(own_row_ns(r));
      if (alone_.own[r] > 0) exchanged.push_back({step_ns, double(alone_.own[r])});
      if (apart_ && apart_->alone_ns[r] > 0) all.push_back({step_ns, double(apart_->alone_ns[r])});
    }
    return exchanged.empty() ? all : exchanged;
  }
  /// In the step on as many threads as the other has, or on this run's.
  int64_t own_row_ns(size_t row) const {
    if (again()) return alone_.own_in_step[row];
    return on_one() ? apart_->one_thread_quicker_ns[row] : own_.operations[row].quicker_ns;
  }
  bool again() const { return alone_.own_step_ns > 0; }
  bool on_one() const { return other_.threads == 1 && record_.threads > 1 && apart_; }
  /// Of times on this run's threads: what they become on the other step's, by the floors.
  double by_floors(const NodeRow& row) const {
    if (again() || on_one() || other_.threads == record_.threads || !record_.profile) return 1;
    const int64_t here = floor_of(row, *record_.profile, record_.threads).ns();
    return here > 0 ? double(floor_of(row, *record_.profile, other_.threads).ns()) / double(here) : 1;
  }
  /// The step of the other rows: its replay, by how much the measured step is longer than its own.
  double step_of(const std::vector<int64_t>& ns) const {
    std::vector<int64_t> own_ns;
    for (size_t r = 0; r < record_.rows.size(); ++r) own_ns.push_back(own_row_ns(r));
    const int64_t own_step = again()    ? alone_.own_step_ns
                             : on_one() ? apart_->one_thread_quicker_step_ns
                                        : own_.step.quicker_ns;
    const int64_t dispatch =
        on_one() ? apart_->accounts_ns[size_t(Account::dispatch)] : own_.account_step_ns(Account::dispatch);
    const int64_t own_replay =
        replayed(record_.schedule, own_ns, again() || on_one() ? other_.threads : record_.threads, dispatch);
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
};

}  // namespace

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
