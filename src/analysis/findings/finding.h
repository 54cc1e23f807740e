#pragma once
// Rules: each looks at a report and may say one thing, with the numbers that it stands on. One rule a file. A rule says
// what this run shows, what to change, and the command that tries it. Where a switch or the batch does it, what that
// saves is priced afterwards, by measured times (analysis/price.h, lab/price.h); elsewhere the rule says the most that
// it could give, from measured terms of this run (analysis/bound.h).
#include <vector>

#include "analysis/report.h"

namespace tacho {

/// Appends what the rule found.
using Rule = void (*)(const Report& report, std::vector<Finding>& findings);

/// What every rule of all.cc says, grouped and in the order in which it is printed (groups.h).
std::vector<Finding> find_all(const Report& report);

void find_products(const Report& report, std::vector<Finding>& findings);
void find_product_shapes(const Report& report, std::vector<Finding>& findings);
void find_algorithms(const Report& report, std::vector<Finding>& findings);
void find_first_layer(const Report& report, std::vector<Finding>& findings);
void find_kernel_room(const Report& report, std::vector<Finding>& findings);
void find_padding(const Report& report, std::vector<Finding>& findings);
void find_index(const Report& report, std::vector<Finding>& findings);
void find_memory_bound(const Report& report, std::vector<Finding>& findings);
void find_pooling(const Report& report, std::vector<Finding>& findings);
void find_plain_loops(const Report& report, std::vector<Finding>& findings);
void find_reorders(const Report& report, std::vector<Finding>& findings);
void find_normalization(const Report& report, std::vector<Finding>& findings);
void find_optimizer(const Report& report, std::vector<Finding>& findings);
void find_double(const Report& report, std::vector<Finding>& findings);
void find_graph(const Report& report, std::vector<Finding>& findings);
void find_small_batch(const Report& report, std::vector<Finding>& findings);
void find_imbalance(const Report& report, std::vector<Finding>& findings);
void find_dispatch(const Report& report, std::vector<Finding>& findings);
void find_threads(const Report& report, std::vector<Finding>& findings);
void find_cache(const Report& report, std::vector<Finding>& findings);
void find_cache_batch(const Report& report, std::vector<Finding>& findings);
void find_outside(const Report& report, std::vector<Finding>& findings);
void find_input(const Report& report, std::vector<Finding>& findings);
void find_noise(const Report& report, std::vector<Finding>& findings);
void find_larger_batch(const Report& report, std::vector<Finding>& findings);
void find_leave_alone(const Report& report, std::vector<Finding>& findings);

/// The command that measures this run beside the same with one switch turned; the finding says which.
void suggest(Finding& finding, const Report& report, const std::string& turn, const std::string& value);
/// The command that measures this run with another batch; the finding says which.
void suggest_batch(Finding& finding, const Report& report, int64_t batch);
/// The run's backends with our own before them, as --backend takes them.
std::string simd_first(const Report& report);
/// The run's command with flags behind it.
std::string more_command(const Report& report, const std::string& flags);
/// What runs and why, of the same network and ways; a procedural run has no plan, so it is set beside the graph.
std::string plan_command(const Report& report);
/// Time against one of the same network's sizes.
std::string sweep_command(const Report& report, const std::string& over);
/// The flags of the run's command that say which network, with a space before each; empty for the default one.
std::string network_flags(const Report& report);
/// Prints the network as a file to edit: for what no switch changes.
std::string edit_network_command(const Report& report);

/// "a", "a and b", "a and 4 more": the first one's label stands for many.
std::string names_of(const std::vector<const Operation*>& operations);

/// Where the documents' "products are roughly d times the rest" in theory holds, layer by layer: from half of d to
/// twice. Empty without a layer that has both.
std::string documents_claim(const Report& report);

/// Shares of the whole step that some of its rows have, or of fused rows the parts of some kinds: in theory by work, in
/// time by the median step's thread time.
struct Share {
  int64_t work = 0, step_ns = 0;
  double theory = 0, time = 0;
};
/// `wanted(operation, kind)`: whether the row's part of that kind counts.
template <class Wanted>
Share share_of(const Report& report, Wanted&& wanted) {
  Share share;
  for (const Operation& operation : report.operations)
    for (const KindPart& part : operation.parts())
      if (wanted(operation, part.kind)) share.work += part.work, share.step_ns += part.step_ns;
  share.theory = report.step.work > 0 ? double(share.work) / double(report.step.work) : 0;
  share.time = report.step_thread_ns() > 0 ? double(share.step_ns) / double(report.step_thread_ns()) : 0;
  return share;
}

/// "98.8 %", with two significant digits below ten.
std::string percent(double share);
/// "41:1", "5.4:1"; "-" where there is nothing to compare with.
std::string against(double part, double rest);
/// Value of a switch of the run; "" where it has none of that name.
std::string switch_of(const RunRecord& record, const std::string& name);

}  // namespace tacho
