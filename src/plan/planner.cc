#include "plan/planner.h"

#include <algorithm>
#include <set>

namespace tacho {
namespace {

/// Bytes per example that are alive at once while each segment runs depth-first, before any in-place reuse; by order.
std::map<int, int64_t> live_bytes_per_example(const Graph& graph, const Slicing& slicing) {
  std::map<int, int64_t> last_read;  // value -> node
  for (int n = 0; n < graph.node_count(); ++n)
    if (graph.node(n).alive())
      for (Value input : graph.node(n).inputs)
        if (input) last_read[input.id] = n;
  std::map<int, std::pair<int64_t, int64_t>> per_segment;  // order -> (alive, peak)
  std::multimap<int, std::pair<int, int64_t>> ends;        // node -> (order, bytes)
  for (int n = 0; n < graph.node_count(); ++n) {
    if (!graph.node(n).alive()) continue;
    if (const NodeSlicing& s = slicing.nodes[size_t(n)]; s.sliced) {
      auto& [alive, peak] = per_segment[s.order];
      for (Value output : graph.node(n).outputs) {
        if (slicing.values[size_t(output.id)].state.kind != SliceState::sliced || graph.node(n).op->has(Trait::view))
          continue;
        const int64_t bytes = byte_count(graph.type(output).shape, graph.type(output).dtype) / slicing.batch;
        alive += bytes;
        ends.emplace(last_read.count(output.id) ? last_read[output.id] : n, std::pair{s.order, bytes});
      }
      peak = std::max(peak, alive);
    }
    for (auto [it, end] = ends.equal_range(n); it != end; ++it)
      per_segment[it->second.first].first -= it->second.second;
  }
  std::map<int, int64_t> peaks;
  for (const auto& [order, pair] : per_segment) peaks[order] = pair.second;
  return peaks;
}

/// What more slices cost and save: bytes of the operands that every slice reads whole and that leave the cache between
/// two slices (wide layers' weights), and bytes of the values that are there slice by slice.
struct SliceTraffic {
  int64_t whole_bytes = 0, sliced_bytes = 0;
  int64_t fewest = 1;  ///< examples by which products with such weights are thick enough
};

/// Examples that make some 28 rows of a product of `result`: two tiles of registers; Winograd's tiles have 16 places.
int64_t thick_enough(const Shape& result) {
  constexpr int64_t kRows = 28, kTilePlaces = 16;
  const int64_t places = result.size() == 4 ? result[2] * result[3] : 1;
  const int64_t rows = std::max<int64_t>(places / kTilePlaces, 1);
  return (kRows + rows - 1) / rows;
}

std::map<int, SliceTraffic> slice_traffic(const Graph& graph, const Slicing& slicing, int64_t l2_bytes) {
  std::map<int, SliceTraffic> by_order;
  for (int n = 0; n < graph.node_count(); ++n) {
    const GraphNode& node = graph.node(n);
    const NodeSlicing& own = slicing.nodes[size_t(n)];
    if (!node.alive() || !own.sliced || node.op->has(Trait::view)) continue;
    SliceTraffic& traffic = by_order[own.order];
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (!node.inputs[i] || own.inputs[i].kind == SliceState::sliced) continue;
      const TensorType& type = graph.type(node.inputs[i]);
      const int64_t bytes = byte_count(type.shape, type.dtype);
      if (bytes <= l2_bytes / 4) continue;
      traffic.whole_bytes += bytes;
      if (node.op->has(Trait::product))
        traffic.fewest = std::max(traffic.fewest, thick_enough(graph.type(node.outputs[0]).shape));
    }
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const TensorType& type = graph.type(node.outputs[i]);
      const int64_t bytes = byte_count(type.shape, type.dtype);
      if (own.outputs[i].kind == SliceState::sliced) traffic.sliced_bytes += bytes;
      // A partial is read and written by every slice.
      else if (own.outputs[i].kind == SliceState::partial && bytes > l2_bytes / 4) traffic.whole_bytes += 2 * bytes;
    }
  }
  return by_order;
}

