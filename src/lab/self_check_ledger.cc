#include <algorithm>
#include <functional>

#include "base/clock.h"
#include "lab/differences.h"
#include "lab/feed.h"
#include "lab/self_check_rows.h"
#include "trace/statistics.h"

namespace tacho {
namespace {

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

SelfCheckRow judge_case(const Case& planted, std::vector<int64_t> samples) {
  SelfCheckRow row{"ledger", planted.planted, planted.account, planted.expected_ns};
  row.samples = int64_t(samples.size());
  const MedianInterval interval = median_interval(std::move(samples));
  row.found_ns = interval.median;
  row.low_ns = interval.low - planted.tolerance_ns, row.high_ns = interval.high + planted.tolerance_ns;
  row.noisy = !interval.enough;  // the thread hardly ran: nothing can be said
  if (!row.noisy) judge(row);
  return row;
}

std::vector<Case> cases_for(Feed& feed, int node) {
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
                     idle ? kPlantNs / 10 : at_barrier_tolerance_ns(threads)});
  }
  cases.push_back(
      {{Plant::at_input, -1, 0, kPlantNs}, "at the hand-over of data", "input of thread 0", [](const LedgerEntry& e) {
         return e.account == Account::input && e.thread == 0;
       }});
  // A delayed thread is given fewer tasks, so the whole of its kernel time says less than the kernel with the delay. A
  // procedural step's first statement is a convolution, whose slices are faster beside a thread that spins: there the
  // delay goes into the small node.
  const auto own_kernel = [last](const LedgerEntry& e) { return e.account == Account::kernel && e.thread == last; };
  if (may_sleep)
    cases.push_back({{Plant::in_thread, node, last, kPlantNs},
                     text_of("in the same kernel on thread ", last, " alone"),
                     text_of("that kernel, thread ", last),
                     [node, own_kernel](const LedgerEntry& e) { return own_kernel(e) && e.node == node; },
                     last});
  else
    cases.push_back({{Plant::in_thread, -1, last, kPlantNs},
                     text_of("in the first kernel of thread ", last),
                     text_of("that kernel, thread ", last),
                     own_kernel,
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

// While one thread spins, the others have caches and clock to themselves, and the same node's slices there were 16 to
// 26 us of 190 faster; what contention changes in a node of ten resolutions is below one.
int node_to_plant_in(Feed& feed) {
  constexpr int kSteps = 8;
  Ledger ledger;
  feed.pool().begin(ledger);
  for (int s = 0; s < kSteps; ++s) feed.step(), feed.pool().end_step();
  feed.pool().finish();
  const std::vector<NodeRow> rows = feed.session().executor().rows();
  struct Seen {
    bool little = false;
    int parts = 0;  ///< of threads and steps in which it ran
    int64_t ns = 0;
    auto operator<=>(const Seen&) const = default;
  };
  std::vector<Seen> seen(rows.size());
  for (int s = 0; s < kSteps; ++s)
    for (const LedgerEntry& e : ledger.entries_of_step(s))
      if (e.account == Account::kernel && rows[size_t(e.node)].kind == PlannedNode::compute &&
          !rows[size_t(e.node)].op.starts_with("conv"))  // convolutions are other nodes in another dtype
        seen[size_t(e.node)].ns += e.ns, ++seen[size_t(e.node)].parts;
  for (Seen& node : seen) node.little = node.ns > 0 && node.ns / kSteps <= 10 * kResolutionNs;
  return int(std::max_element(seen.begin(), seen.end()) - seen.begin());
}

void add_ledger_rows(SelfCheck& check, Feed& feed, int node, const SelfCheckProgress& progress) {
  const int64_t begin = now_ns();
  feed.step();
  const double step_seconds = double(now_ns() - begin) / 1e9;
  // About two seconds a place, between 10 and 200 pairs.
  const int64_t pairs = 2 * std::clamp<int64_t>(int64_t(0.5 / std::max(step_seconds, 1e-6)), 5, 100);
  for (const Case& planted : cases_for(feed, node)) {
    progress(planted.planted);
    check.rows.push_back(try_again([&] { return judge_case(planted, differences(feed, planted, pairs)); }));
  }
}

}  // namespace tacho
