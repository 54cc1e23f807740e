#include "plan/slicing.h"

#include <algorithm>

namespace tacho {
namespace {

/// The batch that all batch inputs share: the smallest outermost extent of which the others are multiples; 0 where
/// there is none.
int64_t batch_of(const Graph& graph) {
  int64_t batch = 0;
  for (int v = 0; v < graph.value_count(); ++v) {
    const GraphValue& value = graph.at({v});
    if (value.kind != ValueKind::batch_input || value.type.shape.empty()) continue;
    const int64_t extent = value.type.shape[0];
    batch = batch == 0 ? extent : std::min(batch, extent);
  }
  return batch;
}

bool outermost_in_batches(const TensorType& type, int64_t batch) {
  return !type.shape.empty() && type.shape[0] > 0 && type.shape[0] % batch == 0;
}

/// Reason why the rule's answer cannot be executed; empty where it can.
std::string objection(const Graph& graph, const GraphNode& node, const SliceStates& before, const SliceStates& inputs,
                      const SliceStates& outputs, int64_t batch) {
  for (const SliceState& state : outputs)
    if (state.kind == SliceState::refused) return state.reason ? state.reason : "refused";
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].kind == SliceState::whole) return "a result does not depend on the slice";
    if (outputs[i].kind != SliceState::sliced) continue;
    if (outputs[i].axis != 0 || !outermost_in_batches(graph.type(node.outputs[i]), batch))
      return "a result is sliced along an axis that is not outermost in memory";
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].kind != SliceState::sliced) {
      if (before[i].kind == SliceState::sliced) return "an input is needed whole";
      continue;
    }
    if (inputs[i].axis != 0 || !outermost_in_batches(graph.type(node.inputs[i]), batch))
      return "an input is sliced along an axis that is not outermost in memory";
  }
  return {};
}

int at_least_odd(int order) { return order % 2 ? order : order + 1; }
int at_least_even(int order) { return order % 2 ? order + 1 : order; }

class Analysis {
 public:
  Analysis(const Graph& graph, bool slice) : graph_(graph) {
    result_.batch = slice ? batch_of(graph) : 0;
    result_.nodes.resize(size_t(graph.node_count()));
    result_.values.resize(size_t(graph.value_count()));
  }

  Slicing run() {
    for (int v = 0; v < graph_.value_count(); ++v) {
      const GraphValue& value = graph_.at({v});
      if (value.kind == ValueKind::batch_input && result_.batch > 0 && outermost_in_batches(value.type, result_.batch))
        result_.values[size_t(v)] = {SliceState::Sliced(0), 0, value.type.shape[0] / result_.batch};
    }
    for (int n = 0; n < graph_.node_count(); ++n)
      if (graph_.node(n).alive()) visit(n);
    return std::move(result_);
  }

 private:
  void visit(int n) {
    const GraphNode& node = graph_.node(n);
    NodeSlicing& slicing = result_.nodes[size_t(n)];
    SliceStates before;
    bool any_sliced = false;
    for (Value input : node.inputs) {
      SliceState state = input ? result_.values[size_t(input.id)].state : SliceState::Whole();
      if (state.kind == SliceState::partial) state = SliceState::Whole();  // it is read after it was combined
      any_sliced = any_sliced || state.kind == SliceState::sliced;
      before.push_back(state);
    }
    slicing.inputs = before;
    for (size_t i = 0; i < node.outputs.size(); ++i) slicing.outputs.push_back(SliceState::Whole());
    if (any_sliced) {
      const TensorTypes in = input_types(graph_, node), out = output_types(graph_, node);
      SliceStates inputs = before;
      const SliceStates outputs = node.op->slice({node.attributes, in, out}, inputs);
      slicing.refusal = objection(graph_, node, before, inputs, outputs, result_.batch);
      if (slicing.refusal.empty()) {
        slicing.sliced = true;
        slicing.inputs = inputs;
        slicing.outputs = outputs;
      } else {
        for (SliceState& state : slicing.inputs) state = SliceState::Whole();
      }
    }
    slicing.order = order_of(node, slicing);
    result_.orders = std::max(result_.orders, slicing.order + 2);
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      ValueSlicing& value = result_.values[size_t(node.outputs[i].id)];
      value.state = slicing.outputs[i];
      value.order = slicing.order;
      if (value.state.kind == SliceState::partial) value.order = slicing.order + 1;
      if (value.state.kind == SliceState::sliced) value.rows = graph_.type(node.outputs[i]).shape[0] / result_.batch;
    }
  }

  /// The earliest segment (odd) or whole order (even) in which everything the node reads is there.
  int order_of(const GraphNode& node, const NodeSlicing& slicing) const {
    int order = 0;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (!node.inputs[i]) continue;
      const ValueSlicing& value = result_.values[size_t(node.inputs[i].id)];
      const bool produced_by_slices = value.state.kind == SliceState::sliced && value.order > 0;
      order = std::max(order, produced_by_slices && !slicing.sliced ? value.order + 1 : value.order);
    }
    return slicing.sliced ? at_least_odd(order) : at_least_even(order);
  }

  const Graph& graph_;
  Slicing result_;
};

}  // namespace

TensorTypes input_types(const Graph& graph, const GraphNode& node) {
  TensorTypes types;
  for (Value input : node.inputs) types.push_back(input ? graph.type(input) : TensorType{DType::boolean, {}});
  return types;
}

TensorTypes output_types(const Graph& graph, const GraphNode& node) {
  TensorTypes types;
  for (Value output : node.outputs) types.push_back(graph.type(output));
  return types;
}

Slicing analyze_slicing(const Graph& graph, bool slice) { return Analysis(graph, slice).run(); }

}  // namespace tacho
