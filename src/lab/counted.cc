#include "lab/counted.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <vector>

#include "base/random.h"
#include "count/checked.h"
#include "ops/matmul.h"

namespace tacho {
namespace {

/// One node's part of all operations stays between these: 30 million take about 60 ms.
constexpr int64_t kLeastOperations = 1'000'000, kMostOperations = 30'000'000;
constexpr int64_t kFewRows = 16;  // of an operation whose whole would take too long

/// One node with concrete operands, ready to run.
struct Call {
  const GraphNode* node = nullptr;
  TensorTypes inputs, outputs;  ///< as the graph has them
  int64_t batch = 0, rows = 0, all_rows = 0;
  bool columns = false;

  OpCall op_call() const { return {node->attributes, inputs, outputs}; }
};

int64_t operations_of(const Tally& t) {
  int64_t sum = 0;
  for_each_kind([&](const char* kind, int64_t n) { sum = kind == std::string_view("padding_mul") ? sum : sum + n; }, t);
  return sum;
}

int64_t elements_of(const Call& call) {
  int64_t sum = 0;
  for (const auto& types : {call.inputs, call.outputs})
    for (const TensorType& type : types) sum = checked_add(sum, element_count(type.shape));
  return sum;
}

Call call_of(const Graph& graph, int index, int64_t batch) {
  Call call{&graph.node(index), {}, {}, batch};
  for (const Value input : call.node->inputs)
    call.inputs.push_back(input ? graph.type(input) : TensorType{DType::boolean, {}});
  for (const Value output : call.node->outputs) call.outputs.push_back(graph.type(output));
  return call;
}

/// The inputs' axes that can be shorter together, without another attribute: fewer rows of the result.
struct Rows {
  std::vector<std::pair<size_t, size_t>> axes;  ///< input, axis
  bool columns = false;
};

/// Of a product of matrices the longer factor's: rows of the first, or columns of the second.
Rows rows_of_matmul(const Call& call) {
  const auto& a = call.node->attributes.as<MatmulAttributes>();
  const Shape &first = call.inputs[0].shape, &second = call.inputs[1].shape;
  if (element_count(second) > element_count(first)) return {{{1, second.size() - (a.transpose_b ? 2 : 1)}}, true};
  return {{{0, first.size() - (a.transpose_a ? 1 : 2)}}};
}

/// Of a convolution its filters, or the channels of an image's gradient; of what goes element by element the outermost
/// axis of all operands that have it.
Rows rows_of(const Call& call) {
  const OpDef& op = *call.node->op;
  if (op.name == "matmul") return rows_of_matmul(call);
  if (op.has(Trait::elementwise)) {
    Rows rows;
    for (size_t i = 0; i < call.inputs.size(); ++i)
      if (call.inputs[i].shape == call.outputs[0].shape && !call.outputs[0].shape.empty()) rows.axes.push_back({i, 0});
    return rows;
  }
  if (!op.name.starts_with("conv2d")) return {};
  if (op.dimensions(call.op_call()).get("G") != 1) return {};  // groups tie filters to channels
  if (op.name == "conv2d_backward_data") return {{{1, 1}}};
  return {{{op.name == "conv2d" ? size_t{1} : size_t{0}, op.name == "conv2d" ? size_t{0} : size_t{1}}}};
}

/// The same operation with kFewRows rows, where it has more and takes fewer.
void take_few_rows(Call& call) {
  const Rows rows = rows_of(call);
  Call fewer = call;
  for (const auto& [input, axis] : rows.axes) {
    int64_t& extent = fewer.inputs[input].shape[axis];
    if (extent <= kFewRows) return;
    fewer.all_rows = extent;
    fewer.rows = extent = kFewRows;
  }
  if (rows.axes.empty()) return;
  fewer.columns = rows.columns;
  try {
    fewer.outputs = types_of(*call.node->op, call.node->attributes, fewer.inputs);
  } catch (const Error&) {
    return;  // an operand that broadcasts along them
  }
  call = std::move(fewer);
}

/// A floating operand of the counting scalar, an integer one as the graph's constant has it, else zeros: valid indices
/// and labels. What is counted must not depend on the values (a law), so these are only ordinary ones.
Tensor operand(const Graph& graph, Value value, TensorType type, uint64_t seed) {
  if (!is_floating(type.dtype)) {
    if (graph.at(value).kind == ValueKind::constant) return graph.constant_tensor(value);
    return Tensor::zeros(type);
  }
  type.dtype = DType::counting;
  const Tensor tensor(type);
  const Random random(seed, 0);
  std::array<Counting, 256> pattern;  // drawing each of some million numbers would take longer than counting
  for (size_t i = 0; i < pattern.size(); ++i) pattern[i] = Counting(0.5 + random.uniform(i));
  Counting* data = tensor.as<Counting>();
  for (int64_t i = 0, n = tensor.elements(); i < n; ++i) data[i] = pattern[size_t(i) % pattern.size()];
  return tensor;
}

CountedExecution run_counting(const Graph& graph, const Call& call) {
  const OpDef& op = *call.node->op;
  std::vector<Tensor> inputs, outputs;
  std::vector<View> input_views, output_views;
  TensorTypes types;
  for (size_t i = 0; i < call.inputs.size(); ++i) {
    const Value value = call.node->inputs[i];
    inputs.push_back(value ? operand(graph, value, call.inputs[i], i + 1) : Tensor{});
    input_views.push_back(value ? inputs.back().view() : View{nullptr, call.inputs[i]});
    types.push_back(input_views.back().type);
  }
  for (const TensorType& type : types_of(op, call.node->attributes, types)) {
    outputs.push_back(Tensor::zeros(type));
    output_views.push_back(outputs.back().view());
  }
  counting_tally() = {};
  op.reference.counting(call.node->attributes, {input_views, output_views, {}, nullptr, {}});
  return {tally_of(op, call.op_call()), counting_tally(), call.batch, call.rows, call.all_rows, call.columns};
}

std::string key_of(const Call& call) {
  std::string key = text_of(call.node->op->name, " ", to_string(call.node->attributes), " ", call.batch);
  for (const auto& types : {call.inputs, call.outputs})
    for (const TensorType& type : types) key += " " + to_string(type);
  return key;
}

/// The step's graph at several batch sizes; nodes have the same numbers in each.
class Graphs {
 public:
  Graphs(const StepOptions& options, const Graph& source) : options_(options), source_(source) {}

