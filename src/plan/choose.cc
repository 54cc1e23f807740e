// Groups and offers: who runs what, in which layout, with which packed operands.
#include <algorithm>

#include "op/part_run.h"
#include "op/row_join.h"
#include "ops/products.h"
#include "plan/planner.h"

namespace tacho {
namespace {

int find_operand(const Group& group, const std::vector<std::pair<int, bool>>& keys, std::pair<int, bool> key) {
  for (size_t i = 0; i < group.operands.size(); ++i)
    if (keys[i] == key) return int(i);
  return -1;
}

Tally scaled(const Tally& tally, int64_t numerator, int64_t denominator) {
  Tally result;
  for_each_kind([&](auto&&, int64_t& to, const int64_t& from) { to = from * numerator / denominator; }, result, tally);
  return result;
}

}  // namespace

bool read_outside(const Graph& graph, int n) {
  for (Value value : graph.node(n).outputs) {
    for (const Graph::Output& output : graph.outputs())
      if (output.value == value) return true;
    for (const Graph::Commit& commit : graph.commits())
      if (commit.next == value) return true;
  }
  return false;
}

Group Planner::make_group(const std::vector<int>& nodes) const {
  const Graph& graph = plan_->graph;
  const int order = plan_->slicing.nodes[size_t(nodes.back())].order;
  Group group;
  std::vector<std::pair<int, bool>> keys;  // (value, taken in slices)
  std::vector<bool> produced;
  const auto operand = [&](Value value, SliceState state) {
    if (!value) return -1;
    const std::pair<int, bool> key{value.id, state.kind == SliceState::sliced};
    if (const int known = find_operand(group, keys, key); known >= 0) return known;
    TensorType type = graph.type(value);
    if (key.second) type.shape[0] = type.shape[0] / plan_->slicing.batch * plan_->examples_in(order);
    const PlannedValue& planned = plan_->values[size_t(value.id)];
    group.operands.push_back({type, state, cut_alike(planned, order) ? planned.layout : Layout{}});
    keys.push_back(key);
    produced.push_back(false);
    return int(group.operands.size()) - 1;
  };
  for (int n : nodes) {
    const GraphNode& node = graph.node(n);
    const NodeSlicing& slicing = plan_->slicing.nodes[size_t(n)];
    GroupMember member{node.op, node.attributes, {}, {}};
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const int index = operand(node.inputs[i], slicing.inputs[i]);
      member.inputs.push_back(index);
      if (index >= 0 && !produced[size_t(index)] &&
          std::find(group.inputs.begin(), group.inputs.end(), index) == group.inputs.end())
        group.inputs.push_back(index);
    }
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const int index = operand(node.outputs[i], slicing.outputs[i]);
      produced[size_t(index)] = true;
      member.outputs.push_back(index);
    }
    group.members.push_back(std::move(member));
  }
  // A proposal's inner values have one reader, the next member; so the last member's outputs are the group's.
  for (int index : group.members.back().outputs) group.outputs.push_back(index);
  return group;
}

/// Who is asked for nodes, in order of preference: where they permit bfloat16, a backend that multiplies in it first
/// for that.
std::vector<Planner::Asked> Planner::order_for(const std::vector<int>& nodes) const {
  const GraphNode& first = plan_->graph.node(nodes[0]);
  const bool gemm = first.op->name == "matmul" && !options_.gemm_backends.empty();
  std::vector<Asked> order;
  for (const Backend* backend : gemm ? options_.gemm_backends : options_.backends) {
    if (permits_bfloat16(first.attributes) && backend->multiplies_in_bfloat16 && backend->multiplies_in_bfloat16())
      order.push_back({backend, true});
    order.push_back({backend, false});
  }
  return order;
}

