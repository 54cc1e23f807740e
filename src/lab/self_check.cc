#include "lab/self_check.h"

#include <algorithm>
#include <functional>

#include "analysis/text.h"
#include "base/clock.h"
#include "lab/differences.h"
#include "lab/feed.h"
#include "trace/statistics.h"

namespace tacho {
namespace {

constexpr int kTries = 3;
constexpr int64_t kPlantNs = 1'000'000;
// A spin ends at the first clock reading behind its end, and the switches around it are stamped: a twentieth of a
// percent would be noise, half a percent is not.
constexpr int64_t kResolutionNs = 5'000;
// An interval wider than this could not tell a planted millisecond from half of one.
constexpr int64_t kWidestNs = 300'000;

/// Where a delay is planted and which thread time must grow by it.
struct Case {
  Plant plant;
  std::string planted, account;
  std::function<bool(const LedgerEntry&)> counts;
  int must_run = -1;          ///< thread that must run a kernel in a step for it to count
  bool first_kernel = false;  ///< only time in the first kernel of that thread counts
  int64_t expected_ns = kPlantNs;
  int64_t tolerance_ns = kResolutionNs;
};

int64_t sum_of(const std::vector<LedgerEntry>& entries, const std::function<bool(const LedgerEntry&)>& counts) {
  int64_t ns = 0;
  for (const LedgerEntry& entry : entries)
    if (counts(entry)) ns += entry.ns;
  return ns;
}

/// Node of the first kernel that a thread ran in a step; -1 where it ran none: on a busy machine it may sleep while the
/// others do all the work.
int32_t first_kernel(const Ledger& ledger, int thread, int64_t step) {
  const int64_t begin = step == 0 ? ledger.begin_ns() : ledger.step_ends()[size_t(step - 1)];
  const int64_t end = ledger.step_ends()[size_t(step)];
  for (const Transition& change : ledger.record(thread).transitions())
    if (change.account == Account::kernel && change.at_ns >= begin && change.at_ns < end) return change.node;
  return -1;
}

/// Differences, step with plant less step without, of neighbouring steps in one ledger.
std::vector<int64_t> differences(Feed& feed, const Case& planted, int64_t pairs) {
  Ledger ledger;
  feed.pool().begin(ledger);
  for (int64_t s = 0; s < 2 * pairs; ++s) {
    feed.pool().bookkeeping([&] { feed.pool().plant(has_change(s) ? planted.plant : Plant{}); });
    feed.step();
    feed.pool().end_step();
  }
  feed.pool().finish();
  feed.pool().plant({});
  std::vector<int64_t> result;
  for (int64_t s = 0; s < 2 * pairs; s += 2) {
    int32_t node = -1;
    if (planted.must_run >= 0) {
      node = first_kernel(ledger, planted.must_run, s);
      const int32_t other = first_kernel(ledger, planted.must_run, s + 1);
      if (node < 0 || other < 0 || (planted.first_kernel && node != other)) continue;
    }
    const auto counts = [&](const LedgerEntry& e) {
      return planted.counts(e) && (!planted.first_kernel || e.node == node);
    };
    const int64_t first = sum_of(ledger.entries_of_step(s), counts);
    const int64_t second = sum_of(ledger.entries_of_step(s + 1), counts);
    result.push_back(s % 4 == 0 ? second - first : first - second);
  }
  ledger.entries();  // throws where it does not close
  return result;
}

SelfCheckRow judge(const Case& planted, std::vector<int64_t> samples) {
  SelfCheckRow row{planted.planted, planted.account, planted.expected_ns};
  row.pairs = int64_t(samples.size());
  const MedianInterval interval = median_interval(std::move(samples));
  row.found_ns = interval.median;
  row.low_ns = interval.low - planted.tolerance_ns, row.high_ns = interval.high + planted.tolerance_ns;
  row.noisy = !interval.enough;  // the thread hardly ran: nothing can be said
  if (row.noisy) return row;
  const bool inside = row.low_ns <= row.planted_ns && row.planted_ns <= row.high_ns;
  row.holds = inside && row.high_ns - row.low_ns <= 2 * kWidestNs;
  row.noisy = inside && !row.holds;
  return row;
}

/// The node to plant in: the one whose kernels take most among those that take little. While one thread spins, the
/// others have caches and clock to themselves, and the same node's slices there were 16 to 26 us of 190 faster; what
/// contention changes in a node of ten resolutions is below one.
int node_to_plant_in(Feed& feed) {
  Ledger ledger;
  feed.pool().begin(ledger);
  for (int s = 0; s < 3; ++s) feed.step(), feed.pool().end_step();
  feed.pool().finish();
  const std::vector<NodeRow> rows = feed.session().executor().rows();
  const int nodes = int(rows.size());
  std::vector<int64_t> total(static_cast<size_t>(nodes), 0);
  for (const auto& step : ledger.kernel_ns_by_step(nodes))
    for (int n = 0; n < nodes; ++n)
      if (rows[size_t(n)].kind == PlannedNode::compute) total[size_t(n)] += step[size_t(n)];
  constexpr int64_t kLittle = 10 * kResolutionNs;
  const auto fits = [&](int64_t ns) { return ns > 0 && ns / 3 <= kLittle; };
  const auto smaller = [&](int64_t a, int64_t b) { return fits(a) != fits(b) ? fits(b) : a < b; };
  return int(std::max_element(total.begin(), total.end(), smaller) - total.begin());
}

std::vector<Case> cases_for(Feed& feed) {
  const int node = node_to_plant_in(feed);
  const int threads = feed.pool().threads(), last = threads - 1;
  std::vector<Case> cases;
  cases.push_back({{Plant::in_kernel, node, 0, kPlantNs},
                   "in the kernel " + feed.session().executor().rows()[size_t(node)].path,
                   "kernel of that node",
                   [node](const LedgerEntry& e) { return e.account == Account::kernel && e.node == node; }});
  // A statement of procedural execution may be over before a thread that slept has arrived; then it waits in idle, and
  // waking up costs it something of the next statement: a tenth of the planted delay is let pass.
  const bool may_sleep = feed.session().options().way.procedural;
  for (int t = 0; t < threads; ++t) {
    const bool idle = may_sleep && t > 0;
    cases.push_back({{Plant::at_barrier, -1, 0, kPlantNs},
                     "at a barrier",
                     text_of(idle ? "sync and idle of thread " : "sync of thread ", t),
                     [t, idle](const LedgerEntry& e) {
                       return e.thread == t && (e.account == Account::sync || (idle && e.account == Account::idle));
                     },
                     t > 0 ? t : -1,
                     false,
                     kPlantNs,
                     idle ? kPlantNs / 10 : kResolutionNs});
  }
  cases.push_back(
      {{Plant::at_input, -1, 0, kPlantNs}, "at the hand-over of data", "input of thread 0", [](const LedgerEntry& e) {
         return e.account == Account::input && e.thread == 0;
       }});
  // A delayed thread is given fewer tasks, so the whole of its kernel time says less than the kernel with the delay.
  cases.push_back({{Plant::in_thread, -1, last, kPlantNs},
                   text_of("in the first kernel of thread ", last),
                   text_of("that kernel, thread ", last),
                   [last](const LedgerEntry& e) { return e.account == Account::kernel && e.thread == last; },
                   last,
                   true});
  // Where every lane has its thread, the others do the work they would have done: only their waiting may grow. The few
  // small tasks behind the slices go to whoever is free, so a tenth of the planted delay is let pass.
  const int lanes = feed.session().executor().plan() ? feed.session().executor().plan()->lanes : 0;
  for (int t = 0; t < last && lanes == threads; ++t)
    cases.push_back({{Plant::in_thread, -1, last, kPlantNs},
                     text_of("in the first kernel of thread ", last),
                     text_of("not sync, idle of thread ", t),
                     [t](const LedgerEntry& e) {
                       return e.thread == t && e.account != Account::sync && e.account != Account::idle;
                     },
                     last,
                     false,
                     0,
                     kPlantNs / 10});
  return cases;
}

}  // namespace

bool SelfCheck::holds() const {
  return std::all_of(rows.begin(), rows.end(), [](const SelfCheckRow& row) { return row.holds; });
}

SelfCheck self_check(const StepOptions& options, const Dataset& data, const MeasureOptions& measuring) {
  StepOptions small = options;
  small.batch = std::min<int64_t>(options.batch, 16);
  Feed feed(small, data, measuring.learning_rate, measuring.seed);
  warm_up(feed, 3, 1.0);
  const int64_t begin = now_ns();
  feed.step();
  const double step_seconds = double(now_ns() - begin) / 1e9;
  // About two seconds a place, between 10 and 200 pairs.
  const int64_t pairs = 2 * std::clamp<int64_t>(int64_t(0.5 / std::max(step_seconds, 1e-6)), 5, 100);
  SelfCheck check{small.batch, {}};
  for (const Case& planted : cases_for(feed)) {
    if (measuring.progress) measuring.progress(("planting " + planted.planted).c_str());
    SelfCheckRow row;
    for (int attempt = 1; attempt <= kTries && !row.holds; ++attempt) {
      row = judge(planted, differences(feed, planted, pairs));
      row.tries = attempt;
    }
    check.rows.push_back(std::move(row));
  }
  return check;
}

std::string to_text(const SelfCheck& check) {
  const auto ms = [](int64_t ns) { return fixed(double(ns) / 1e6, 3); };
  std::string text =
      text_of("SELF-CHECK  a planted 1.000 ms must come back in its account; steps of ", check.batch, " examples\n");
  for (const SelfCheckRow& row : check.rows) {
    text += text_of(row.holds ? "  holds  " : row.noisy ? "  noisy  " : "  FAILS  ", row.planted, "\n");
    text +=
        text_of("         ", left(row.account, 25), (row.found_ns < 0 ? " -" : " +"),
                ms(row.found_ns < 0 ? -row.found_ns : row.found_ns), " ms, between ", ms(row.low_ns), " and ",
                ms(row.high_ns), row.tries > 1 ? text_of(" (try ", row.tries, "; ", row.pairs, " pairs)") : "", "\n");
  }
  return text + (check.holds()
                     ? "The ledger returned every planted delay.\n"
                     : "The ledger did not return every planted delay (noisy: the machine is too busy to tell).\n");
}

}  // namespace tacho
