// The algorithm of each group by measurement among all who take it, on one thread, with what the layouts cost.
#include <algorithm>
#include <cstdio>

#include "op/part_run.h"
#include "plan/planner.h"

namespace tacho {
namespace {

std::string milliseconds(int64_t ns) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g ms", double(ns) / 1e6);
  return text;
}

}  // namespace

/// Who takes the nodes, piece by piece, where `first` takes as many of them as it can and `order` is asked for the
/// rest. What one piece writes arrives at the next in its layout. Nothing where `first` takes none.
std::vector<Planner::Chosen> Planner::cover(std::vector<int> nodes, const Asked& first,
                                            const std::vector<Asked>& order) {
  std::vector<Chosen> pieces;
  std::vector<std::pair<int, Layout>> before;
  while (!nodes.empty()) {
    pieces.push_back(pieces.empty() ? first_offer(nodes, {first}) : first_offer(nodes, order));
    Chosen& piece = pieces.back();
    if (pieces.size() == 1 && piece.asked != first) return {};
    const std::vector<int> taken(nodes.begin(), nodes.begin() + std::ptrdiff_t(piece.members));
    piece.tuned_ns = time_of(taken, piece);
    nodes.erase(nodes.begin(), nodes.begin() + std::ptrdiff_t(piece.members));
    const Values& outputs = plan_->graph.node(taken.back()).outputs;
    for (size_t i = 0; i < outputs.size() && !piece.offer.output_layouts.empty(); ++i) {
      Layout& layout = plan_->values[size_t(outputs[i].id)].layout;
      before.emplace_back(outputs[i].id, layout);
      layout = piece.offer.output_layouts[i];
    }
  }
  for (const auto& [value, layout] : before) plan_->values[size_t(value)].layout = layout;
  return pieces;
}

/// The offer that an earlier plan took, "backend kernel"; nothing where nobody makes it now.
std::optional<Planner::Chosen> Planner::offer_named(const std::vector<int>& nodes, const std::vector<Asked>& order,
                                                    const std::string& name) {
  for (const Asked& asked : order) {
    const std::string backend(asked.backend->name);
    for (size_t members = nodes.size(); members > 0 && name.starts_with(backend + " "); --members) {
      Chosen chosen = first_offer({nodes.begin(), nodes.begin() + std::ptrdiff_t(members)}, {asked});
      if (chosen.asked == asked && name == backend + " " + chosen.offer.name) return chosen;
    }
  }
  return std::nullopt;
}

/// What a model says where one was given; else from the record, else measured; while `again_`, what this planner
/// measured itself is measured once more, and the median stands.
int64_t Planner::recorded(const std::string& key, const KernelCall& call) {
  constexpr size_t kMost = 9;
  if (options_.times) return options_.times->ns(call, key);
  if (!options_.tuning) return 0;
  const std::optional<int64_t> known = options_.tuning->find(key);
  const auto own = samples_.find(key);
  if (known && !(again_ && own != samples_.end() && own->second.size() < kMost)) return *known;
  std::vector<int64_t>& samples = samples_[key];
  const int64_t ns = options_.tuning->measure(call);
  samples.insert(std::upper_bound(samples.begin(), samples.end(), ns), ns);
  options_.tuning->add(key, samples[samples.size() / 2]);
  return samples[samples.size() / 2];
}

/// One step's time of a piece: all its slices, the reorders of what arrives in another layout, and packing.
int64_t Planner::time_of(const std::vector<int>& nodes, const Chosen& piece) {
  const Group group = make_group(nodes);
  const bool sliced = plan_->slicing.nodes[size_t(nodes[0])].sliced;
  const int order = plan_->slicing.nodes[size_t(nodes.back())].order;
  const int64_t slices = sliced ? plan_->slices_in(order) : 1, count = sliced ? plan_->examples_in(order) : 1;
  const Slice slice{0, count, sliced ? plan_->slicing.batch : 1};
  const std::string key = tuning_key(group, slices) + " by " + std::string(piece.asked.backend->name) + " " +
                          piece.offer.name + ", " + piece.offer.reason;
  // A smaller slice is measured by itself: a library may have no good kernel for it (oneDNN's gradient of a first
  // layer's filters took 20 times as long for 8 images as for 10).
  const SliceSizes sizes = sliced ? slice_sizes(order) : SliceSizes{1, 0};
  KernelCall call{
      KernelCall::run, *piece.offer.kernel, piece.asked.backend->name, &piece.offer, &group, slice, 0, {}, {}, {}};
  int64_t ns = sizes.large * recorded(key, call);
  if (sizes.small > 0) {
    Group smaller = group;
    for (GroupOperand& operand : smaller.operands)
      if (operand.state.kind == SliceState::sliced) operand.type.shape[0] = operand.type.shape[0] / count * (count - 1);
    call.group = &smaller;
    call.slice = {0, count - 1, plan_->slicing.batch};
    call.offered = count;
    ns += sizes.small * recorded(text_of(key, ", a slice of ", count - 1, " of ", count), call);
    call.group = &group;
  }
  for (size_t i = 0; i < group.inputs.size(); ++i) {
    const GroupOperand& operand = group.operands[size_t(group.inputs[i])];
    const Layout to = piece.offer.input_layouts.empty() ? Layout{} : piece.offer.input_layouts[i];
    const auto convert = [&](const Layout& from, const Layout& into) {
      if (same_in_memory(operand.type.shape, from, into)) return;
      const auto [backend, kernel] = converter(operand.type, from, into);
      ns += slices *
            recorded("reorder " + to_string(operand.type) + " " + to_string(from) + " to " + to_string(into),
                     {KernelCall::reorder, *kernel, backend->name, nullptr, nullptr, {}, 0, operand.type, from, into});
    };
    if (same_in_memory(operand.type.shape, operand.layout, to) || converter(operand.type, operand.layout, to).first) {
      convert(operand.layout, to);
    } else {
      convert(operand.layout, {});
      convert({}, to);
    }
  }
  for (size_t i = 0; i < piece.offer.packs.size() && !keeps_packs(); ++i) {
    call.kind = KernelCall::pack;
    call.pack_index = i;
    call.type = group.operands[size_t(group.inputs[piece.offer.packs[i].input])].type;
    ns += recorded(text_of(key, ", pack ", i), call);
  }
  return ns;
}

