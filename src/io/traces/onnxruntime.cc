// ONNX Runtime's profile (SessionOptions.enable_profiling): a list of events in whole microseconds.
#include <algorithm>
#include <map>

#include "base/error.h"
#include "io/traces/event_stream.h"
#include "io/traces/profile_builder.h"
#include "io/traces/read_trace.h"
#include "io/traces/shape_words.h"
#include "io/traces/timeline.h"

namespace tacho {
namespace {

constexpr std::string_view kKernel = "_kernel_time";

/// [{"float": [128, 1, 28, 28]}, ...]; an empty entry for what has no shape.
std::vector<Extents> shapes_of(const TraceEvent& event, const char* member) {
  std::vector<Extents> shapes;
  const auto args = event.find("args");
  if (args == event.end() || !args->is_object() || !args->contains(member) || !args->at(member).is_array())
    return shapes;
  for (const TraceEvent& operand : args->at(member)) {
    shapes.emplace_back();
    if (!operand.is_object() || operand.size() != 1 || !operand.front().is_array()) continue;
    for (const TraceEvent& extent : operand.front()) {
      if (!extent.is_number_integer() || shapes.back().size() == 16) break;
      shapes.back().push_back(extent.get<int64_t>());
    }
  }
  return shapes;
}

std::string dtype_of(const TraceEvent& event) {
  const auto args = event.find("args");
  if (args == event.end() || !args->is_object() || !args->contains("input_type_shape")) return "";
  const TraceEvent& inputs = args->at("input_type_shape");
  if (!inputs.is_array() || inputs.empty() || !inputs[0].is_object() || inputs[0].empty()) return "";
  const std::string type = inputs[0].begin().key();
  return type == "float" ? "float32" : type == "double" ? "float64" : type;
}

std::vector<ProfiledPart> parts_of(const std::string& op, const std::string& name, const std::vector<Extents>& in,
                                   const std::vector<Extents>& out) {
  const std::string phase = "forward";
  const Extents first = in.empty() ? Extents{} : in[0];
  std::vector<ProfiledPart> parts;
  if (op == "Conv" || op == "FusedConv") {
    // Strides and padding are not in the profile, so nothing is counted.
    parts.push_back(convolution_part("conv2d", phase, {first, in.size() > 1 ? in[1] : Extents{}}));
    if (in.size() > 2 && !in[2].empty()) parts.push_back(simple_part("bias_add", phase));
  } else if (op == "Gemm" || op == "MatMul" || op == "FusedGemm" || op == "FusedMatMul") {
    // A packed weight is no input any more: its columns are the output's.
    if (first.size() >= 2 && !out.empty() && out[0].size() >= 2)
      parts.push_back(product_part(phase, first, {first.back(), out[0].back()}, false));
    else parts.push_back(simple_part("matmul", phase));
    if (op.ends_with("Gemm")) parts.push_back(simple_part("bias_add", phase));
  } else {
    static const std::map<std::string, std::string> kKinds = {{"Relu", "relu"},
                                                              {"MaxPool", "max_pool2d"},
                                                              {"AveragePool", "avg_pool2d"},
                                                              {"Add", "add"},
                                                              {"Mul", "mul"},
                                                              {"GlobalAveragePool", "adaptive_avg_pool2d"},
                                                              {"Softmax", "softmax"},
                                                              {"Concat", "concat"},
                                                              {"BatchNormalization", "batch_norm"},
                                                              {"Sigmoid", "sigmoid"},
                                                              {"Tanh", "tanh"},
                                                              {"LayerNormalization", "normalize_rows"}};
    const auto known = kKinds.find(op);
    parts.push_back(simple_part(known == kKinds.end() ? op : known->second, phase, first));
  }
  // Fusions are named by the last operation in them: "/1/Relu_output_0_nchwc".
  if (op != "Relu" && name.find("Relu") != std::string::npos) parts.push_back(simple_part("relu", phase));
  return parts;
}

bool is_bookkeeping(const std::string& op) {
  return op == "Flatten" || op == "Reshape" || op == "Squeeze" || op == "Unsqueeze" || op == "Identity" ||
         op == "ReorderInput" || op == "ReorderOutput" || op.starts_with("Memcpy");
}

struct Node {
  bool is_row = false;
  ProfiledOperation row;
  std::string account;
};

}  // namespace

StepProfile parse_onnxruntime(std::string_view text, const std::string& where) {
  StepProfile profile;
  profile.file = where;
  profile.source = "ONNX Runtime profile";
  profile.facts.step_kind = "inference";
  std::vector<Span> spans, runs;
  std::vector<Node> nodes;
  std::map<std::string, int> threads;
  size_t workers = 0;
  for_each_event(text, where, [&](const TraceEvent& event, const EventPlace& place) {
    const std::string category = text_of_member(event, "cat"), name = text_of_member(event, "name");
    if (text_of_member(event, "ph") != "X" || (category != "Session" && category != "Node")) return;
    const bool run = category == "Session" && name == "model_run";
    const bool kernel = category == "Node" && std::string_view(name).ends_with(kKernel);
    if (!run && !kernel) return;
    Span span;
    span.begin = nanoseconds_of(event, "ts", place);
    const int64_t duration = nanoseconds_of(event, "dur", place);
    if (duration < 0 || __builtin_add_overflow(span.begin, duration, &span.end))
      fail(place, " (", name.substr(0, 60), "): dur is negative or beyond any clock");
    if (run) return runs.push_back(span);
    span.thread = threads.try_emplace(text_of_member(event, "tid"), int(threads.size())).first->second;
    span.owner = int(nodes.size());
    spans.push_back(span);
    const auto args = event.find("args");
    if (args == event.end() || !args->is_object()) fail(place, " (", name.substr(0, 60), ") has no args");
    const std::string op = text_of_member(*args, "op_name");
    if (const auto pool = args->find("thread_scheduling_stats"); pool != args->end() && pool->is_object())
      if (const auto sub = pool->find("sub_threads"); sub != pool->end() && sub->is_object())
        workers = std::max(workers, sub->size() + 1);
    Node node;
    node.is_row = !is_bookkeeping(op);
    if (node.is_row) {
      node.row.name = op + " " + name.substr(0, name.size() - kKernel.size());
      const std::vector<Extents> in = shapes_of(event, "input_type_shape");
      node.row.parts = parts_of(op, name, in, shapes_of(event, "output_type_shape"));
      if (profile.facts.batch < 0 && !in.empty() && !in[0].empty())
        profile.facts.batch = in[0][0], profile.facts.dtype = dtype_of(event);
    } else {
      node.account = op.starts_with("Reorder") ? "reorders" : "views and allocation";
    }
    nodes.push_back(std::move(node));
  });
  if (runs.empty()) fail(where, " has no model_run: was a session profiled, and run?");
  if (workers > 0) profile.facts.threads = int64_t(workers);
  std::sort(runs.begin(), runs.end(), [](const Span& a, const Span& b) { return a.begin < b.begin; });

  visit_nested(spans, [](size_t, int64_t) {});
  const auto pieces = pieces_by_thread(spans);
  const auto rank = [&](int owner) { return nodes[size_t(owner)].is_row ? 0 : 1; };
  ProfileBuilder builder;
  int64_t end = INT64_MIN;
  for (const Span& run : runs) {
    const int64_t begin = std::max(run.begin, end);
    end = run.end;
    if (end <= begin) fail(where, ": a model_run takes no time of its own; the profile is damaged");
    builder.begin_step(end - begin);
    for (const auto& [owner, ns] : share_window(pieces, begin, end, rank)) {
      if (owner < 0) builder.add_account(ProfiledAccount::overhead, "between operators", ns);
      else if (nodes[size_t(owner)].is_row) builder.add(builder.row(nodes[size_t(owner)].row), ns);
      else builder.add_account(ProfiledAccount::overhead, nodes[size_t(owner)].account, ns);
    }
  }
  builder.finish(profile);
  profile.notes.push_back(text_of(runs.size(), " steps by model_run, in whole microseconds"));
  check_closed(profile, where);
  return profile;
}

}  // namespace tacho
