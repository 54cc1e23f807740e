#include <algorithm>
#include <cstdio>

#include "analysis/findings/finding.h"
#include "analysis/findings/groups.h"

namespace tacho {

std::vector<Finding> find_all(const Report& report) {
  static constexpr Rule kRules[] = {
      find_products,     find_product_shapes, find_algorithms,  find_first_layer, find_kernel_room, find_padding,
      find_index,        find_memory_bound,   find_pooling,     find_plain_loops, find_reorders,    find_normalization,
      find_optimizer,    find_double,         find_graph,       find_small_batch, find_imbalance,   find_dispatch,
      find_threads,      find_cache,          find_cache_batch, find_outside,     find_input,       find_noise,
      find_larger_batch, find_leave_alone};
  std::vector<Finding> findings;
  for (const Rule rule : kRules) rule(report, findings);
  // Means over steps of which one stalled may be more than the median step: nothing saves more than that.
  for (Finding& finding : findings)
    if (finding.at_most_ns) finding.at_most_ns = std::clamp<int64_t>(*finding.at_most_ns, 0, report.step.median_ns);
  group_findings(findings, report.step);
  return findings;
}

void suggest(Finding& finding, const Report& report, const std::string& turn, const std::string& value) {
  finding.turn = turn, finding.value = value;
  finding.command = report.record->command + " --against " + turn + "=" + value;
}

void suggest_batch(Finding& finding, const Report& report, int64_t batch) {
  finding.batch = batch;
  finding.command = more_command(report, "--batch-size " + std::to_string(batch));
}

std::string simd_first(const Report& report) {
  std::string list = "simd," + switch_of(*report.record, "backend");
  std::erase(list, ' ');
  return list;
}

std::string more_command(const Report& report, const std::string& flags) {
  std::string command = report.record->command;
  // A flag is not said twice.
  const std::string name = " " + flags.substr(0, flags.find(' ')) + " ";
  if (const size_t at = command.find(name); at != std::string::npos) {
    const size_t end = command.find(" --", at + name.size());
    command.erase(at, end == std::string::npos ? std::string::npos : end - at);
  }
  return command + " " + flags;
}

namespace {

/// The run's command as another one's.
std::string as_command(const Report& report, const std::string& name) {
  constexpr std::string_view kOwn = "tacho analyze";
  const std::string& command = report.record->command;
  return "tacho " + name + (command.starts_with(kOwn) ? command.substr(kOwn.size()) : std::string());
}

}  // namespace

std::string plan_command(const Report& report) {
  // A procedural step has no plan: what a graph makes of it is the next question.
  if (switch_of(*report.record, "execution") == "procedural") return more_command(report, "--against execution=graph");
  return as_command(report, "plan");
}

std::string sweep_command(const Report& report, const std::string& over) {
  std::string command = as_command(report, "sweep");
  constexpr std::string_view kForwardOnly = " --inference";  // a sweep trains
  if (const size_t at = command.find(kForwardOnly); at != std::string::npos) command.erase(at, kForwardOnly.size());
  return command + " --over " + over;
}

std::string network_flags(const Report& report) {
  const std::string& command = report.record->command;
  std::string text;
  for (const char* flag : {" --network ", " --width ", " --depth ", " --image ", " --classes "})
    if (const size_t at = command.find(flag); at != std::string::npos)
      text += command.substr(at, command.find(" --", at + 1) - at);
  return text;
}

std::string edit_network_command(const Report& report) { return "tacho inspect" + network_flags(report) + " --toml"; }

std::string names_of(const std::vector<const Operation*>& operations) {
  if (operations.empty()) return "";
  const size_t more = operations.size() - 1;
  const std::string& first = operations[0]->label;
  return more == 0 ? first : text_of(first, " and ", more == 1 ? operations[1]->label : text_of(more, " more"));
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
