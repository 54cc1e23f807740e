#include "lab/exchanged.h"

#include <algorithm>
#include <map>

#include "base/clock.h"
#include "exec/placed_times.h"
#include "plan/tuning.h"
#include "trace/statistics.h"

namespace tacho {
namespace {

/// Everything that decides what a node's calls are, as text.
std::string calls_of(const Plan& plan, const PlannedNode& node) {
  std::string key = text_of(int(node.kind), " ", node.op, " ", node.backend, " ", node.kernel_name, " ", node.sliced,
                            " ", node.split_rows, " ", node.by_units, " ", node.partial_bytes, " ",
                            node.workspace_bytes, " ", node.pack_index, " ", tuning_key(node.group, 1));
  const auto add = [&](const char* what, int value) {
    key += what;
    if (value < 0) return;
    const PlannedValue& of = plan.values[size_t(value)];
    key += to_string(of.type) + " " + to_string(of.layout) + (of.sliced ? "/" : "");
  };
  for (const OperandUse& use : node.inputs) add(" from ", use.value);
  for (const OperandUse& use : node.outputs) add(use.partial ? " partly to " : " to ", use.value);
  for (int pack : node.packs) add(" with ", pack);
  return node.combined >= 0 ? key + " of " + calls_of(plan, plan.nodes[size_t(node.combined)]) : key;
}

/// Nodes by themselves, by groups of which one stands for all.
class ByGroups {
 public:
  ByGroups(const Plan& plan, int threads, std::vector<std::vector<size_t>> groups)
      : times_(plan, threads), groups_(std::move(groups)), measured_(groups_.size()), nodes_(plan.nodes.size()) {}
  size_t count() const { return groups_.size(); }
  /// The next one of the group.
  void measure(size_t group) {
    const std::vector<size_t>& nodes = groups_[group];
    times_.measure(int(nodes[measured_[group]++ % nodes.size()]));
  }
  int64_t unsure_ns(size_t group) const { return times_.unsure_ns(int(groups_[group][0])); }
  /// By node of the plan; 0 for those in no group.
  std::vector<int64_t> ns() const {
    std::vector<int64_t> by_node(nodes_);
    for (size_t g = 0; g < groups_.size(); ++g) {
      std::vector<int64_t> of_each(std::min(measured_[g], groups_[g].size()));
      for (size_t n = 0; n < of_each.size(); ++n) of_each[n] = times_.ns(int(groups_[g][n]));
      for (size_t node : groups_[g]) by_node[node] = of_each.empty() ? 0 : undisturbed(of_each);
    }
    return by_node;
  }

 private:
  PlacedTimes times_;
  std::vector<std::vector<size_t>> groups_;
  std::vector<size_t> measured_;  ///< times, by group
  size_t nodes_;
};

std::vector<std::vector<size_t>> each_node(const std::vector<bool>& wanted) {
  std::vector<std::vector<size_t>> groups;
  for (size_t n = 0; n < wanted.size(); ++n)
    if (wanted[n]) groups.push_back({n});
  return groups;
}

}  // namespace

std::vector<std::vector<size_t>> alike_nodes(const Plan& plan, const std::vector<bool>& wanted) {
  std::vector<std::vector<size_t>> groups;
  std::map<std::string, size_t> known;
  for (size_t n = 0; n < plan.nodes.size(); ++n) {
    if (!wanted[n]) continue;
    const auto [entry, fresh] = known.try_emplace(calls_of(plan, plan.nodes[n]), groups.size());
    if (fresh) groups.emplace_back();
    groups[entry->second].push_back(n);
  }
  return groups;
}

std::optional<AloneTimes> measure_exchanged(const Plan* plan, const Plan& other, const std::vector<int>& both,
                                            int threads, bool verifying, Turns& turns) {
  constexpr int kOfOwn = 2;
  const int most_rounds = verifying ? 4 : 3;
  constexpr int64_t kFewestTurns = 5, kMostTurns = 25;
  const auto most_ns = int64_t(kPriceSeconds * 1e9), enough_ns = verifying ? most_ns * 3 / 2 : most_ns / 2;
  const int64_t kernels_by_turns = verifying ? 1 : 4;  // of time
  std::vector<bool> fresh(other.nodes.size()), goes(plan ? plan->nodes.size() : 0, true);
  for (size_t n = 0; n < fresh.size(); ++n) {
    fresh[n] = both[n] < 0;
    if (both[n] >= 0 && plan) goes[size_t(both[n])] = false;
  }
  const auto groups = [&](const Plan& of, const std::vector<bool>& wanted) {
    return verifying ? each_node(wanted) : alike_nodes(of, wanted);
  };
  std::optional<ByGroups> of_own;
  if (plan) of_own.emplace(*plan, threads, groups(*plan, goes));
  ByGroups of_other(other, threads, groups(other, fresh));
  const size_t own_groups = of_own ? of_own->count() : 0;
  int64_t spent = 0, since_turn = 0;  // nanoseconds with kernels by themselves
  const auto measure = [&](ByGroups& of, size_t group) {
    const int64_t begin = now_ns();
    of.measure(group);
    const int64_t ns = now_ns() - begin;
    spent += ns, since_turn += ns;
    if (since_turn >= kernels_by_turns * turns.last_ns()) turns.turn(), since_turn = 0;
  };
  const auto go_on = [&](int rounds) {
    return rounds == 0 || (spent < enough_ns && (rounds < most_rounds || (verifying && turns.count() < kMostTurns)));
  };
  turns.turn();
  for (int round = 0; go_on(round); ++round) {
    int64_t all = 0;
    for (int64_t ns : of_other.ns()) all += ns;
    const auto again = [&](size_t g) { return round < most_rounds || of_other.unsure_ns(g) * 1000 > all; };
    for (size_t g = 0; g < std::max(own_groups, of_other.count()); ++g) {
      if (round == 0 && spent > most_ns) return std::nullopt;
      if (g < of_other.count() && again(g)) measure(of_other, g);
      if (g < own_groups && round < kOfOwn) measure(*of_own, g);
    }
    turns.turn(), since_turn = 0;
  }
  while (verifying && turns.count() < kFewestTurns) turns.turn();
  AloneTimes alone;
  alone.other = of_other.ns();
  if (of_own) alone.own = of_own->ns();
  return alone;
}

}  // namespace tacho
