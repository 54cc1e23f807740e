#include <cstdio>
#include <map>
#include <memory>

#include "cli/command.h"
#include "cli/common_flags.h"

namespace tacho {
namespace {

int run(const CommonFlags& flags) {
  const StepOptions step = step_from(flags);
  const Graph graph = source_graph(step);
  std::map<std::string_view, int> kinds;
  for (int n = 0; n < graph.node_count(); ++n) ++kinds[graph.node(n).op->name];
  std::printf("%s: %d operations a step\n", step.network.name.c_str(), graph.node_count());
  for (const auto& [name, times] : kinds) std::printf("%5d  %s\n", times, std::string(name).c_str());
  return 0;
}

std::function<int()> declare(FlagSet& set) {
  auto flags = std::make_shared<CommonFlags>();
  add_common_flags(set, *flags, kNetworkFlags | kBatchFlags | kTrainingFlags | kSwitchFlags);
  return [flags] { return run(*flags); };
}

}  // namespace

extern const Command command_kinds{
    .name = "kinds",
    .alias = "",
    .summary = "how many operations of each kind a step has",
    .examples = "tacho kinds simplenn-4                 of the reference experiment\n",
    .declare = declare,
};

}  // namespace tacho
