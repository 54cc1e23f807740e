#pragma once
// The steps of make_plan, in order; internal to plan/. Each .cc holds the steps named after it.
#include <map>
#include <optional>
#include <set>

#include "plan/arena.h"
#include "plan/plan.h"
#include "plan/tuning.h"

namespace tacho {

/// Whether a result of node `n` is the caller's: an output of the graph or a variable's next value.
bool read_outside(const Graph& graph, int n);

class Planner {
 public:
  Planner(Graph graph, const std::vector<std::vector<int>>& groups, const PlanOptions& options);
  std::unique_ptr<Plan> run();

 private:
  /// One that is asked for an offer: a backend, once for each way to multiply that it has and the nodes permit.
  struct Asked {
    const Backend* backend = nullptr;
    bool bfloat16 = false;
    std::string name() const { return std::string(backend->name) + (bfloat16 ? " in bfloat16" : ""); }
    friend bool operator==(const Asked&, const Asked&) = default;
  };
  struct Chosen {
    Offer offer;
    Asked asked;
    std::vector<RefusedOffer> refusals;
    std::vector<SlowerOffer> slower;
    size_t members = 0;  ///< how many of the proposed nodes the backend takes
    int64_t tuned_ns = 0;
  };

  // planner.cc: lanes and slices; values; the walk over the nodes
  int cores() const;  ///< as many lanes as the plan may have
  void choose_slices();
  /// How many slices of a segment have as many examples as its largest, and how many one fewer.
  struct SliceSizes {
    int64_t large = 0, small = 0;
  };
  SliceSizes slice_sizes(int order) const;
  void make_values();
  void make_nodes();
  std::vector<std::vector<int>> units() const;
  void make_unit(std::vector<int> unit);

  // recompute.cc: gradients that their readers make anew instead of reading them
  bool stored(const std::vector<int>& chain, const std::vector<std::vector<int>>& units);
  bool make_with_chain(const std::vector<int>& unit);
  std::optional<Chosen> whole_offer(const std::vector<int>& chain, const std::vector<int>& unit);

  // choose.cc: groups and offers
  Group make_group(const std::vector<int>& nodes) const;
  Chosen choose(const std::vector<int>& nodes);
  Chosen first_offer(const std::vector<int>& nodes, const std::vector<Asked>& order);
  std::vector<Asked> order_for(const std::vector<int>& nodes) const;
  /// The first `anew` nodes are made anew; the next one names what is added.
  void add_compute(const std::vector<int>& nodes, Chosen chosen, size_t anew = 0);
  bool add_view(int node);
  void add_packs(PlannedNode& node, const Offer& offer);
  /// Whether packed operands outlive a step: nothing that a step writes is packed in the next one.
  bool keeps_packs() const { return plan_->graph.commits().empty() && !options_.external_outputs; }
  /// Whether a value is the same in every step: a variable that no step writes, a constant, or made of such.
  bool stays(int value) const;
  bool made_before(const std::vector<int>& nodes) const;
  void delay_packs();
  void add_combine(int node);
  void add_commits();
  int64_t rows_that_split(const PlannedNode& node, std::vector<OperandUse>& inputs,
                          std::vector<OperandUse>& outputs) const;
  void split_by_units(PlannedNode& node) const;
  Executed for_whole_batch(const Executed& slice, const PlannedNode& node) const;

  // tune.cc: the fastest of what is offered
  Chosen fastest_offer(const std::vector<int>& nodes, const std::vector<Asked>& order);
  std::vector<Chosen> cover(std::vector<int> nodes, const Asked& first, const std::vector<Asked>& order);
  std::optional<Chosen> offer_named(const std::vector<int>& nodes, const std::vector<Asked>& order,
                                    const std::string& name);
  int64_t time_of(const std::vector<int>& nodes, const Chosen& piece);
  int64_t recorded(const std::string& key, const KernelCall& call);
  int64_t divided(int last, const Chosen& piece) const;
  bool by_time() const { return options_.tuning || options_.times; }

  // layouts.cc: who converts what
  int in_layout(int value, bool sliced, int64_t rows, const Layout& wanted, const PlannedNode& reader);
  int reordered(int value, bool sliced, int64_t rows, const Layout& wanted, const PlannedNode& reader, int order);
  bool cut_alike(const PlannedValue& value, int order) const;
  std::pair<const Backend*, std::unique_ptr<Kernel>> converter(const TensorType& part, const Layout& from,
                                                               const Layout& to) const;
  static bool splits(const Offer& offer);
  bool convertible(const TensorType& part, const Layout& from, const Layout& to) const;
  std::string layout_objection(const Group& group, const Offer& offer, const OfferContext& context) const;

  // stages.cc: the schedule
  void make_stages();
  Stage sliced_stage(const std::vector<int>& nodes, int order) const;
  Stage whole_stage(const std::vector<int>& nodes, int order) const;
  Stage split_stage(int node) const;
  std::vector<Task> row_blocks(const std::vector<int>& nodes) const;
  int64_t row_step(int node) const;
  bool worth_splitting(int node) const;
  static bool worth_dividing(const Executed& executed, int64_t result_bytes);
  int64_t bytes_touched(int node) const;

  // operators.cc: tasks without stages
  std::vector<std::set<int>> dependents() const;
  std::vector<int64_t> heights(const std::vector<std::set<int>>& dependents) const;
  std::vector<std::vector<int>> chains(const std::vector<std::set<int>>& dependents) const;
  void make_task_graph();

  // memory.cc: storage classes, in-place, arenas
  void find_readers();
  void choose_storage();
  void commit_in_place();
  void overwrite_in_place();
  void place_local();
  bool kept_throughout(int value) const;
  void place_shared();
  int root_of(int value) const;
  int64_t part_bytes(const PlannedValue& value) const;
  int64_t whole_bytes(const PlannedValue& value) const;

  PlanOptions options_;
  std::vector<std::vector<int>> groups_;
  std::unique_ptr<Plan> plan_;
  std::map<std::pair<int, std::string>, int> reordered_;  ///< (value, layout) -> value in that layout
  std::map<int, std::vector<int>> anew_;                  ///< first node of a unit -> the chain that it makes anew
  std::set<int> kept_;                                    ///< last nodes of chains that are stored
  std::set<int> in_row_;                                  ///< nodes that are a planned node's members
  std::vector<std::vector<int>> readers_;                 ///< planned nodes that read a value's memory, by root
  std::vector<int> writer_;                               ///< planned node that writes a value; -1
  std::vector<int> stage_of_;                             ///< of each planned node; -1 for views
  std::vector<std::vector<bool>> before_;  ///< schedule operators: before_[n][m]: m is over before n begins
  std::map<std::string, std::vector<int64_t>> samples_;  ///< what was measured for a key of the tuning record, sorted
  bool again_ = false;                                   ///< measure what was measured already
  std::set<int> made_before_;                            ///< values that are made before the first step and kept
  std::vector<std::vector<int>> aliases_;                ///< per planned node: output -> input it may overwrite
};

}  // namespace tacho
