#include "lab/causal.h"

#include <algorithm>
#include <functional>

#include "analysis/replay_measured.h"
#include "base/clock.h"
#include "exec/graph_executor.h"
#include "lab/differences.h"
#include "lab/feed.h"

namespace tacho {
namespace {

/// Indices of the operations with most time in the median step; those that run are the plan's nodes, in its order.
std::vector<size_t> largest(const Report& report, int top) {
  std::vector<size_t> indices;
  for (size_t i = 0; i < report.record->rows.size(); ++i)
    if (report.operations[i].median_ns > 0) indices.push_back(i);
  std::stable_sort(indices.begin(), indices.end(),
                   [&](size_t a, size_t b) { return report.operations[a].median_ns > report.operations[b].median_ns; });
  if (indices.size() > size_t(top)) indices.resize(size_t(top));
  return indices;
}

/// Steps of one session, timed whole.
class Bench {
 public:
  /// A learning rate of 0 keeps the weights where they are, whatever a step that leaves something out computes.
  Bench(const StepOptions& options, const Dataset& data, const MeasureOptions& measuring)
      : feed_(options, data, 0.0, measuring.seed) {
    warm_up(feed_, std::max<int64_t>(measuring.warmup, 2), 1.0);
    auto* graph = dynamic_cast<GraphExecutor*>(&feed_.session().executor());
    TACHO_CHECK(graph, "graph execution has a plan runner");
    runner_ = &graph->runner();
  }
  const Plan& plan() { return *feed_.session().executor().plan(); }
  PlanRunner& runner() { return *runner_; }
  Feed& feed() { return feed_; }
  int64_t step() {
    const int64_t begin = now_ns();
    feed_.step();
    return now_ns() - begin;
  }
  /// A measured step of middle length, for the replay.
  MeasuredStep typical_step() {
    Ledger ledger;
    feed_.pool().begin(ledger);
    for (int s = 0; s < 9; ++s) feed_.step(), feed_.pool().end_step();
    feed_.pool().finish();
    return measured_step(plan(), ledger, median_index(ledger.step_ns()));
  }
  /// Steps without a change less neighbouring steps with it; `changed` runs the latter and returns what it took.
  std::vector<int64_t> gains(int64_t pairs, const std::function<int64_t()>& changed) {
    std::vector<int64_t> result;
    int64_t ns[2];
    for (int64_t s = 0; s < 2 * pairs; ++s) {
      const bool change = has_change(s);
      ns[change] = change ? changed() : step();
      if (!change) plain_.push_back(ns[0]);
      if (s % 2 == 1) result.push_back(ns[0] - ns[1]);
    }
    return result;
  }
  /// All steps so far that left nothing out.
  const std::vector<int64_t>& plain() const { return plain_; }

 private:
  Feed feed_;
  PlanRunner* runner_ = nullptr;
  std::vector<int64_t> plain_;
};

/// The step with the times of `node` multiplied by `factor`.
int64_t played_with(const Plan& plan, const MeasuredStep& step, int threads, int node, double factor) {
  ItemTimes times = step.times;
  for (size_t s = 0; s < times.size(); ++s)
    for (size_t t = 0; t < times[s].size(); ++t)
      for (size_t i = 0; i < times[s][t].size(); ++i)
        if (plan.stages[s].tasks[t].items[i].node == node) times[s][t][i] = int64_t(double(times[s][t][i]) * factor);
  return replay(plan, times, threads, step.costs).wall_ns;
}

void measure_free(Bench& bench, int node, int64_t pairs, CausalRow& row) {
  PlanRunner& runner = bench.runner();
  runner.keep_results_of(node);
  for (int s = 0; s < 2; ++s) bench.step();  // fills what is kept, touches its pages
  const auto without = [&] {
    runner.skip(true);
    const int64_t ns = bench.step();
    runner.skip(false);
    return ns;
  };
  const MedianInterval gain = median_interval(bench.gains(pairs, without));
  row.free_gain_ns = gain.median, row.low_ns = gain.low, row.high_ns = gain.high;
  row.pairs = pairs;
  runner.keep_results_of(-1);
  bench.step();
}

void measure_virtual(Bench& bench, int node, double share, int64_t pairs, CausalRow& row) {
  const Plan& plan = bench.plan();
  if (!plan.successors.empty()) {
    row.no_virtual = "without stages nothing says whom a waiting thread waited for";
    return;
  }
  Holding holding(node, share, bench.feed().pool().threads(), int(plan.stages.size()));
  const auto held = [&] {
    holding.begin_step();
    bench.runner().hold(&holding);
    const int64_t ns = bench.step();
    bench.runner().hold(nullptr);
    return ns - holding.owed_ns();
  };
  const MedianInterval gain = median_interval(bench.gains(pairs, held));
  row.virtual_gain_ns = gain.median, row.virtual_low_ns = gain.low, row.virtual_high_ns = gain.high;
}

}  // namespace

void check_causal(const StepOptions& options) {
  if (options.way.procedural)
    fail(
        "--causal needs --execution graph: procedural execution gives every statement a fresh result, so nothing is "
        "left of a former step");
}

Causal measure_causal(const StepOptions& options, const Dataset& data, const Report& report, int top,
                      const MeasureOptions& measuring, std::optional<int64_t> pairs) {
  check_causal(options);
  Bench bench(options, data, measuring);
  const Plan& plan = bench.plan();
  const int threads = bench.feed().pool().threads();
  const std::vector<NodeRow>& rows = report.record->rows;
  bool same = plan.nodes.size() == rows.size();
  for (size_t n = 0; same && n < rows.size(); ++n)
    same = plan.nodes[n].path == rows[n].path && plan.nodes[n].kernel_name == rows[n].kernel_name;
  // The plan is a pure function of options and tuning record, but the record may have been made or bettered meanwhile.
  if (!same)
    fail(
        "--causal: the kernels chosen now are not those of the report, because tuning has measured again; run it "
        "again");

  Causal causal;
  const MeasuredStep typical = bench.typical_step();
  causal.measured_step_ns = typical.wall_ns;
  causal.replayed_step_ns = replay(plan, typical.times, threads, typical.costs).wall_ns;
  constexpr double kSeconds = 2.0;  // for each of the two measurements
  const int64_t affordable = int64_t(kSeconds * 1e9 / 4 / double(std::max<int64_t>(typical.wall_ns, 1)));
  const int64_t count = 2 * (pairs ? (*pairs + 1) / 2 : std::clamp<int64_t>(affordable, 5, 50));
  for (size_t index : largest(report, top)) {
    const Operation& operation = report.operations[index];
    const int node = int(index);
    if (measuring.progress) measuring.progress(("without " + operation.label).c_str());
    CausalRow row{operation.node, operation.label, operation.median_ns / threads};
    measure_free(bench, node, count, row);
    row.replayed_gain_ns = causal.replayed_step_ns - played_with(plan, typical, threads, node, 0);
    row.has_floor = report.has_floors() && operation.floor_ns > 0;
    if (row.has_floor) {
      const double factor =
          std::min(1.0, double(std::max(operation.floor_ns, operation.shared_floor_ns)) / double(operation.median_ns));
      row.floor_gain_ns = causal.replayed_step_ns - played_with(plan, typical, threads, node, factor);
      measure_virtual(bench, node, 1 - factor, count, row);
    }
    causal.rows.push_back(std::move(row));
  }
  causal.step_ns = summarize(bench.plain()).median;
  return causal;
}

}  // namespace tacho
