#include <algorithm>

#include "bench/kernels/parts.h"
#include "ops/mean.h"
#include "ops/normalize_rows.h"
#include "ops/softmax.h"

namespace tacho::bench {
namespace {

struct Call {
  const OpDef* op;
  Attributes attributes;
  std::vector<TensorType> inputs;
  std::string note{};  ///< what tells it from others of its operation and shape
};

/// Operand shapes of the operation's first sample, those of its elements replaced by `shape`.
Call as_in_sample(const OpDef& op, const Shape& shape) {
  Call call{&op, op.samples[0].attributes, op.samples[0].inputs};
  for (TensorType& type : call.inputs)
    if (type.shape == op.samples[0].inputs[0].shape) type.shape = shape;
  return call;
}

/// In cache, and for updates in memory too.
std::vector<Call> of_elements(const Wanted& wanted) {
  std::vector<Call> list;
  for (const OpDef* op : all_ops()) {
    if (op->has(Trait::update)) {
      list.push_back(as_in_sample(*op, {wanted.small ? 1 << 8 : 1 << 15}));
      if (!wanted.small) list.push_back(as_in_sample(*op, {1 << 24}));
    } else if (op->has(Trait::elementwise)) {
      const Sample& sample = op->samples[0];
      const auto alike = [&](const TensorType& type) { return type == sample.inputs[0]; };
      if (std::all_of(sample.inputs.begin(), sample.inputs.end(), alike) &&
          types_of(*op, sample.attributes, sample.inputs)[0] == sample.inputs[0])
        list.push_back(as_in_sample(*op, {wanted.small ? 1 << 8 : 1 << 14}));
    }
  }
  return list;
}

std::vector<Call> of_rows(const Wanted& wanted) {
  std::vector<Call> list;
  const auto rows = [&](const char* op, const Attributes& attributes, size_t operands, const Shape& shape) {
    list.push_back({&op_named(op), attributes, std::vector<TensorType>(operands, {DType::float32, shape})});
  };
  using Shapes = std::vector<Shape>;
  for (const Shape& shape : wanted.small ? Shapes{{8, 10}} : Shapes{{128, 10}, {64, 1000}, {512, 128}}) {
    for (const char* op : {"softmax", "log_softmax"}) rows(op, AxisAttributes{1}, 1, shape);
    for (const char* op : {"softmax_backward", "log_softmax_backward"}) rows(op, AxisAttributes{1}, 2, shape);
    rows("softmax_cross_entropy", {}, 1, shape);
    list.back().inputs.push_back({DType::int64, {shape[0]}});
    rows("softmax_cross_entropy_backward", {}, 1, shape);
    list.back().inputs.push_back({DType::int64, {shape[0]}});
    list.back().inputs.push_back({DType::float32, {shape[0]}});
  }
  for (const Shape& shape : wanted.small ? Shapes{{8, 64}} : Shapes{{128, 64}, {256, 768}, {64, 4096}})
    for (const bool center : {true, false}) {
      const NormalizeRowsAttributes attributes{1, 1e-5, center};
      const char* note = center ? "" : " no mean";
      rows("normalize_rows", attributes, 1, shape);
      list.back().note = note;
      rows("normalize_rows_backward", attributes, 2, shape);
      list.back().inputs.push_back({DType::float32, {shape[0], 1}});
      list.back().note = note;
    }
  for (const std::string_view op : {"sum", "mean", "max", "min"})
    for (const std::vector<int64_t>& axes : {std::vector<int64_t>{0}, {1}, {}}) {
      const ReductionAttributes over{axes};
      const Attributes attributes = op == "mean" ? Attributes(MeanAttributes{over}) : Attributes(over);
      rows(op.data(), attributes, 1, wanted.small ? Shape{8, 32} : Shape{128, 512});
      list.back().note = axes.empty() ? " over all" : text_of(" over axis ", axes[0]);
    }
  return list;
}

}  // namespace

void visit_operations(const Wanted& wanted, const Visit& visit) {
  std::vector<Call> list = of_elements(wanted), more = of_rows(wanted);
  list.insert(list.end(), more.begin(), more.end());
  for (const Call& call : list) {
    Contest contest;
    contest.part = "operations", contest.name = call.op->name,
    contest.detail = to_string(call.inputs[0].shape) + call.note;
    if (contest.name.find(wanted.only) == std::string::npos) continue;
    const Group group = group_of(*call.op, call.attributes, call.inputs);
    contest.bytes = bytes_of(group);
    if (call.op->has(Trait::update)) contest.held = input_bytes_of(group);
    for (const std::string& rival : wanted.rivals) add_entries(contest, rival_named(rival), group);
    if (contest.entries.empty() || contest.entries[0].name != wanted.rivals[0]) continue;
    visit(contest);
  }
}

}  // namespace tacho::bench