/// What a piece, whose last node is `last`, adds to a chain that has all cores for itself, as one example's inference
/// is: the time of a part, where its kernel's call is divided.
int64_t Planner::divided(int last, const Chosen& piece) const {
  if (!plan_->branches || !keeps_packs() || plan_->slicing.nodes[size_t(last)].sliced) return piece.tuned_ns;
  const PartRun* parts = part_run_of(*piece.offer.kernel);
  int64_t bytes = 0;
  for (Value output : plan_->graph.node(last).outputs) bytes += whole_bytes(plan_->values[size_t(output.id)]);
  if (!parts || !worth_dividing(piece.offer.executed, bytes)) return piece.tuned_ns;
  return piece.tuned_ns / std::min<int64_t>(cores(), parts->units());
}

/// Each backend is asked first once; the cover that takes least time wins. Those near it that were measured just now
/// are measured again in turn, with fresh memory: what a cache holds of an operand depends on where its pages lie, and
/// another load may have met one of them only. Within the margin the earlier in the order wins, so that one first use
/// chooses as the next. Refusals tell what the others would have taken.
Planner::Chosen Planner::fastest_offer(const std::vector<int>& nodes, const std::vector<Asked>& order) {
  constexpr double kNear = 1.5, kMargin = 1.05;
  constexpr int kRounds = 4;
  if (const auto choice = options_.choices.find(plan_->graph.path(nodes[0])); choice != options_.choices.end())
    if (std::optional<Chosen> former = offer_named(nodes, order, choice->second)) return std::move(*former);
  if (!by_time()) return first_offer(nodes, order);
  std::vector<std::pair<Asked, int64_t>> times;
  std::vector<std::vector<Chosen>> covers;
  const auto time = [&](std::vector<Chosen>& pieces) {
    int64_t ns = 0;
    size_t end = 0;
    for (const Chosen& piece : pieces) ns += divided(nodes[(end += piece.members) - 1], piece);
    return ns;
  };
  const auto least = [&] {
    return std::min_element(times.begin(), times.end(), [](auto& a, auto& b) { return a.second < b.second; })->second;
  };
  const int64_t measured = options_.tuning ? options_.tuning->added() : 0;
  for (const Asked& first : order) {
    if (first.backend->name == "reference") break;
    std::vector<Chosen> pieces = cover(nodes, first, order);
    if (pieces.empty()) continue;
    times.emplace_back(first, time(pieces));
    covers.push_back(std::move(pieces));
  }
  if (!options_.times && times.size() > 1 && options_.tuning->added() > measured) {
    const double near = kNear * double(least());
    again_ = true;
    for (int round = 0; round < kRounds; ++round)
      for (size_t i = 0; i < times.size(); ++i)
        if (double(times[i].second) <= near) {
          covers[i] = cover(nodes, times[i].first, order);
          times[i].second = time(covers[i]);
        }
    again_ = false;
  }
  std::vector<Chosen> best;
  int64_t best_ns = 0;
  for (size_t i = 0; i < times.size() && best.empty(); ++i)
    if (double(times[i].second) <= kMargin * double(least())) best = std::move(covers[i]), best_ns = times[i].second;
  if (best.empty()) {
    Chosen only = first_offer(nodes, order);
    // Nobody else takes it, so nothing is measured for the choice; a model's time is wanted all the same.
    if (options_.times) only.tuned_ns = time_of({nodes.begin(), nodes.begin() + std::ptrdiff_t(only.members)}, only);
    return only;
  }
  Chosen chosen = std::move(best.front());
  const bool chosen_divided = divided(nodes[chosen.members - 1], chosen) != chosen.tuned_ns;
  chosen.refusals = first_offer(nodes, order).refusals;
  std::erase_if(chosen.refusals, [&](const RefusedOffer& refusal) { return refusal.backend == chosen.asked.name(); });
  for (const auto& [asked, ns] : times)
    if (asked != chosen.asked) {
      chosen.slower.push_back({asked.name(), ns});
      chosen.refusals.push_back({asked.name(), std::string(options_.times ? "estimated " : "") +
                                                   (ns < best_ns ? "not faster by the margin" : "slower here") + ": " +
                                                   milliseconds(ns) + " a step on one thread, against " +
                                                   milliseconds(best_ns) + (chosen_divided ? ", divided" : "")});
    }
  return chosen;
}

}  // namespace tacho