/// Slices for each of `lanes`: as many as keep one of at most `in_cache` examples in the cache, equally many for each
/// lane: a lane with one more than its neighbours would leave their threads waiting (13 slices on 2 lanes: one in
/// fourteen of the time).
int64_t slices_per_lane(int64_t batch, int64_t lanes, int64_t in_cache, const SliceTraffic& traffic) {
  constexpr int64_t kFewest = 4;  // fewer examples than this make the products of a slice too thin to run well
  in_cache = std::max(kFewest, in_cache);
  if (in_cache * lanes >= batch) return 1;
  int64_t count = (batch + lanes * in_cache - 1) / (lanes * in_cache);
  // Weights that do not stay in the cache are read anew by every slice. Where that is more than writing and reading the
  // values would cost, slices are larger.
  constexpr int64_t kWriteAndRead = 2;
  if (traffic.whole_bytes > 0)
    count = std::clamp<int64_t>(kWriteAndRead * traffic.sliced_bytes / traffic.whole_bytes / lanes, 1, count);
  count = std::clamp<int64_t>(batch / (lanes * traffic.fewest), 1, count);
  // A few more, where all slices are then of one size: one shape for every kernel, and exact counts.
  for (int64_t more = count; more <= count + count / 4 && batch / (lanes * more) >= kFewest; ++more)
    if (batch % (lanes * more) == 0) return more;
  return count;
}

}  // namespace

Planner::Planner(Graph graph, const std::vector<std::vector<int>>& groups, const PlanOptions& options)
    : options_(options), groups_(groups), plan_(std::make_unique<Plan>()) {
  plan_->graph = std::move(graph);
  plan_->estimated = options_.times != nullptr;
}

int Planner::cores() const { return options_.lanes > 0 ? options_.lanes : this_cpu().cores; }

std::unique_ptr<Plan> Planner::run() {
  plan_->slicing = analyze_slicing(plan_->graph, options_.schedule != Schedule::operators);
  // One example cannot be cut: its only slice would keep one thread busy. Its nodes run whole, those that do not
  // depend on one another side by side (gradients of filters beside those of images).
  if (options_.schedule == Schedule::slices && plan_->slicing.batch == 1 && cores() > 1) {
    options_.schedule = Schedule::operators;
    plan_->branches = true;
    plan_->slicing = analyze_slicing(plan_->graph, false);
  }
  choose_slices();
  make_values();
  make_nodes();
  delay_packs();
  add_commits();
  make_stages();
  find_readers();
  choose_storage();
  if (options_.memory_plan) overwrite_in_place();
  if (options_.schedule == Schedule::operators) make_task_graph();
  place_local();
  place_shared();
  return std::move(plan_);
}

/// Segments have slices of their own: of large images few examples fit the cache, of wide layers many share the
/// weights.
void Planner::choose_slices() {
  const int64_t batch = plan_->slicing.batch, lanes = std::min<int64_t>(cores(), batch);
  if (batch == 0) return;
  int64_t fewest = options_.slices > 0 ? std::min(options_.slices, batch) : batch;
  if (options_.slices == 0) {
    const auto live = live_bytes_per_example(plan_->graph, plan_->slicing);
    auto traffic = slice_traffic(plan_->graph, plan_->slicing, this_cpu().l2_bytes);
    plan_->slices_by_order.assign(size_t(plan_->slicing.orders), lanes);
    for (const auto& [order, bytes] : live)
      if (bytes > 0)
        plan_->slices_by_order[size_t(order)] =
            lanes * slices_per_lane(batch, lanes, this_cpu().l2_bytes / bytes, traffic[order]);
    for (const auto& [order, bytes] : live) fewest = std::min(fewest, plan_->slices_by_order[size_t(order)]);
    if (live.empty()) fewest = lanes;
    for (size_t order = 0; order < plan_->slices_by_order.size(); ++order)
      if (!live.count(int(order))) plan_->slices_by_order[order] = fewest;
  }
  plan_->slices = fewest;
  plan_->slice_examples = (batch + fewest - 1) / fewest;
  plan_->lanes = int(std::min(lanes, fewest));
}

