#pragma once
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "op/emitter.h"
#include "op/op_def.h"

namespace tacho {

/// Where a value comes from.
enum class ValueKind : uint8_t { node, batch_input, scalar_input, variable, constant };

struct GraphValue {
  TensorType type;
  ValueKind kind = ValueKind::node;
  int producer = -1;  ///< node index, for ValueKind::node
  std::string name;   ///< of an input or variable
  Tensor constant;    ///< of a constant that is not a splat
  double splat = 0;
  bool is_splat = false;
};

struct GraphNode : TapeRecord {
  std::string removed_by;  ///< the pass that removed it; empty while it is alive. Removed nodes stay, so that reports
                           ///< can list them.
  bool alive() const { return removed_by.empty(); }
};

/// One step as a graph. Values and nodes are never renumbered; passes mark nodes as removed and redirect uses.
class Graph : public Emitter, public Tape {
 public:
  // Emitter
  Values emit(const OpDef& op, const Attributes& attributes, std::span<const Value> inputs) override;
  const TensorType& type(Value value) const override { return at(value).type; }
  Value constant(const Tensor& tensor) override;
  Value splat(const TensorType& type, double number) override;
  std::optional<double> splat_value(Value value) const override;
  Value input(std::string_view name, const TensorType& type, InputKind kind) override;
  Value variable(std::string_view name, const TensorType& type) override;
  void commit(Value variable, Value next) override;
  void output(std::string_view name, Value value) override;
  void set_place(const Place& place) override { place_ = place; }
  const Place& place() const override { return place_; }
  // Tape
  size_t size() const override { return nodes_.size(); }
  const TapeRecord& record(size_t index) const override { return nodes_[index]; }

  struct Commit {
    Value variable, next;
  };
  struct Output {
    std::string name;
    Value value;
  };
  int node_count() const { return int(nodes_.size()); }
  int value_count() const { return int(values_.size()); }
  const GraphNode& node(int index) const { return nodes_[size_t(index)]; }
  const GraphValue& at(Value value) const;
  const std::vector<Commit>& commits() const { return commits_; }
  const std::vector<Output>& outputs() const { return outputs_; }
  /// The constant's elements (a splat is filled in).
  Tensor constant_tensor(Value value) const;
  /// Input or variable of that name, absent where there is none.
  Value find(std::string_view name) const;

  /// "conv2/conv2d/forward"; further nodes of the same layer, operation and phase get ":2", ":3" in emission order.
  const std::string& path(int node) const { return paths_[size_t(node)]; }

  // For passes.
  /// Every use of `from` (inputs, commits, outputs) becomes `to`, of the same type.
  void replace_uses(Value from, Value to);
  void remove(int node, std::string_view pass);
  /// Two nodes change places (operation, attributes, inputs, path, source); each place keeps its outputs. To be rewired
  /// before anything else is done with the graph.
  void exchange(int first, int second);
  /// New inputs. Outputs whose types change by them become new values; the old ones have no producer's use any more.
  void rewire(int node, const Values& inputs);
  /// The node of the graph before any pass that this one stands for: itself where no pass moved it; -1 for what only a
  /// pass has made.
  int source(int node) const { return sources_[size_t(node)]; }
  /// Nodes that are emitted from now on stand for that one; -1: for none; nullopt: each for itself.
  void stand_for(std::optional<int> source) { standing_for_ = source; }
  /// Turns the result of a node into a constant.
  void make_constant(Value value, Tensor tensor);

 private:
  Value new_value(GraphValue value);
  std::deque<GraphNode> nodes_;
  std::deque<GraphValue> values_;
  std::vector<Commit> commits_;
  std::vector<Output> outputs_;
  std::vector<std::string> paths_;
  std::vector<int> sources_;
  std::optional<int> standing_for_;
  std::map<std::string, int> path_uses_;
  Place place_;
};

/// A splat or constant as a tensor of its own.
Tensor filled(const TensorType& type, double number);

}  // namespace tacho
