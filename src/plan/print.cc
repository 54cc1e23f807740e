#include <cstdio>

#include "plan/plan.h"

namespace tacho {
namespace {

std::string megabytes(int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f MB", double(bytes) / 1e6);
  return text;
}

std::string padded(std::string text, size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

/// What tuning found, where it measured, or the cost model said.
std::string time_text(const Plan& plan, int64_t ns) {
  if (ns <= 0) return "";
  char text[64];
  std::snprintf(text, sizeof text, " (%s: %.3g ms a step on one thread)", plan.estimated ? "estimated" : "measured",
                double(ns) / 1e6);
  return text;
}

const char* storage_name(Storage storage) {
  switch (storage) {
    case Storage::none:
      return "-";
    case Storage::external:
      return "bound";
    case Storage::constant:
      return "constant";
    case Storage::shared:
      return "shared";
    case Storage::local:
      return "local";
  }
  return "-";
}

}  // namespace

KernelChoices choices_of(const Plan& plan) {
  KernelChoices choices;
  for (const PlannedNode& node : plan.nodes)
    if (node.kind == PlannedNode::compute) choices[node.path] = node.backend + " " + node.kernel_name;
  return choices;
}

std::string fingerprint_of(const Plan& plan) {
  std::string text = text_of(plan.slices, " ", plan.slice_examples, " ", plan.lanes, " ", plan.stages.size());
  if (plan.slices > 0 && plan.slicing.batch % plan.slices) text += " cut evenly";
  for (int64_t slices : plan.slices_by_order) text += text_of(" ", slices);
  for (const PlannedNode& node : plan.nodes)
    text += text_of("\n", node.path, " ", int(node.kind), " ", node.backend, " ", node.kernel_name, " ", node.sliced,
                    " ", node.order);
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : text) hash = (hash ^ uint8_t(c)) * 0x100000001b3;
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
  return digits;
}

std::string to_text(const Plan& plan) {
  std::string text =
      plan.successors.empty()
          ? text_of("slices ", plan.slices, " of ", plan.slice_examples, " examples",
                    plan.most_slices() > plan.slices ? text_of(" to ", plan.most_slices(), " by segment") : "", ", ",
                    plan.lanes, " lanes, ", plan.segments, " segments, ", plan.stages.size(), " stages\n")
          : text_of("whole nodes in ", plan.successors.size(), " tasks, each as soon as those it depends on are over",
                    plan.branches ? ": one example is not sliced\n" : "\n");
  text += "memory shared " + megabytes(plan.shared_bytes) + ", per thread " +
          megabytes(plan.local_bytes + plan.workspace_bytes) + "; all values apart " +
          megabytes(plan.sum_of_sizes_bytes) + "\n\n";
  text += padded("NODE", 45) + padded("RUNS", 11) + padded("KERNEL", 31) + padded("RESULT IN", 10) + "WHY\n";
  std::vector<int> calls(plan.nodes.size());
  for (const Stage& stage : plan.stages)
    for (const Task& task : stage.tasks)
      for (const Item& item : task.items) ++calls[size_t(item.node)];
  for (size_t n = 0; n < plan.nodes.size(); ++n) {
    const PlannedNode& node = plan.nodes[n];
    std::string where;
    for (const OperandUse& use : node.outputs) {
      int root = use.value;
      while (plan.values[size_t(root)].root != root) root = plan.values[size_t(root)].root;
      const std::string name = use.partial ? "partial" : storage_name(plan.values[size_t(root)].storage);
      if (where.find(name) == std::string::npos) where += (where.empty() ? "" : ",") + name;
    }
    const std::string kernel = node.backend.empty() ? node.kernel_name : node.backend + " " + node.kernel_name;
    const std::string runs = node.kind == PlannedNode::view ? "-"
                             : node.prepared                ? "before"
                             : node.sliced                  ? text_of("sliced ", plan.slices_in(node.order))
                             : calls[n] > 1                 ? text_of("parts ", calls[n])
                                                            : "once";
    text += padded(node.path, 44) + " " + padded(runs, 11) + padded(kernel, 30) + " " + padded(where, 10) +
            node.reason + time_text(plan, node.tuned_ns) + "\n";
    for (const RefusedOffer& refusal : node.refusals)
      text += "    not " + refusal.backend + ": " + refusal.reason + "\n";
    if (node.anchor >= 0 && !plan.slicing.nodes[size_t(node.anchor)].refusal.empty())
      text += "    whole: " + plan.slicing.nodes[size_t(node.anchor)].refusal + "\n";
  }
  return text;
}

}  // namespace tacho
