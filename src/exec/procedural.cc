#include "exec/procedural.h"

#include <cstring>
#include <deque>

namespace tacho {

/// One operation for fixed operand types, planned like a graph of one node; its rows follow one another in the ledger.
struct ProceduralExecutor::Statement {
  const OpDef* op = nullptr;
  Attributes attributes;
  TensorTypes inputs;
  std::unique_ptr<Plan> plan;
  std::unique_ptr<PlanRunner> runner;
  std::vector<int> input_slots, output_slots;  ///< by operand; -1 for an absent input
};

/// Runs what is emitted, at once.
class ProceduralExecutor::Session : public Emitter, public Tape {
 public:
  explicit Session(ProceduralExecutor& executor) : executor_(executor) {}

  /// Forgets the step before.
  void reset() {
    values_.clear();
    tape_.clear();
    variables_.clear();
    commits_.clear();
    path_uses_.clear();
    bytes_ = 0;
  }

  Values emit(const OpDef& op, const Attributes& attributes, std::span<const Value> inputs) override {
    TensorTypes types;
    for (Value input : inputs) types.push_back(input ? type(input) : TensorType{DType::boolean, {}});
    const TensorTypes results = types_of(op, attributes, types);
    std::string path = place_.layer + "/" + std::string(op.name) + "/" + name_of(place_.phase);
    if (const int use = ++path_uses_[path]; use > 1) path += ":" + std::to_string(use);
    Statement& statement = executor_.statement_for(op, attributes, types, path, place_);
    TapeRecord record{&op, attributes, Values(inputs.begin(), inputs.end()), {}, place_};
    for (size_t i = 0; i < inputs.size(); ++i)
      if (statement.input_slots[i] >= 0)
        statement.runner->bind(statement.input_slots[i], materialize(inputs[i]).view().data);
    for (size_t i = 0; i < results.size(); ++i) {
      record.outputs.push_back(add(Tensor(results[i])));
      bytes_ += values_.back().tensor.bytes();
      statement.runner->bind(statement.output_slots[i], values_.back().tensor.view().data);
    }
    executor_.pool_.run(*statement.runner);
    tape_.push_back(std::move(record));
    return tape_.back().outputs;
  }
  const TensorType& type(Value value) const override { return values_[size_t(value.id)].type; }
  Value constant(const Tensor& tensor) override { return add(tensor); }
  Value splat(const TensorType& type, double number) override {
    values_.push_back({type, {}, true, number, {}});
    return {int32_t(values_.size()) - 1};
  }
  std::optional<double> splat_value(Value value) const override {
    const Known& known = values_[size_t(value.id)];
    return known.is_splat ? std::optional(known.splat) : std::nullopt;
  }
  Value input(std::string_view name, const TensorType& type, InputKind) override {
    const auto found = executor_.inputs_.find(name);
    if (found == executor_.inputs_.end()) fail("input '", name, "' is not bound");
    if (found->second.type != type)
      fail("input '", name, "': expected ", to_string(type), ", got ", to_string(found->second.type));
    Tensor copy(type);  // a session's values are tensors; the batch is small beside what is computed from it
    std::memcpy(copy.view().data, found->second.data, size_t(copy.bytes()));
    return add(copy);
  }
  Value variable(std::string_view name, const TensorType& type) override {
    const auto found = executor_.variables_.find(name);
    if (found == executor_.variables_.end()) fail("variable '", name, "' has no value");
    if (found->second.type() != type)
      fail("variable '", name, "': expected ", to_string(type), ", got ", to_string(found->second.type()));
    const auto [known, fresh] = variables_.emplace(std::string(name), Value{});
    if (fresh) {
      known->second = add(found->second);
      values_.back().variable = std::string(name);
    }
    return known->second;
  }
  void commit(Value variable, Value next) override {
    const std::string& other = values_[size_t(next.id)].variable;
    // One after the other they would not all see the values of this step.
    if (!other.empty() && next != variable)
      fail("variable '", values_[size_t(variable.id)].variable, "' is committed another variable, '", other,
           "'; emit a copy");
    commits_.emplace_back(variable, next);
  }
  void output(std::string_view name, Value value) override {
    executor_.outputs_[std::string(name)] = materialize(value).clone();
  }
  void set_place(const Place& place) override { place_ = place; }
  const Place& place() const override { return place_; }
  size_t size() const override { return tape_.size(); }
  const TapeRecord& record(size_t index) const override { return tape_[index]; }

  /// The step's end: variables take their next values.
  void finish() {
    for (const auto& [variable, next] : commits_) {
      Tensor& target = values_[size_t(variable.id)].tensor;
      std::memcpy(target.view().data, materialize(next).view().data, size_t(target.bytes()));
    }
    executor_.peak_bytes_ = std::max(executor_.peak_bytes_, bytes_);
  }

 private:
  struct Known {
    TensorType type;
    Tensor tensor;
    bool is_splat = false;
    double splat = 0;
    std::string variable;  ///< its name; empty for other values
  };
  Value add(const Tensor& tensor) {
    values_.push_back({tensor.type(), tensor, false, 0, {}});
    return {int32_t(values_.size()) - 1};
  }
  const Tensor& materialize(Value value) {
    Known& known = values_[size_t(value.id)];
    if (!known.tensor.defined()) known.tensor = filled(known.type, known.splat);
    return known.tensor;
  }

