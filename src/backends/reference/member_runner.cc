#include "backends/reference/member_runner.h"

namespace tacho::reference {

MemberRunner::MemberRunner(const Group& group)
    : OutputPartialKernel(group), group_(group), places_(group.operands.size()) {
  std::vector<bool> external(group.operands.size(), false);
  const auto place = [&](const std::vector<int>& operands, Place::Kind kind) {
    for (size_t i = 0; i < operands.size(); ++i) {
      places_[size_t(operands[i])] = {kind, i};
      external[size_t(operands[i])] = true;
    }
  };
  place(group.inputs, Place::input);
  place(group.outputs, Place::output);
  workspace_bytes_ = partial_.bytes();
  for (size_t i = 0; i < group.operands.size(); ++i) {
    if (external[i]) continue;
    places_[i] = {Place::workspace, workspace_bytes_};
    const TensorType& type = group.operands[i].type;
    workspace_bytes_ += aligned_bytes(size_t(byte_count(type.shape, type.dtype)));
  }
}

View MemberRunner::view_of(int operand, const KernelRun& run, const SliceScale& scale, void* partial) const {
  if (operand < 0) return {nullptr, {DType::boolean, {}}};  // absent optional input
  const GroupOperand& value = group_.operands[size_t(operand)];
  if (partial && value.state.kind == SliceState::partial) return partial_.view(partial, operand);
  const Place& place = places_[size_t(operand)];
  if (place.kind == Place::input) return run.inputs[place.at];
  if (place.kind == Place::output) return run.outputs[place.at];
  return {static_cast<std::byte*>(run.workspace) + place.at, scale.type(value)};
}

void MemberRunner::run_members(const KernelRun& run, void* partial) const {
  const SliceScale scale(group_, run.inputs);
  for (const GroupMember& member : group_.members) {
    SmallVector<View, kMaxOperands> inputs, outputs;
    for (int operand : member.inputs) inputs.push_back(view_of(operand, run, scale, partial));
    for (int operand : member.outputs) outputs.push_back(view_of(operand, run, scale, partial));
    run_reference(*member.op, member.attributes, {inputs, outputs, run.slice, nullptr, {}});
  }
}

RunStatus MemberRunner::run(const KernelRun& run) const {
  run_members(run, nullptr);
  return {};
}

RunStatus MemberRunner::accumulate(const KernelRun& run, void* partial) const {
  if (partial_.empty(partial)) {
    run_members(run, partial);
    partial_.add_rows(partial, run.slice.count);
    return {};
  }
  void* const scratch = run.workspace;
  partial_.begin(scratch);
  run_members(run, scratch);
  partial_.add_rows(scratch, run.slice.count);
  partial_.combine(partial, scratch);
  return {};
}

}  // namespace tacho::reference