/// The first backend of `order` that takes the whole group, else its longest beginning that one takes; the reference,
/// which takes everything, only when no other backend takes any of it.
Planner::Chosen Planner::first_offer(const std::vector<int>& nodes, const std::vector<Asked>& order) {
  Chosen chosen;
  const Backend* reference = &backend_named("reference");
  for (size_t members = nodes.size(); members > 0; --members) {
    const Group group = make_group({nodes.begin(), nodes.begin() + std::ptrdiff_t(members)});
    OfferContext context{this_cpu(), options_.algorithm};
    context.row_major_outputs = read_outside(plan_->graph, nodes[members - 1]);
    context.keeps_packs = keeps_packs();
    context.images = options_.images;
    for (const Asked& asked : order) {
      const Backend* backend = asked.backend;
      if (backend == reference) break;
      context.bfloat16 = asked.bfloat16;
      const char* unavailable = backend->unavailable ? backend->unavailable() : nullptr;
      OfferResult result = unavailable ? OfferResult(Refusal{unavailable}) : backend->offer(group, context);
      if (const Offer* offer = std::get_if<Offer>(&result))
        if (std::string reason = layout_objection(group, *offer, context); !reason.empty()) result = Refusal{reason};
      if (auto* refusal = std::get_if<Refusal>(&result)) {
        chosen.refusals.push_back({asked.name(), (members > 1 ? to_string(group) + ": " : "") + refusal->reason});
        continue;
      }
      chosen.offer = std::move(std::get<Offer>(result));
      chosen.asked = asked;
      chosen.members = members;
      return chosen;
    }
  }
  OfferResult result = reference->offer(make_group(nodes), {this_cpu(), options_.algorithm});
  TACHO_CHECK(std::holds_alternative<Offer>(result), "the reference takes every group");
  chosen.offer = std::move(std::get<Offer>(result));
  chosen.asked = {reference, false};
  chosen.members = nodes.size();
  return chosen;
}

bool Planner::stays(int value) const {
  const int root = root_of(value);
  const PlannedValue& v = plan_->values[size_t(root)];
  if (v.storage == Storage::external) return plan_->slots[size_t(v.slot)].kind == Slot::variable;
  return v.storage == Storage::constant || made_before_.count(root) > 0;
}

/// Whether a node's results are the same in every step: it runs before the first one.
bool Planner::made_before(const std::vector<int>& nodes) const {
  if (!keeps_packs() || nodes.size() != 1 || read_outside(plan_->graph, nodes[0])) return false;
  const Values& inputs = plan_->graph.node(nodes[0]).inputs;
  return !inputs.empty() &&
         std::all_of(inputs.begin(), inputs.end(), [&](Value input) { return !input || stays(input.id); });
}

Planner::Chosen Planner::choose(const std::vector<int>& nodes) {
  // Once is not worth measuring, and whoever reads it finds it row-major, as variables are.
  if (made_before(nodes)) return first_offer(nodes, {{&backend_named("reference"), false}});
  const std::vector<Asked> order = order_for(nodes);
  return by_time() || !options_.choices.empty() ? fastest_offer(nodes, order) : first_offer(nodes, order);
}

/// A reshape whose result lies in memory exactly as its input does never runs.
bool Planner::add_view(int n) {
  const GraphNode& node = plan_->graph.node(n);
  if (!node.op->has(Trait::view) || node.inputs.size() != 1 || node.outputs.size() != 1) return false;
  PlannedValue& to = plan_->values[size_t(node.outputs[0].id)];
  const PlannedValue& from = plan_->values[size_t(node.inputs[0].id)];
  const NodeSlicing& slicing = plan_->slicing.nodes[size_t(n)];
  if (to.storage == Storage::external || !same_in_memory(from.type.shape, from.layout, {})) return false;
  if (slicing.outputs[0].kind == SliceState::partial || to.sliced != from.sliced) return false;
  // A whole value may only be seen through once it is complete: a combined partial is, a sliced one is not.
  to.root = from.root;
  PlannedNode planned;
  planned.kind = PlannedNode::view;
  planned.path = plan_->graph.path(n);
  planned.op = node.op->name;
  planned.place = node.place;
  planned.members = {n};
  planned.anchor = n;
  planned.kernel_name = "view";
  planned.reason = "the same memory with another shape";
  planned.order = slicing.order;
  planned.sliced = slicing.sliced;
  planned.inputs.push_back({node.inputs[0].id, to.sliced, false, from.rows});
  planned.outputs.push_back({node.outputs[0].id, to.sliced, false, to.rows});
  plan_->nodes.push_back(std::move(planned));
  aliases_.emplace_back();
  return true;
}

