#include "graph/graph.h"

#include <algorithm>

namespace tacho {
namespace {

template <class T>
void fill(Tensor& tensor, double number) {
  std::fill_n(tensor.as<T>(), tensor.elements(), static_cast<T>(number));
}

}  // namespace

Tensor filled(const TensorType& type, double number) {
  Tensor tensor(type);
  switch (type.dtype) {
    case DType::float32:
      fill<float>(tensor, number);
      break;
    case DType::float64:
      fill<double>(tensor, number);
      break;
    case DType::int32:
      fill<int32_t>(tensor, number);
      break;
    case DType::int64:
      fill<int64_t>(tensor, number);
      break;
    case DType::uint8:
    case DType::boolean:
      fill<uint8_t>(tensor, number);
      break;
    case DType::counting:
      fail("a graph holds no counting values");
  }
  return tensor;
}

const GraphValue& Graph::at(Value value) const {
  TACHO_CHECK(value.id >= 0 && value.id < value_count(), "value ", value.id);
  return values_[size_t(value.id)];
}

Value Graph::new_value(GraphValue value) {
  values_.push_back(std::move(value));
  return {int32_t(values_.size()) - 1};
}

Values Graph::emit(const OpDef& op, const Attributes& attributes, std::span<const Value> inputs) {
  TensorTypes types;
  for (Value input : inputs) types.push_back(input ? type(input) : TensorType{DType::boolean, {}});
  const TensorTypes results = types_of(op, attributes, types);
  GraphNode node;
  node.op = &op;
  node.attributes = attributes;
  node.inputs = Values(inputs.begin(), inputs.end());
  node.place = place_;
  for (const TensorType& result : results)
    node.outputs.push_back(new_value({.type = result, .kind = ValueKind::node, .producer = node_count()}));
  std::string path = place_.layer + "/" + std::string(op.name) + "/" + name_of(place_.phase);
  if (const int use = ++path_uses_[path]; use > 1) path += ":" + std::to_string(use);
  paths_.push_back(std::move(path));
  sources_.push_back(standing_for_.value_or(node_count()));
  nodes_.push_back(std::move(node));
  return nodes_.back().outputs;
}

Value Graph::constant(const Tensor& tensor) {
  return new_value({.type = tensor.type(), .kind = ValueKind::constant, .constant = tensor});
}

Value Graph::splat(const TensorType& type, double number) {
  return new_value({.type = type, .kind = ValueKind::constant, .splat = number, .is_splat = true});
}

std::optional<double> Graph::splat_value(Value value) const {
  const GraphValue& v = at(value);
  if (v.kind != ValueKind::constant || !v.is_splat) return std::nullopt;
  return v.splat;
}

Value Graph::input(std::string_view name, const TensorType& type, InputKind kind) {
  if (find(name)) fail("two inputs are called '", name, "'");
  return new_value({.type = type,
                    .kind = kind == InputKind::batch ? ValueKind::batch_input : ValueKind::scalar_input,
                    .name = std::string(name)});
}

Value Graph::variable(std::string_view name, const TensorType& type) {
  if (const Value known = find(name)) {
    if (at(known).kind != ValueKind::variable || at(known).type != type)
      fail("variable '", name, "' of ", to_string(type), " clashes with ", to_string(at(known).type));
    return known;
  }
  return new_value({.type = type, .kind = ValueKind::variable, .name = std::string(name)});
}

void Graph::commit(Value variable, Value next) {
  const GraphValue& v = at(variable);
  TACHO_CHECK(v.kind == ValueKind::variable, "commit to something that is no variable");
  if (v.type != type(next))
    fail("variable '", v.name, "' is ", to_string(v.type), " and cannot become ", to_string(type(next)));
  for (const Commit& c : commits_)
    if (c.variable == variable) fail("variable '", v.name, "' is committed twice");
  commits_.push_back({variable, next});
}

void Graph::output(std::string_view name, Value value) { outputs_.push_back({std::string(name), value}); }

Tensor Graph::constant_tensor(Value value) const {
  const GraphValue& v = at(value);
  TACHO_CHECK(v.kind == ValueKind::constant, "value ", value.id, " is no constant");
  return v.is_splat ? filled(v.type, v.splat) : v.constant;
}

Value Graph::find(std::string_view name) const {
  for (size_t i = 0; i < values_.size(); ++i)
    if (values_[i].kind != ValueKind::node && values_[i].kind != ValueKind::constant && values_[i].name == name)
      return {int32_t(i)};
  return {};
}

void Graph::exchange(int first, int second) {
  GraphNode &a = nodes_[size_t(first)], &b = nodes_[size_t(second)];
  TACHO_CHECK(a.outputs.size() == b.outputs.size(), "only nodes with as many outputs change places");
  std::swap(a, b);
  std::swap(a.outputs, b.outputs);
  std::swap(paths_[size_t(first)], paths_[size_t(second)]);
  std::swap(sources_[size_t(first)], sources_[size_t(second)]);
}

void Graph::rewire(int node, const Values& inputs) {
  GraphNode& own = nodes_[size_t(node)];
  TensorTypes types;
  for (Value input : inputs) types.push_back(input ? type(input) : TensorType{DType::boolean, {}});
  const TensorTypes results = types_of(*own.op, own.attributes, types);
  own.inputs = inputs;
  for (size_t i = 0; i < results.size(); ++i)
    if (type(own.outputs[i]) != results[i])
      own.outputs[i] = new_value({.type = results[i], .kind = ValueKind::node, .producer = node});
}

void Graph::replace_uses(Value from, Value to) {
  TACHO_CHECK(type(from) == type(to), "a value may only be replaced by one of its type");
  for (GraphNode& node : nodes_)
    for (Value& input : node.inputs)
      if (input == from) input = to;
  for (Commit& c : commits_)
    if (c.next == from) c.next = to;
  for (Output& o : outputs_)
    if (o.value == from) o.value = to;
}

void Graph::remove(int node, std::string_view pass) { nodes_[size_t(node)].removed_by = pass; }

void Graph::make_constant(Value value, Tensor tensor) {
  GraphValue& v = values_[size_t(value.id)];
  TACHO_CHECK(v.type == tensor.type());
  v.kind = ValueKind::constant;
  v.producer = -1;
  v.constant = std::move(tensor);
}

}  // namespace tacho
