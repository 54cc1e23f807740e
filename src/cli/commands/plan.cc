#include "plan/plan.h"

#include <cstdio>

#include "analysis/render_json.h"
#include "cli/command.h"
#include "cli/common_flags.h"
#include "train/session.h"

namespace tacho {
namespace {

struct PlanFlags {
  CommonFlags common;
  bool inference = false;
};

const char* kind_name(PlannedNode::Kind kind) {
  switch (kind) {
    case PlannedNode::compute:
      return "compute";
    case PlannedNode::view:
      return "view";
    case PlannedNode::combine:
      return "combine";
    case PlannedNode::pack:
      return "pack";
    case PlannedNode::reorder:
      return "reorder";
    case PlannedNode::commit:
      return "commit";
  }
  return "";
}

std::string as_json(const Plan& plan, const MemoryMap& memory, const StepOptions& step) {
  Json switches = Json::object(), nodes = Json::array();
  for (const auto& [name, value] : step.way.switches) switches[name] = value;
  for (const PlannedNode& node : plan.nodes) {
    Json refusals = Json::array();
    for (const RefusedOffer& refusal : node.refusals)
      refusals.push_back({{"backend", refusal.backend}, {"reason", refusal.reason}});
    nodes.push_back({{"node", node.path},
                     {"op", node.op},
                     {"kind", kind_name(node.kind)},
                     {"layer", node.place.layer},
                     {"phase", name_of(node.place.phase)},
                     {"backend", node.backend},
                     {"kernel", node.kernel_name},
                     {"reason", node.reason},
                     {"refusals", refusals},
                     {"tuned_ns", node.tuned_ns},
                     {"sliced", node.sliced},
                     {"slices", node.sliced ? plan.slices_in(node.order) : 0},
                     {"prepared", node.prepared},
                     {"partial_bytes", node.partial_bytes},
                     {"workspace_bytes", node.workspace_bytes}});
  }
  return Json{{"schema", "tacho.plan"},
              {"schema_version", 1},
              {"network", step.network.name},
              {"batch_size", step.batch},
              {"dtype", dtype_name(step.way)},
              {"switches", switches},
              {"slices", plan.slices},
              {"most_slices", plan.most_slices()},
              {"slice_examples", plan.slice_examples},
              {"lanes", plan.lanes},
              {"estimated", plan.estimated},
              {"segments", plan.segments},
              {"stages", plan.stages.size()},
              {"planned_bytes", plan.planned_bytes(step.way.threads)},
              {"sum_of_sizes_bytes", plan.sum_of_sizes_bytes},
              {"memory", memory_to_json(memory)},
              {"nodes", nodes}}
      .dump(2);
}

int run(const PlanFlags& flags) {
  StepOptions step = step_from(flags.common);
  if (step.way.procedural)
    fail("--execution procedural has no plan: it runs statement by statement; use --execution graph");
  if (flags.inference) step.kind = StepKind::inference;
  VariableStore variables = initial_variables(step, uint64_t(flags.common.seed));
  Pool pool(step.way.threads);
  const Session session(step, pool, variables);
  const Plan& plan = *session.executor().plan();
  const MemoryMap memory = memory_map(plan, step.way.threads);
  if (flags.common.text_wanted()) {
    std::printf("%s, batch %lld, %s: %s\n", step.network.name.c_str(), static_cast<long long>(step.batch),
                dtype_name(step.way).c_str(), to_string(step.way).c_str());
    std::fputs(to_text(plan).c_str(), stdout);
    if (const std::string peaks = to_text(memory); !peaks.empty()) std::printf("\n%s", peaks.c_str());
  }
  write_json(flags.common, as_json(plan, memory, step));
  return 0;
}

std::function<int()> declare(FlagSet& set) {
  auto flags = std::make_shared<PlanFlags>();
  set.heading("Plan");
  set.flag("--inference", "of the forward part alone", flags->inference);
  add_common_flags(set, flags->common, kAllFlags);
  return [flags] { return run(*flags); };
}

}  // namespace

extern const Command command_plan;
const Command command_plan = {"plan", "", "what will run: kernel and reason per node, slices, memory",
                              "tacho plan simplenn-4                  who runs what, and why\n"
                              "tacho plan --gemm reference --batch-size 16    the same, another way",
                              declare};

}  // namespace tacho