void Planner::add_compute(const std::vector<int>& nodes, Chosen chosen, size_t anew) {
  const Graph& graph = plan_->graph;
  const NodeSlicing& slicing = plan_->slicing.nodes[size_t(nodes.back())];
  PlannedNode planned;
  planned.group = make_group(nodes);
  // Each stands in one row, also where several planned nodes make it anew.
  for (int n : nodes)
    if (in_row_.insert(n).second) planned.members.push_back(n);
  planned.anchor = nodes[anew + size_t(planned.group.anchor)];
  planned.path = graph.path(planned.anchor);
  planned.op = graph.node(planned.anchor).op->name;
  planned.place = graph.node(planned.anchor).place;
  planned.backend = chosen.asked.backend->name;
  planned.bfloat16 = chosen.offer.bfloat16;
  planned.kernel_name = chosen.offer.name;
  planned.reason = chosen.offer.reason;
  planned.refusals = std::move(chosen.refusals);
  planned.slower = std::move(chosen.slower);
  planned.tuned_ns = chosen.tuned_ns;
  planned.kernel = std::move(chosen.offer.kernel);
  planned.order = slicing.order;
  planned.sliced = slicing.sliced;
  planned.prepared = made_before(nodes);
  planned.workspace_bytes = int64_t(chosen.offer.workspace_bytes);
  plan_->workspace_bytes = std::max(plan_->workspace_bytes, planned.workspace_bytes);

  // External operands in the group's order: inputs as the members read them, outputs of the last member.
  std::vector<Value> seen;
  std::vector<bool> seen_sliced;
  for (int n : nodes) {
    const GraphNode& node = graph.node(n);
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const Value value = node.inputs[i];
      const bool sliced = plan_->slicing.nodes[size_t(n)].inputs[i].kind == SliceState::sliced;
      bool inner = !value;
      for (int m : nodes)
        for (Value output : graph.node(m).outputs) inner = inner || output == value;
      for (size_t k = 0; k < seen.size(); ++k) inner = inner || (seen[k] == value && seen_sliced[k] == sliced);
      if (inner) continue;
      seen.push_back(value);
      seen_sliced.push_back(sliced);
      const size_t index = planned.inputs.size();
      const Layout wanted = chosen.offer.input_layouts.empty() ? Layout{} : chosen.offer.input_layouts[index];
      const int64_t rows = sliced ? graph.type(value).shape[0] / plan_->slicing.batch : 1;
      const int in = in_layout(value.id, sliced, rows, wanted, planned);
      planned.inputs.push_back({in, sliced, false, rows});
    }
  }
  bool partial = false;
  const GraphNode& last = graph.node(nodes.back());
  for (size_t i = 0; i < last.outputs.size(); ++i) {
    const SliceState state = slicing.outputs[i];
    PlannedValue& value = plan_->values[size_t(last.outputs[i].id)];
    if (!chosen.offer.output_layouts.empty()) value.layout = chosen.offer.output_layouts[i];
    partial = partial || state.kind == SliceState::partial;
    planned.outputs.push_back(
        {last.outputs[i].id, state.kind == SliceState::sliced, state.kind == SliceState::partial, value.rows});
  }
  if (planned.prepared) {
    planned.reason += "; once, kept from step to step";
    for (Value output : last.outputs) made_before_.insert(output.id);
  }
  if (partial) planned.partial_bytes = int64_t(planned.kernel->partial_bytes());
  if (!planned.sliced && !planned.prepared && nodes.size() == 1 && chosen.offer.packs.empty() && splits(chosen.offer))
    planned.split_rows = rows_that_split(planned, planned.inputs, planned.outputs);
  planned.executed = for_whole_batch(chosen.offer.executed, planned);
  if (plan_->branches && !planned.sliced && !planned.prepared && !partial && planned.split_rows == 0)
    split_by_units(planned);
  add_packs(planned, chosen.offer);
  plan_->nodes.push_back(std::move(planned));
  aliases_.push_back(std::move(chosen.offer.aliases));
  if (partial) add_combine(int(plan_->nodes.size()) - 1);
}

