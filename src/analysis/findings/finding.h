#pragma once
// Rules: each looks at a report and may say one thing, with the numbers that it stands on. One rule a file; the order
// is that of all.cc. A rule says what this run shows, which switch would change it and which command would show more;
// what that would save is estimated afterwards, by measured times (analysis/price.h).
#include <vector>

#include "analysis/report.h"

namespace tacho {

/// Appends what the rule found.
using Rule = void (*)(const Report& report, std::vector<Finding>& findings);

/// Every rule, in the order in which their findings are printed.
std::vector<Finding> find_all(const Report& report);

void find_products(const Report& report, std::vector<Finding>& findings);
void find_product_shapes(const Report& report, std::vector<Finding>& findings);
void find_algorithms(const Report& report, std::vector<Finding>& findings);
void find_first_layer(const Report& report, std::vector<Finding>& findings);
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
void find_outside(const Report& report, std::vector<Finding>& findings);
void find_input(const Report& report, std::vector<Finding>& findings);
void find_noise(const Report& report, std::vector<Finding>& findings);
void find_leave_alone(const Report& report, std::vector<Finding>& findings);

/// The command that measures this run beside the same with one switch turned; the finding says which.
void suggest(Finding& finding, const Report& report, const std::string& turn, const std::string& value);

/// Shares of the whole step that some of its rows have: in theory by work, in time by the median step's thread time.
struct Share {
  int64_t work = 0, step_ns = 0;
  double theory = 0, time = 0;
};
template <class Wanted>
Share share_of(const Report& report, Wanted&& wanted) {
  Share share;
  for (const Operation& operation : report.operations)
    if (wanted(operation)) share.work += operation.work, share.step_ns += operation.step_ns;
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
