#include "exec/graph_executor.h"

#include <cstring>

namespace tacho {

GraphExecutor::GraphExecutor(Graph source, std::unique_ptr<Plan> plan, Pool& pool, VariableStore& variables)
    : source_(std::move(source)), plan_(std::move(plan)), pool_(pool), runner_(*plan_, pool.threads()) {
  for (size_t s = 0; s < plan_->slots.size(); ++s) {
    const Slot& slot = plan_->slots[s];
    if (slot.kind != Slot::variable) continue;
    const auto found = variables.find(slot.name);
    if (found == variables.end()) fail("variable '", slot.name, "' has no value");
    if (found->second.type() != slot.type)
      fail("variable '", slot.name, "': expected ", to_string(slot.type), ", got ", to_string(found->second.type()));
    runner_.bind(int(s), found->second.view().data);
  }
}

void GraphExecutor::bind(std::string_view input, const View& view) {
  for (size_t s = 0; s < plan_->slots.size(); ++s) {
    const Slot& slot = plan_->slots[s];
    if (slot.kind != Slot::input || slot.name != input) continue;
    if (view.type != slot.type)
      fail("input '", input, "': expected ", to_string(slot.type), ", got ", to_string(view.type));
    runner_.bind(int(s), view.data);
    return;
  }
  fail("the step has no input '", input, "'");
}

void GraphExecutor::step() {
  if (!touched_) touch_first(pool_, runner_.first_touches()), touched_ = true;
  if (!prepared_) runner_.prepare(), prepared_ = true;
  pool_.run(runner_);
}

Tensor GraphExecutor::output(const std::string& name) const {
  for (const Graph::Output& output : plan_->graph.outputs()) {
    if (output.name != name) continue;
    const View view = runner_.view_of(output.value);
    Tensor copy(view.type);
    std::memcpy(copy.view().data, view.data, size_t(view.bytes()));
    return copy;
  }
  fail("the step has no output '", name, "'");
}

std::vector<NodeRow> GraphExecutor::rows() const { return rows_of(*plan_); }

}  // namespace tacho
