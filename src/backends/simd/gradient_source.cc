#include "backends/simd/gradient_source.h"

#include "backends/simd/product_chain.h"
#include "ops/max_pool2d_backward.h"

namespace tacho::simd {

bool pools_by_two(const PoolGeometry& geometry) {
  const auto two = [](const WindowAxis& axis) {
    return axis.kernel == 2 && axis.stride == 2 && axis.before == 0 && axis.out == axis.in / 2;
  };
  return two(geometry.rows) && two(geometry.columns);
}

std::optional<ElementwiseCall> activation_gradient_of(const OpDef& op, const Attributes& attributes) {
  const std::optional<ElementwiseCall> call = elementwise_call_of(op.name, attributes);
  return call && is_activation_gradient(call->function) ? call : std::nullopt;
}

GradientImages GradientSource::images(const KernelRun& run) const {
  return {run.in<float>(size_t(dy)), gate < 0 ? nullptr : run.in<float>(size_t(gate)),
          index < 0 ? nullptr : run.in<uint8_t>(size_t(index))};
}

std::optional<GradientSource> gradient_source_of(const Group& group) {
  GradientSource source;
  for (const GroupMember& member : group.members) {
    const std::optional<ElementwiseCall> call = activation_gradient_of(*member.op, member.attributes);
    const bool gate = call.has_value(), unpool = member.op->name == "max_pool2d_backward";
    if (gate ? source.members > 0 : !unpool || source.pool) break;
    if (source.members > 0 && member.inputs[0] != source.value) break;
    if (source.members == 0) source.dy = position_of(group.inputs, member.inputs[0]);
    (gate ? source.gate : source.index) = position_of(group.inputs, member.inputs[1]);
    source.value = member.outputs[0];
    if (gate) {
      const TensorTypes inputs = group.input_types(member), outputs = group.output_types(member);
      source.call = *call;
      source.tally = tally_of(*member.op, {member.attributes, inputs, outputs});
    }
    if (unpool)
      source.pool = pool_geometry(member.attributes.as<MaxPool2dBackwardAttributes>().pool,
                                  group.operands[size_t(source.value)].type.shape);
    ++source.members;
  }
  if (source.members == 0 || source.members == group.members.size() || source.dy < 0) return std::nullopt;
  return source;
}

GroupBehind group_behind(const Group& group, const GradientSource& source) {
  GroupBehind behind{group, {}};
  Group& rest = behind.group;
  rest.members.erase(rest.members.begin(), rest.members.begin() + std::ptrdiff_t(source.members));
  rest.inputs.clear();
  for (size_t i = 0; i < group.inputs.size(); ++i)
    for (const GroupMember& member : rest.members)
      if (std::find(member.inputs.begin(), member.inputs.end(), group.inputs[i]) != member.inputs.end()) {
        rest.inputs.push_back(group.inputs[i]);
        behind.positions.push_back(int(i));
        break;
      }
  rest.inputs.push_back(source.value);
  return behind;
}

}  // namespace tacho::simd
