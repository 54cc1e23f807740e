#pragma once
// A run's record as what people and programs read. Pure: the same record always gives the same report.
#include <map>
#include <optional>

#include "analysis/record.h"
#include "analysis/source_nodes.h"

namespace tacho {

struct StepSummary {
  int64_t median_ns = 0, p05_ns = 0, p95_ns = 0, mad_ns = 0, min_ns = 0;
  int64_t quicker_ns = 0;  ///< median of the quicker half of the steps: what other steps are compared with
  int64_t repetitions = 0, warmup = 0;
  int64_t median_step = 0;  ///< the step that the printed tables show: a real one
  double examples_per_s = 0;
  int64_t build_ns = 0, plan_ns = 0;
  int64_t work_ns = 0, span_ns = 0;  ///< of the median step; 0 where unknown
  int64_t work = 0, flop = 0;        ///< required, of one step
  // Only where the record has a machine profile; else 0.
  int64_t floor_thread_ns = 0;   ///< thread time: the sum of the operations' floors
  int64_t shared_thread_ns = 0;  ///< thread time: the sum of their shared floors
  int64_t floor_sum_ns = 0;      ///< the latter over the threads: all of them busy throughout
  int64_t floor_chain_ns = 0;    ///< floors of the longest chain of calls that the schedule makes
  int64_t floor_ns = 0;          ///< the larger of the two: no step can be shorter this way
  double peak_flop_per_s = 0;    ///< of the step's threads and dtype
  double mfu = 0, hfu = 0;       ///< required and executed FLOP over what the peak would do meanwhile
};

/// What an operation takes at least, as thread time of one step.
struct Floor {
  int64_t arithmetic_ns = 0, bytes_ns = 0;
  std::string level;              ///< of cache, or memory: what holds the working set; empty where nothing is moved
  std::string bound_by;           ///< "arithmetic", or the level; empty where both are 0
  int64_t bytes = 0;              ///< moved by all calls
  int64_t working_set_bytes = 0;  ///< touched by the largest call
  int64_t ns() const { return arithmetic_ns > bytes_ns ? arithmetic_ns : bytes_ns; }
};

/// An operation's median time, added up: floor + kernel + cold + contention = median_ns, exactly. Terms may be
/// negative.
struct Terms {
  int64_t floor_ns = 0;
  int64_t kernel_ns = 0;      ///< the kernel by itself with warm caches, less its floor
  int64_t cold_ns = 0;        ///< in the step on one thread, less by itself: its data are in further caches
  int64_t contention_ns = 0;  ///< in this run, less on one thread: threads share cores, caches, memory, clock
};

/// Why n threads are not n times one. In thread time of one step each.
struct Speedup {
  int64_t one_thread_step_ns = 0, repetitions = 0;
  double factor = 0;                                   ///< one thread's step over this run's
  std::vector<std::pair<std::string, int64_t>> terms;  ///< sum to threads x step; the first is one thread's step
};

/// What the members of one kind have of a fused row.
struct KindPart {
  NodeKind kind = NodeKind::other;
  int64_t weight = 0;  ///< by which the row's time is divided (fused.h)
  int64_t work = 0;
  int64_t time_ns = 0, median_ns = 0, step_ns = 0;  ///< of the row's
};

/// One row: an executed node, or a source node that nothing executes (time 0).
struct Operation {
  std::string node;  ///< id: layer/operation/phase
  std::string op, label, layer, block;
  PlannedNode::Kind row = PlannedNode::compute;
  bool executed_row = true;  ///< false: a pass removed it
  std::vector<std::string> members;
  Phase phase = Phase::none;
  NodeKind kind = NodeKind::other;  ///< the anchor's
  std::string formula, big_o, notation;
  std::optional<DocumentsBound> documents_bound;
  Tally count;  ///< required, for the whole batch and one step
  int64_t work = 0, flop = 0;
  int64_t products_work = 0;  ///< the part of work that products do
  Executed executed;
  int64_t bytes_read = 0, bytes_written = 0;  ///< the group's external operands
  int64_t time_ns = 0;                        ///< over all measured steps and threads
  int64_t median_ns = 0;                      ///< of a step, over all threads
  int64_t quicker_ns = 0;                     ///< the same over the quicker half of the steps
  int64_t step_ns = 0;                        ///< of the median step, over all threads
  std::vector<KindPart> kinds;  ///< of a row whose members are of several kinds; empty where all of it is `kind`
  double time_share = 0, share_of_phase = 0, theory_share = 0;
  // Only where the record has a machine profile; else empty and 0.
  Floor floor;
  int64_t floor_ns = 0;  ///< thread time of one step, at the ceilings of one thread alone
  /// The same at a thread's part of the ceilings of all threads together: more where threads share a core's units or a
  /// memory's bandwidth. A call that runs while the other threads wait may be faster.
  int64_t shared_floor_ns = 0;
  std::string bound_by;        ///< what the floor is of: "arithmetic", "L1", "L2", "L3", "memory"; empty where it is 0
  int64_t room_ns = 0;         ///< median_ns - floor_ns; below 0 where the model is wrong
  std::optional<Terms> terms;  ///< where they were measured
  std::string backend, kernel, reason;
  std::vector<RefusedOffer> refusals;

