// Gradients behind an activation or a max pooling are cheap to make and large to keep. Where the kernels of all that
// read one take it in while they load, and that is faster, it is never stored; where some do, these do not read it.
#include <algorithm>

#include "plan/planner.h"

namespace tacho {
namespace {

/// How much faster the tuner must find a reader that makes its operand anew.
constexpr double kGain = 1.05;

bool gates_or_unpools(const OpDef& op) {
  return op.name == "max_pool2d_backward" || (op.has(Trait::elementwise) && op.name.ends_with("_backward"));
}

bool reads(const Graph& graph, const std::vector<int>& unit, Value value) {
  return std::any_of(unit.begin(), unit.end(), [&](int n) {
    const Values& inputs = graph.node(n).inputs;
    return std::find(inputs.begin(), inputs.end(), value) != inputs.end();
  });
}

std::vector<int> joined(std::vector<int> chain, const std::vector<int>& unit) {
  chain.insert(chain.end(), unit.begin(), unit.end());
  return chain;
}

}  // namespace

/// The fastest kernel that takes all of a chain (which may be empty) and the unit behind it; nothing where there is
/// none.
std::optional<Planner::Chosen> Planner::whole_offer(const std::vector<int>& chain, const std::vector<int>& unit) {
  const std::vector<int> nodes = joined(chain, unit);
  const std::vector<Asked> order = order_for(unit);
  std::optional<Chosen> chosen;
  if (const auto choice = options_.choices.find(plan_->graph.path(unit[0])); choice != options_.choices.end())
    chosen = offer_named(nodes, order, choice->second);
  else if (options_.choices.empty() && by_time()) chosen = fastest_offer(nodes, order);
  if (!chosen || chosen->members != nodes.size() || chosen->asked.backend->name == "reference") return std::nullopt;
  return chosen;
}

/// Whether a unit is to be planned for itself. If it is a chain of such gradients, its readers are asked, and those
/// that shall make it anew are noted.
bool Planner::stored(const std::vector<int>& chain, const std::vector<std::vector<int>>& units) {
  const Graph& graph = plan_->graph;
  const auto cheap = [&](int n) { return gates_or_unpools(*graph.node(n).op); };
  if (groups_.empty() || !std::all_of(chain.begin(), chain.end(), cheap)) return true;
  if (!plan_->slicing.nodes[size_t(chain[0])].sliced && !plan_->branches) return true;
  if (!by_time() && options_.choices.empty()) return true;
  const Value result = graph.node(chain.back()).outputs[0];
  if (read_outside(graph, chain.back())) return true;
  const std::optional<Chosen> alone = whole_offer({}, chain);
  Layout& layout = plan_->values[size_t(result.id)].layout;
  const Layout before = layout;
  if (alone && !alone->offer.output_layouts.empty()) layout = alone->offer.output_layouts[0];
  int64_t kept = alone ? alone->tuned_ns : 0, never_kept = 0;
  bool all = true;
  std::vector<const std::vector<int>*> gain, every;
  for (const std::vector<int>& unit : units) {
    if (unit == chain || !reads(graph, unit, result)) continue;
    const std::optional<Chosen> anew = whole_offer(chain, unit), apart = whole_offer({}, unit);
    every.push_back(&unit);
    all = all && anew && (apart || !options_.choices.empty());
    if (!anew) continue;
    if (!options_.choices.empty() || (apart && double(anew->tuned_ns) * kGain <= double(apart->tuned_ns)))
      gain.push_back(&unit);
    kept += apart ? std::min(apart->tuned_ns, anew->tuned_ns) : 0;
    never_kept += anew->tuned_ns;
  }
  layout = before;
  const bool anew_only = all && !every.empty() &&
                         (options_.choices.empty() ? alone && double(never_kept) * kGain <= double(kept)
                                                   : options_.choices.count(graph.path(chain[0])) == 0);
  for (const std::vector<int>* unit : anew_only ? every : gain) anew_[unit->front()] = chain;
  if (!anew_only) kept_.insert(chain.back());
  return !anew_only;
}

/// Adds a unit that makes its chain anew; false where it reads what is stored (which then is, from here on).
bool Planner::make_with_chain(const std::vector<int>& unit) {
  const auto found = anew_.find(unit.front());
  if (found == anew_.end()) return false;
  const std::vector<int> chain = found->second;
  if (std::optional<Chosen> chosen = whole_offer(chain, unit)) {
    chosen->offer.reason += "; faster so than reading it";
    add_compute(joined(chain, unit), std::move(*chosen), chain.size());
    return true;
  }
  // Another layout than it was asked with: the chain is needed after all.
  if (kept_.insert(chain.back()).second) make_unit(chain);
  return false;
}

}  // namespace tacho