  /// Null where so few images give another step: nothing to sum over, or no variance.
  const Graph* at(int64_t batch) {
    if (batch == options_.batch) return &source_;
    if (!small_.count(batch)) small_.emplace(batch, small_graph(batch));
    const std::optional<Graph>& graph = small_.at(batch);
    return graph ? &*graph : nullptr;
  }

 private:
  std::optional<Graph> small_graph(int64_t batch) const {
    StepOptions options = options_;
    options.batch = batch;
    try {
      Graph graph = source_graph(options);
      if (graph.node_count() != source_.node_count()) return std::nullopt;
      for (int n = 0; n < graph.node_count(); ++n)
        if (graph.node(n).op != source_.node(n).op) return std::nullopt;
      return graph;
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  const StepOptions& options_;
  const Graph& source_;
  std::map<int64_t, std::optional<Graph>> small_;
};

}  // namespace

std::vector<CountedExecution> count_executions(const StepOptions& options, const Graph& source,
                                               const CountingOptions& counting) {
  Graphs graphs(options, source);
  const int64_t part = counting.operations / std::max<int64_t>(source.node_count(), 1);
  const int64_t most = std::clamp(part, kLeastOperations, kMostOperations);
  const auto fits = [&](const Call& call) {
    return counting.operations == 0 ||
           (operations_of(tally_of(*call.node->op, call.op_call())) <= most && elements_of(call) <= counting.elements);
  };
  std::map<std::string, CountedExecution> known;
  std::vector<CountedExecution> result;
  for (int n = 0; n < source.node_count(); ++n) {
    Call call = call_of(source, n, options.batch);
    // Two images rather than one, so that sums over the images are seen; one where even two are too large to hold.
    for (const int64_t batch : {int64_t{2}, int64_t{1}}) {
      if (batch >= call.batch || fits(call)) continue;
      if (batch == 1 && elements_of(call) <= counting.elements) continue;
      const Graph* graph = graphs.at(batch);
      if (!graph) continue;
      const Call fewer = call_of(*graph, n, batch);
      if (elements_of(fewer) < elements_of(call)) call = fewer;  // a parameter's update has no images
    }
    if (!fits(call)) take_few_rows(call);
    const std::string key = key_of(call);
    auto found = known.find(key);
    if (found == known.end()) found = known.emplace(key, run_counting(*graphs.at(call.batch), call)).first;
    result.push_back(found->second);
  }
  return result;
}

}  // namespace tacho