  ProceduralExecutor& executor_;
  std::deque<Known> values_;
  std::deque<TapeRecord> tape_;
  std::map<std::string, Value> variables_;
  std::vector<std::pair<Value, Value>> commits_;
  std::map<std::string, int> path_uses_;
  Place place_;
  int64_t bytes_ = 0;
};

namespace {

/// The one-node graph, with input `batch` (if any) as the one that slices run along.
Graph one_node(const OpDef& op, const Attributes& attributes, const TensorTypes& inputs, int batch,
               const Place& place) {
  Graph graph;
  graph.set_place(place);
  Values values;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const bool absent = inputs[i].dtype == DType::boolean && inputs[i].shape.empty();
    if (absent) values.push_back({});
    else
      values.push_back(
          graph.input("in" + std::to_string(i), inputs[i], int(i) == batch ? InputKind::batch : InputKind::scalar));
  }
  const Values outputs = graph.emit(op, attributes, values);
  for (size_t i = 0; i < outputs.size(); ++i) graph.output("out" + std::to_string(i), outputs[i]);
  return graph;
}

/// Which input to slice along: the first that gives sliced results, else the first that gives partial ones, else none.
int batch_input(const OpDef& op, const Attributes& attributes, const TensorTypes& inputs, const Place& place) {
  int partial = -1;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].shape.empty() || inputs[i].shape[0] < 2) continue;
    const Graph graph = one_node(op, attributes, inputs, int(i), place);
    const NodeSlicing slicing = analyze_slicing(graph).nodes[0];
    if (!slicing.sliced) continue;
    bool any_partial = false;
    for (const SliceState& state : slicing.outputs) any_partial = any_partial || state.kind == SliceState::partial;
    if (!any_partial) return int(i);
    if (partial < 0) partial = int(i);
  }
  return partial;
}

}  // namespace

ProceduralExecutor::ProceduralExecutor(StepFunction step, PlanOptions options, Pool& pool, VariableStore& variables)
    : step_(std::move(step)), options_(std::move(options)), pool_(pool), variables_(variables) {
  options_.schedule = Schedule::sequential;
  options_.memory_plan = false;
  options_.external_outputs = true;
  options_.slices = options_.lanes > 0 ? options_.lanes : this_cpu().cores;  // one piece a lane
  step_(source_, source_);
  session_ = std::make_unique<Session>(*this);
}

ProceduralExecutor::~ProceduralExecutor() = default;

ProceduralExecutor::Statement& ProceduralExecutor::statement_for(const OpDef& op, const Attributes& attributes,
                                                                 const TensorTypes& inputs, const std::string& path,
                                                                 const Place& place) {
  std::unique_ptr<Statement>& statement = statements_[path];
  if (statement && statement->op == &op && statement->inputs == inputs && statement->attributes == attributes)
    return *statement;
  TACHO_CHECK(!statement, "a step emits the same statements every time: ", path);
  statement = std::make_unique<Statement>();
  statement->op = &op;
  statement->attributes = attributes;
  statement->inputs = inputs;
  statement->plan =
      make_plan(one_node(op, attributes, inputs, batch_input(op, attributes, inputs, place), place), {}, options_);
  const int source = int(in_order_.size());  // the n-th statement is the n-th source node
  statement->runner = std::make_unique<PlanRunner>(*statement->plan, pool_.threads(), int32_t(rows_.size()));
  for (size_t i = 0; i < inputs.size(); ++i)
    statement->input_slots.push_back(statement->plan->slot(Slot::input, "in" + std::to_string(i)));
  for (int i = 0; statement->plan->slot(Slot::output, "out" + std::to_string(i)) >= 0; ++i)
    statement->output_slots.push_back(statement->plan->slot(Slot::output, "out" + std::to_string(i)));
  for (NodeRow& row : rows_of(*statement->plan)) {
    const bool computes = row.anchor >= 0;
    row.path = computes ? path : path + ":" + row.op;
    row.place = place;
    row.members = computes ? std::vector<int>{source} : std::vector<int>{};
    row.anchor = computes ? source : -1;
    rows_.push_back(std::move(row));
  }
  in_order_.push_back(statement.get());
  return *statement;
}

void ProceduralExecutor::bind(std::string_view input, const View& view) {
  const Value value = source_.find(input);
  if (!value) fail("the step has no input '", input, "'");
  if (source_.type(value) != view.type)
    fail("input '", input, "': expected ", to_string(source_.type(value)), ", got ", to_string(view.type));
  const auto found = inputs_.find(input);
  if (found != inputs_.end()) found->second = view;
  else inputs_.emplace(std::string(input), view);
}

void ProceduralExecutor::step() {
  session_->reset();
  step_(*session_, *session_);
  session_->finish();
}

Tensor ProceduralExecutor::output(const std::string& name) const {
  const auto found = outputs_.find(name);
  if (found == outputs_.end()) fail("the step has no output '", name, "'");
  return found->second;
}

/// One statement after the other.
StepSchedule ProceduralExecutor::schedule() const {
  StepSchedule all;
  int row = 0;
  for (const Statement* statement : in_order_) {
    all.append(schedule_of(*statement->plan, row));
    row += int(statement->plan->nodes.size());
  }
  return all;
}

std::vector<NodeRow> ProceduralExecutor::rows() const { return rows_; }

}  // namespace tacho
