#pragma once
// What will run. Made once per graph and batch; executed by exec/.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "op/backend.h"
#include "plan/slicing.h"

namespace tacho {

enum class Schedule : uint8_t {
  slices,      ///< slices of the batch, each through the whole segment on one thread
  sequential,  ///< one node at a time, split into its slices over all threads, with a barrier
  operators,   ///< nodes unsplit over the whole batch, each as soon as those it depends on are over
};

class KernelTimes;
class TuningRecord;
/// Who runs what: "backend kernel" by the path of each computing node.
using KernelChoices = std::map<std::string, std::string>;

struct PlanOptions {
  std::vector<const Backend*> backends;       ///< in order of preference; `reference` takes what nobody else does
  std::vector<const Backend*> gemm_backends;  ///< the same for groups anchored by matmul; empty: as `backends`
  TuningRecord* tuning = nullptr;             ///< chooses by measured times instead of by order; null: by order
  KernelTimes* times = nullptr;               ///< says every kernel's time in the tuning record's place
  KernelChoices choices;                      ///< of an earlier plan (choices_of): taken where they are offered again
  std::string algorithm;                      ///< of conv2d, where one was asked for
  ImageLayout images = ImageLayout::automatic;
  Schedule schedule = Schedule::slices;
  bool memory_plan = true;        ///< off: every value has memory of its own and nothing is overwritten in place
  int lanes = 0;                  ///< 0: the machine's cores
  int64_t slices = 0;             ///< 0: by cache size
  bool external_outputs = false;  ///< outputs are written into memory that the caller binds (procedural execution)
};

/// Where a value's memory is.
enum class Storage : uint8_t {
  none,      ///< never in memory (inside a group, or unread)
  external,  ///< bound by the caller: inputs, variables, and outputs where asked for
  constant,
  shared,  ///< the arena of values that exist once per batch
  local,   ///< the arena of each thread: this slice's part
};

struct PlannedValue {
  TensorType type;  ///< of the whole
  bool sliced = false;
  int64_t rows = 1;  ///< outermost extent per example, where sliced
  int order = 0;     ///< where sliced: the segment that writes it, see Slicing
  Storage storage = Storage::none;
  int slot = -1;       ///< external: index into Plan::slots
  int root = -1;       ///< value whose memory this one is; itself where it owns memory
  int64_t offset = 0;  ///< of the root, in its arena
  int64_t bytes = 0;   ///< of the root: of the whole where shared, of the largest slice's part where local
  Layout layout;
  Tensor constant;
};

/// One operand of a planned node.
struct OperandUse {
  int value = -1;        ///< -1: absent
  bool sliced = false;   ///< the kernel gets this slice's part
  bool partial = false;  ///< outputs: goes into the node's partial
  int64_t rows = 1;      ///< rows of the outermost axis per unit of the slice, where sliced
};

struct RefusedOffer {
  std::string backend, reason;
};
/// One that would have taken the nodes too, and its time for one step on one thread.
struct SlowerOffer {
  std::string backend;
  int64_t ns = 0;
};

struct PlannedNode {
  enum Kind : uint8_t {
    compute,
    view,     ///< aliases its input: never runs
    combine,  ///< joins the lanes' partials of node `combined`
    pack,     ///< rewrites an operand for a kernel
    reorder,  ///< converts a layout
    commit,   ///< copies a variable's next value over it
  } kind = compute;
  std::string path;  ///< "conv2/conv2d/forward", of the anchor
  std::string op;    ///< name of the anchor's operation, or "combine", "pack", "reorder", "commit"
  Place place;
  std::vector<int> members;  ///< source nodes (graph nodes) whose work this is
  int anchor = -1;           ///< the source node that names the row
  Group group;
  std::shared_ptr<const Kernel> kernel;
  std::string backend, kernel_name, reason;
  std::vector<RefusedOffer> refusals;
  std::vector<SlowerOffer> slower;  ///< where kernels were chosen by time
  std::vector<OperandUse> inputs, outputs;
  std::vector<int> packs;      ///< values that hold its packed operands
  int order = 0;               ///< see Slicing
  bool sliced = false;         ///< runs once per slice of the batch
  bool prepared = false;       ///< in no stage: runs before the first step, since what it reads stays as it is
  int64_t split_rows = 0;      ///< > 0: runs whole, but its outermost axis of so many rows may be split over lanes
  bool by_units = false;       ///< split_rows are units of its kernel (op/part_run.h), and operands are whole
  int64_t partial_bytes = 0;   ///< of one lane; 0 where it has no partial
  int64_t partial_offset = 0;  ///< in the shared arena, of lane 0; the lanes follow one another
  int combined = -1;           ///< combine: the node whose partials it joins
  int pack_index = 0;          ///< pack: which PackRequest of node `combined`
  int64_t workspace_bytes = 0;
  int64_t tuned_ns = 0;   ///< of all its slices on one thread, as it was chosen by; 0 where by no time
  Executed executed;      ///< for the whole batch
  bool bfloat16 = false;  ///< the kernel multiplies in it
};

/// One call: a node on one slice (of the batch, or of its own rows).
struct Item {
  int node = -1;
  int lane = 0;
  bool first_in_lane = false;  ///< the partial begins here
  Slice slice;
};
struct Task {
  std::vector<Item> items;
};
struct Stage {
  std::vector<Task> tasks;
  int order = 0;
};

/// Something the caller binds.
struct Slot {
  enum Kind : uint8_t { input, variable, output } kind = input;
  std::string name;
  TensorType type;
  int value = -1;
};

struct Plan {
  Graph graph;
  std::vector<PlannedValue> values;
  std::vector<PlannedNode> nodes;
  std::vector<Stage> stages;
  std::vector<std::vector<int>> successors;  ///< schedule operators and `branches`: of each task of the only stage
  std::vector<Slot> slots;
  Slicing slicing;
  int lanes = 1;
  int64_t slices = 1;                    ///< of the batch, in the segment that has the fewest
  int64_t slice_examples = 0;            ///< of the largest; the others of that segment have as many or one fewer
  std::vector<int64_t> slices_by_order;  ///< see Slicing; empty where PlanOptions says how many
  bool estimated = false;                ///< kernels were chosen, and their times are, by a model (PlanOptions::times)
  bool branches = false;  ///< one example: whole nodes as soon as those they depend on are over (see operators.cc)
  int64_t shared_bytes = 0, local_bytes = 0, workspace_bytes = 0;
  int64_t sum_of_sizes_bytes = 0;  ///< all intermediate values, each with memory of its own
  int segments = 0;