Planner::SliceSizes Planner::slice_sizes(int order) const {
  const int64_t slices = plan_->slices_in(order);
  const int64_t large = plan_->slicing.batch - slices * (plan_->examples_in(order) - 1);
  return {large, slices - large};
}

/// How often the offered (largest) slice's work is done, with the smaller slices in proportion.
Executed Planner::for_whole_batch(const Executed& slice, const PlannedNode& node) const {
  if (!node.sliced) return slice;
  const SliceSizes sizes = slice_sizes(node.order);
  const int64_t examples = plan_->examples_in(node.order);
  Executed whole = slice;
  whole.tally = scaled(slice.tally, sizes.large, 1);
  whole.tally += scaled(slice.tally, sizes.small * (examples - 1), examples);
  if (sizes.small) whole.declared = true;  // exact only where the count is linear in the batch
  for (const OperandUse& output : node.outputs)
    if (output.partial)  // each slice but a lane's first adds its partial to what is there
      whole.tally.add +=
          (plan_->slices_in(node.order) - plan_->lanes) * element_count(plan_->values[size_t(output.value)].type.shape);
  return whole;
}

void Planner::add_packs(PlannedNode& node, const Offer& offer) {
  for (size_t i = 0; i < offer.packs.size(); ++i) {
    const OperandUse& operand = node.inputs[offer.packs[i].input];
    TACHO_CHECK(!operand.sliced, "only a whole operand can be packed");
    PlannedValue value;
    value.type = {DType::uint8, {int64_t(offer.packs[i].bytes)}};
    value.root = int(plan_->values.size());
    PlannedNode pack;
    pack.kind = PlannedNode::pack;
    pack.op = "pack";
    pack.place = node.place;
    pack.path = node.path + ":pack" + std::to_string(i);
    pack.kernel = node.kernel;
    pack.pack_index = int(i);
    pack.backend = node.backend;
    pack.kernel_name = "pack";
    pack.reason = "operand in the form that " + node.kernel_name + " reads";
    const int order =
        plan_->slicing.values.size() > size_t(operand.value) ? plan_->slicing.values[size_t(operand.value)].order : 0;
    pack.order = order % 2 ? order + 1 : order;
    pack.prepared = keeps_packs() && stays(operand.value);
    if (pack.prepared) pack.reason += "; kept from step to step";
    pack.inputs.push_back({operand.value, false, false, 1});
    pack.outputs.push_back({value.root, false, false, 1});
    node.packs.push_back(value.root);
    plan_->values.push_back(std::move(value));
    plan_->nodes.push_back(std::move(pack));
    aliases_.emplace_back();
  }
}