void Planner::make_values() {
  const Graph& graph = plan_->graph;
  plan_->values.resize(size_t(graph.value_count()));
  for (int v = 0; v < graph.value_count(); ++v) {
    const GraphValue& from = graph.at({v});
    PlannedValue& to = plan_->values[size_t(v)];
    const ValueSlicing& slicing = plan_->slicing.values[size_t(v)];
    to.type = from.type;
    to.sliced = slicing.state.kind == SliceState::sliced;
    to.rows = slicing.rows;
    to.order = slicing.order;
    to.root = v;
    if (from.kind == ValueKind::constant) to.storage = Storage::constant;
    if (from.kind == ValueKind::batch_input || from.kind == ValueKind::scalar_input ||
        from.kind == ValueKind::variable) {
      to.storage = Storage::external;
      to.slot = int(plan_->slots.size());
      plan_->slots.push_back(
          {from.kind == ValueKind::variable ? Slot::variable : Slot::input, from.name, from.type, v});
    }
  }
  if (!options_.external_outputs) return;
  for (const Graph::Output& output : graph.outputs()) {
    PlannedValue& value = plan_->values[size_t(output.value.id)];
    if (value.storage != Storage::none) fail("output '", output.name, "' is an input, a constant or another output");
    value.storage = Storage::external;
    value.slot = int(plan_->slots.size());
    plan_->slots.push_back({Slot::output, output.name, value.type, output.value.id});
  }
}

/// Alive nodes, one by one or as proposed groups; a group stands where its last member does, also where others could
/// run in an earlier segment (what they read is then kept until that one).
std::vector<std::vector<int>> Planner::units() const {
  const auto& slicing = plan_->slicing.nodes;
  std::map<int, const std::vector<int>*> by_last;
  std::set<int> taken;
  for (const std::vector<int>& group : groups_) {
    bool together = true;
    for (int n : group)
      together = together && plan_->graph.node(n).alive() &&
                 slicing[size_t(n)].sliced == slicing[size_t(group[0])].sliced &&
                 slicing[size_t(n)].order <= slicing[size_t(group.back())].order;
    if (!together) continue;
    by_last[group.back()] = &group;
    taken.insert(group.begin(), group.end());
  }
  std::vector<std::vector<int>> units;
  for (int n = 0; n < plan_->graph.node_count(); ++n) {
    if (!plan_->graph.node(n).alive()) continue;
    if (const auto found = by_last.find(n); found != by_last.end()) units.push_back(*found->second);
    else if (!taken.count(n)) units.push_back({n});
  }
  return units;
}

void Planner::make_nodes() {
  const std::vector<std::vector<int>> all = units();
  for (const std::vector<int>& unit : all) {
    if (unit.size() == 1 && add_view(unit[0])) continue;
    if (!stored(unit, all) || make_with_chain(unit)) continue;
    make_unit(unit);
  }
}

void Planner::make_unit(std::vector<int> unit) {
  while (!unit.empty()) {
    Chosen chosen = choose(unit);
    const std::vector<int> taken(unit.begin(), unit.begin() + std::ptrdiff_t(chosen.members));
    unit.erase(unit.begin(), unit.begin() + std::ptrdiff_t(chosen.members));
    add_compute(taken, std::move(chosen));
    // What the backend left over is offered alone.
    if (unit.size() == 1 && add_view(unit[0])) break;
  }
}

/// A plan that measured anything is made again from the record alone, until nothing is missing there: a time may have
/// been measured once more, for a later group, after an earlier one was chosen by it, and the next plan of the same
/// graph must choose as this one does.
std::unique_ptr<Plan> make_plan(Graph graph, const std::vector<std::vector<int>>& groups, const PlanOptions& options) {
  if (!options.tuning) return Planner(std::move(graph), groups, options).run();
  const int64_t before = options.tuning->added();
  for (;;) {
    const int64_t known = options.tuning->added();
    std::unique_ptr<Plan> plan = Planner(graph, groups, options).run();
    if (options.tuning->added() > known) continue;
    if (known > before) release_measuring_memory();
    return plan;
  }
}

int64_t Plan::most_slices() const {
  return slices_by_order.empty() ? slices : *std::max_element(slices_by_order.begin(), slices_by_order.end());
}

int Plan::slot(Slot::Kind kind, const std::string& name) const {
  for (size_t i = 0; i < slots.size(); ++i)
    if (slots[i].kind == kind && slots[i].name == name) return int(i);
  return -1;
}

}  // namespace tacho