  /// Slices of one segment, and the examples of its largest.
  int64_t slices_in(int order) const {
    return size_t(order) < slices_by_order.size() ? slices_by_order[size_t(order)] : slices;
  }
  int64_t examples_in(int order) const {
    const int64_t count = slices_in(order);
    return count == slices ? slice_examples : (slicing.batch + count - 1) / count;
  }
  int64_t most_slices() const;
  /// The examples of a slice of a segment, and the slice that begins at an example.
  Slice slice(int64_t index, int order) const {
    const int64_t count = slices_in(order), begin = slicing.batch * index / count;
    return {begin, slicing.batch * (index + 1) / count - begin, slicing.batch};
  }
  int64_t slice_at(int64_t begin, int order) const { return ((begin + 1) * slices_in(order) - 1) / slicing.batch; }

  int64_t planned_bytes(int threads) const { return shared_bytes + threads * (local_bytes + workspace_bytes); }
  int slot(Slot::Kind kind, const std::string& name) const;  ///< -1 where there is none
};

/// `groups`: nodes proposed to run together, in execution order. Throws tacho::Error where a plan is impossible.
std::unique_ptr<Plan> make_plan(Graph graph, const std::vector<std::vector<int>>& groups, const PlanOptions& options);

KernelChoices choices_of(const Plan& plan);
/// Sixteen hexadecimal digits that name everything the results' bits depend on: nodes, kernels, slices, lanes, stages.
/// It knows nothing of threads or times.
std::string fingerprint_of(const Plan& plan);

/// One line per node: kernel, backend, reason and refusals; slices, lanes, segments, arena.
std::string to_text(const Plan& plan);

}  // namespace tacho
