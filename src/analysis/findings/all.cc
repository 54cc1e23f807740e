#include <cstdio>

#include "analysis/findings/finding.h"

namespace tacho {

std::vector<Finding> find_all(const Report& report) {
  static constexpr Rule kRules[] = {
      find_products,     find_product_shapes, find_algorithms,  find_first_layer, find_padding,       find_index,
      find_memory_bound, find_pooling,        find_plain_loops, find_reorders,    find_normalization, find_optimizer,
      find_double,       find_graph,          find_small_batch, find_imbalance,   find_dispatch,      find_threads,
      find_cache,        find_outside,        find_input,       find_noise,       find_leave_alone};
  std::vector<Finding> findings;
  for (const Rule rule : kRules) rule(report, findings);
  return findings;
}

void suggest(Finding& finding, const Report& report, const std::string& turn, const std::string& value) {
  finding.turn = turn, finding.value = value;
  finding.command = report.record->command + " --against " + turn + "=" + value;
}

std::string percent(double share) {
  char text[32];
  const double value = share * 100;
  std::snprintf(text, sizeof text, value >= 10 || value == 0 ? "%.0f %%" : value >= 1 ? "%.1f %%" : "%.2f %%", value);
  return text;
}

std::string against(double part, double rest) {
  if (part <= 0 && rest <= 0) return "-";
  if (rest <= 0) return "all:0";
  char text[32];
  const double ratio = part / rest;
  std::snprintf(text, sizeof text, ratio >= 10 ? "%.0f:1" : ratio >= 0.1 ? "%.1f:1" : "%.2f:1", ratio);
  return text;
}

std::string switch_of(const RunRecord& record, const std::string& name) {
  for (const auto& [known, value] : record.switches)
    if (known == name) return value;
  return "";
}

}  // namespace tacho