  /// Its parts by kind: `kinds`, or all of it as one.
  std::vector<KindPart> parts() const {
    return kinds.empty() ? std::vector<KindPart>{{kind, 1, work, time_ns, median_ns, step_ns}} : kinds;
  }
};

/// A layer with a product and the layers behind it up to the next one.
struct LayerRow {
  std::string layer, description;
  std::vector<std::string> members;  ///< layers
  int64_t channels = 0;              ///< d: channels (or features) in; 0 without a product
  int64_t products_work = 0, rest_work = 0, update_work = 0;
  int64_t products_ns = 0, rest_ns = 0, update_ns = 0;                 ///< all steps, all threads
  int64_t products_step_ns = 0, rest_step_ns = 0, update_step_ns = 0;  ///< the median step, all threads
  int64_t floor_ns = 0;  ///< products and the rest, all threads; updates are not in it
};

/// Work, required products and time of one phase.
struct PhaseRow {
  Phase phase = Phase::none;
  int64_t work = 0, products_work = 0;
  int64_t time_ns = 0, step_ns = 0, products_step_ns = 0;
};

/// What turning a switch would save of a step, with an interval; below 0 where the step would be longer.
struct Gain {
  int64_t low_ns = 0, median_ns = 0, high_ns = 0;
};

/// What a reader is told to do about a finding (findings/groups.h decides).
enum class FindingGroup : uint8_t {
  change,      ///< saves time, or may: a priced gain, a bound worth a look, or nobody knows yet
  kernels,     ///< what only faster kernels would give: no user of these can do anything about it
  right,       ///< the alternative was priced and saves nothing
  leave_alone  ///< too small to be worth anybody's time
};

/// What a finding asks to be changed, from what everybody can do to what few can.
enum class Asks : uint8_t {
  setting,  ///< a switch, the batch, threads, data, the state of the machine: the same network
  network,  ///< the network itself: its results are others
  kernels   ///< the program: a better kernel
};

/// What a rule saw, in this run's numbers.
struct Finding {
  std::string rule, text;
  std::vector<std::pair<std::string, double>> evidence;
  std::string command;       ///< what to try; empty where there is nothing
  std::string turn, value;   ///< the switch that `command` turns, and to what; empty where it turns none
  std::optional<Gain> gain;  ///< of the switch (analysis/price.h) or the batch; empty where nothing says it
  std::string unpriced;      ///< why there is no estimate, where a switch or the batch is turned; else empty
  std::string change;        ///< what to change, as one order without a full stop; empty where nothing is asked for
  int64_t batch = 0;         ///< the batch that `command` runs, where that is what it changes; else 0
  /// What the step would be shorter if all that the rule speaks of were gone (analysis/bound.h): no promise.
  std::optional<int64_t> at_most_ns;
  Asks asks = Asks::setting;
  FindingGroup group = FindingGroup::change;
};

struct Report {
  const RunRecord* record = nullptr;  ///< must outlive the report
  StepSummary step;
  std::vector<LedgerEntry> entries, step_entries;  ///< of all steps; of the median step
  std::vector<SourceNode> nodes;
  std::vector<Operation> operations;  ///< executed rows first, in the plan's order
  std::vector<LayerRow> layers;
  std::map<Phase, PhaseRow> phases;
  std::vector<Finding> findings;
  std::optional<Speedup> speedup;  ///< where it was measured, on more than one thread

  int threads() const { return record->threads; }
  /// Whether there are floors.
  bool has_floors() const { return record->profile.has_value(); }
  /// Thread time of the median step: threads x its duration.
  int64_t step_thread_ns() const { return step.median_ns * threads(); }
  /// Thread time of an account in the median step.
  int64_t account_step_ns(Account account) const;
};

/// Throws tacho::Error where the ledger does not close or a source node is not in exactly one row.
Report make_report(const RunRecord& record);

}  // namespace tacho