/// Packed operands are made when they are about to be read, a few layers' at a time, not all at the beginning: of a
/// deep network they are several times its weights (vgg16 in Winograd's form: 480 MB), and those of layers that are far
/// from one another share memory. A few at a time, because each is a task, and the threads shall share them.
void Planner::delay_packs() {
  constexpr int64_t kParts = 8;
  std::map<int, int> reader;  // packed value -> first order that reads it
  for (const PlannedNode& node : plan_->nodes)
    for (int value : node.packs) {
      const auto [it, fresh] = reader.emplace(value, node.order);
      if (!fresh) it->second = std::min(it->second, node.order);
    }
  std::vector<std::pair<int, PlannedNode*>> packs;  // (order of the reader, pack)
  int64_t all = 0;
  for (PlannedNode& node : plan_->nodes)
    if (node.kind == PlannedNode::pack && !node.prepared) {
      packs.emplace_back(reader.at(node.outputs[0].value), &node);
      all += bytes_touched(int(&node - plan_->nodes.data()));
    }
  std::stable_sort(packs.begin(), packs.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  int order = 0, together = 0;
  int64_t bytes = 0;
  for (auto& [read_in, pack] : packs) {
    if (together == 0 || (together >= cores() && bytes >= all / kParts)) {
      order = read_in - read_in % 2;  // whole: ends before a segment begins
      together = 0, bytes = 0;
    }
    pack->order = std::max(pack->order, order);
    ++together;
    bytes += bytes_touched(int(pack - plan_->nodes.data()));
  }
}

void Planner::add_combine(int n) {
  PlannedNode combine;
  const PlannedNode& node = plan_->nodes[size_t(n)];
  combine.kind = PlannedNode::combine;
  combine.op = "combine";
  combine.place = node.place;
  combine.path = node.path + ":combine";
  combine.kernel = node.kernel;
  combine.backend = node.backend;
  combine.kernel_name = "combine";
  combine.reason = text_of("joins ", plan_->lanes, " lanes' partials by a binary tree");
  combine.order = node.order + 1;
  combine.combined = n;
  for (const OperandUse& output : node.outputs) {
    if (!output.partial) continue;
    combine.outputs.push_back({output.value, false, false, 1});
    combine.executed.tally.add += (plan_->lanes - 1) * element_count(plan_->values[size_t(output.value)].type.shape);
  }
  combine.executed.declared = node.executed.declared;
  // By rows, where the kernel can: several threads share the work, and whoever reads a block finds it in the cache.
  if (combine.outputs.size() == 1 && row_join_of(*node.kernel)) {
    combine.split_rows = plan_->values[size_t(combine.outputs[0].value)].type.shape[0];
    combine.outputs[0].sliced = true;
    combine.reason += ", row by row";
  }
  plan_->nodes.push_back(std::move(combine));
  aliases_.emplace_back();
}

/// A node that one example makes whole, by its kernel's own units.
void Planner::split_by_units(PlannedNode& node) const {
  const PartRun* parts = part_run_of(*node.kernel);
  if (!parts) return;
  node.split_rows = parts->units();
  node.by_units = true;
  int64_t bytes = 0;
  for (const OperandUse& use : node.outputs) bytes += whole_bytes(plan_->values[size_t(use.value)]);
  if (!worth_dividing(node.executed, bytes)) return;
  const Tally again = parts->repeated();
  for (int64_t part = 1; part < std::min<int64_t>(cores(), node.split_rows); ++part) node.executed.tally += again;
}

/// Whether a node that runs whole may be split over its own outermost axis, and the operands that are then taken in
/// parts.
int64_t Planner::rows_that_split(const PlannedNode& node, std::vector<OperandUse>& inputs,
                                 std::vector<OperandUse>& outputs) const {
  const GraphNode& g = plan_->graph.node(node.anchor);
  const Shape& first = plan_->graph.type(g.outputs[0]).shape;
  if (first.empty() || first[0] < 2 || inputs.size() != g.inputs.size()) return 0;
  const int64_t rows = first[0];
  const TensorTypes in = input_types(plan_->graph, g), out = output_types(plan_->graph, g);
  for (size_t start = 0; start < in.size(); ++start) {
    if (in[start].shape.empty() || in[start].shape[0] != rows) continue;
    SliceStates states(in.size());
    states[start] = SliceState::Sliced(0);
    const SliceStates results = g.op->slice({g.attributes, in, out}, states);
    bool possible = true;
    const auto in_rows = [&](const SliceState& state, const TensorType& type) {
      return state.kind == SliceState::whole || (state.is_sliced(0) && type.shape[0] % rows == 0);
    };
    for (size_t i = 0; i < results.size(); ++i)
      possible = possible && results[i].is_sliced(0) && out[i].shape[0] % rows == 0;
    for (size_t i = 0; i < states.size(); ++i) possible = possible && in_rows(states[i], in[i]);
    if (!possible) continue;
    for (size_t i = 0; i < states.size(); ++i)
      if (states[i].kind == SliceState::sliced) inputs[i].sliced = true, inputs[i].rows = in[i].shape[0] / rows;
    for (size_t i = 0; i < results.size(); ++i) outputs[i].sliced = true, outputs[i].rows = out[i].shape[0] / rows;
    return rows;
  }
  return 0;
}

}  // namespace tacho
