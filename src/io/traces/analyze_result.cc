// Our own `tacho analyze --json`.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "io/traces/read_trace.h"
#include "io/traces/shape_words.h"
#include "op/op_def.h"

namespace tacho {
namespace {

using Json = nlohmann::json;
constexpr int kReportDepth = 32;

Json parse(std::string_view text, const std::string& where) {
  const auto limit = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kReportDepth) fail(where, " is nested deeper than ", kReportDepth, " levels; results are not");
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), limit);
  } catch (const Json::parse_error& error) {
    fail(where, ": byte ", error.byte, ": no valid JSON");
  }
}

/// Reads members and names the path to what is missing or of the wrong type.
class Reader {
 public:
  Reader(const Json& json, std::string path) : json_(json), path_(std::move(path)) {}

  Reader at(const char* name) const {
    if (!json_.is_object() || !json_.contains(name))
      fail(path_, " has no `", name, "`: expected a result of `tacho analyze --json` of this version");
    return {json_.at(name), path_ + "." + name};
  }
  bool has(const char* name) const { return json_.is_object() && json_.contains(name); }
  std::string text() const {
    if (!json_.is_string()) fail(path_, ": expected a string");
    return json_.get<std::string>();
  }
  int64_t integer() const {
    if (!json_.is_number_integer()) fail(path_, ": expected an integer, got ", json_.dump().substr(0, 40));
    return json_.get<int64_t>();
  }
  std::vector<int64_t> integers() const {
    std::vector<int64_t> values;
    for (const Reader& item : items()) values.push_back(item.integer());
    return values;
  }
  std::vector<Reader> items() const {
    if (!json_.is_array()) fail(path_, ": expected an array");
    std::vector<Reader> readers;
    for (size_t i = 0; i < json_.size(); ++i) readers.emplace_back(json_[i], path_ + "[" + std::to_string(i) + "]");
    return readers;
  }
  std::vector<std::pair<std::string, Reader>> members() const {
    if (!json_.is_object()) fail(path_, ": expected an object");
    std::vector<std::pair<std::string, Reader>> readers;
    for (const auto& [name, value] : json_.items()) readers.emplace_back(name, Reader(value, path_ + "." + name));
    return readers;
  }

 private:
  const Json& json_;
  std::string path_;
};

/// The shapes by which operations of other programs are matched (io/traces/shape_words.h).
std::vector<Extents> matching_shapes(const std::string& op, const std::vector<Extents>& in,
                                     const std::vector<Extents>& out) {
  if (in.empty() || out.empty()) return {};
  if (op == "conv2d" && in.size() >= 2) return {in[0], in[1]};
  if (op == "conv2d_backward_data" && in.size() >= 2) return {out[0], in[1]};
  if (op == "conv2d_backward_weights" && in.size() >= 2) return {in[1], out[0]};
  if (op == "matmul" && in[0].size() == 2 && out[0].size() == 2)  // a may be transposed: k is its other extent
    return product_shapes(out[0][0], in[0][in[0][0] == out[0][0] ? 1 : 0], out[0][1]);
  // Losses take logits, probabilities or gradients first, as each defines it: matched by their order.
  if (op.starts_with("softmax_cross_entropy")) return {};
  return in[0].empty() ? std::vector<Extents>{} : std::vector<Extents>{in[0]};
}

std::vector<Extents> shapes_of(const Reader& list) {
  std::vector<Extents> shapes;
  for (const Reader& shape : list.items()) shapes.push_back(shape.integers());
  return shapes;
}

/// One entry of `nodes[]`.
struct SourceNode {
  std::string op;
  std::vector<Extents> in, out;
  ProfiledPart part;
};

/// A convolution that was lowered (phi or im2col, then products) is a convolution to other programs. The products carry
/// its kind and shapes; what only moves elements serves them, as a row of the plan's own would.
void name_lowered_convolution(std::vector<SourceNode*>& layer) {
  static const std::set<std::string> kIndex = {"pad",    "gather",  "im2col",   "scatter_add",
                                               "col2im", "reshape", "transpose"};
  const auto forward = [](const SourceNode* node, const char* op) {
    return node->part.phase == "forward" && node->op == op;
  };
  Extents image, filters, matrix;  // the filters as they are, and as the products read them
  SourceNode* product = nullptr;
  bool lowered = false;
  for (SourceNode* node : layer) {
    lowered = lowered || forward(node, "gather") || forward(node, "im2col");
    if (image.empty() && !node->in.empty() && node->in[0].size() == 4 && node->part.phase == "forward" &&
        node->op != "reshape")
      image = node->in[0];
    if (forward(node, "reshape") && filters.empty() && node->in[0].size() == 4)
      filters = node->in[0], matrix = node->out[0];
    if (forward(node, "matmul") && !product) product = node;
  }
  if (!lowered || !product || image.empty() || filters.empty()) return;
  SourceNode *weights = nullptr, *data = nullptr;
  for (SourceNode* node : layer)
    if (node->op == "matmul" && node->part.phase == "backward") (node->out[0] == matrix ? weights : data) = node;
  const auto rename = [&](SourceNode* node, const char* kind) {
    if (node) node->part.kind = kind, node->part.shapes = {image, filters};
  };
  rename(product, "conv2d"), rename(weights, "conv2d_backward_weights"), rename(data, "conv2d_backward_data");
  for (SourceNode* node : layer) {
    SourceNode* served = node->part.phase == "forward" ? product : data ? data : weights;
    if (served && kIndex.count(node->op) && node->part.phase != "update") node->part.id = served->part.id;
  }
}

/// By the node's own id.
std::map<std::string, ProfiledPart> parts_by_id(const Reader& root) {
  std::vector<SourceNode> nodes;
  for (const Reader& item : root.at("nodes").items()) {
    SourceNode node;
    node.op = item.at("op").text();
    node.in = shapes_of(item.at("inputs")), node.out = shapes_of(item.at("outputs"));
    if (node.in.empty() || node.out.empty()) node.in.resize(1), node.out.resize(1);
    ProfiledPart& part = node.part;
    part.id = item.at("node").text();
    part.phase = item.at("phase").text();
    part.layer = item.at("layer").text();
    part.kind = part.phase == "update" ? "update" : node.op;
    part.work = item.at("work").integer();
    if (part.kind != "update") part.shapes = matching_shapes(part.kind, node.in, node.out);
    nodes.push_back(std::move(node));
  }
  std::map<std::string, std::vector<SourceNode*>> layers;
  std::vector<std::string> ids;
  for (SourceNode& node : nodes) layers[node.part.layer].push_back(&node), ids.push_back(node.part.id);
  for (auto& [name, layer] : layers) name_lowered_convolution(layer);
  std::map<std::string, ProfiledPart> parts;
  for (size_t n = 0; n < nodes.size(); ++n) parts.emplace(ids[n], std::move(nodes[n].part));
  return parts;
}

/// max(mul, add) + cmp + div + transcendental + move: the counting convention's work.
int64_t executed_work(const Reader& counts) {
  Tally tally;
  for_each_kind([&](const char* kind, int64_t& value) { value = counts.has(kind) ? counts.at(kind).integer() : 0; },
                tally);
  return work(tally);
}

ProfiledAccount::Bucket bucket_of(const std::string& account) {
  if (account == "sync") return ProfiledAccount::waiting;
  if (account == "idle" || account == "input") return ProfiledAccount::idle;
  return ProfiledAccount::overhead;  // dispatch, profiler, communication, and what later versions add
}

std::string switches_text(const Reader& switches) {
  std::string text;
  for (const auto& [name, value] : switches.members())
    if (name != "threads" && name != "dtype") text += (text.empty() ? "" : ", ") + name + " " + value.text();
  return text;
}

void read_facts(const Reader& root, ProfileFacts& facts) {
  facts.network = root.at("network").at("name").text();
  facts.dtype = root.at("dtype").text();
  const Reader machine = root.at("machine");
  facts.machine = machine.at("model").text() + ", " + std::to_string(machine.at("cores").integer()) + " cores";
  facts.optimizer = root.at("optimizer").text();
  facts.step_kind = root.at("step_kind").text();
  facts.batch = root.at("batch_size").integer();
  facts.threads = root.at("threads").integer();
  facts.warmup = root.at("step").at("warmup").integer();
  if (root.has("versions"))
    for (const auto& [name, version] : root.at("versions").members()) facts.versions[name] = version.text();
}

void read_operations(const Reader& root, StepProfile& profile) {
  const auto parts = parts_by_id(root);
  std::vector<std::vector<int64_t>> reorders;
  for (const Reader& operation : root.at("operations").items()) {
    ProfiledOperation row;
    const std::string id = operation.at("node").text();
    row.name = operation.has("label") ? operation.at("label").text() : id;
    for (const Reader& member : operation.at("members").items()) {
      const auto part = parts.find(member.text());
      if (part == parts.end()) fail(profile.file, ": ", id, " has a member ", member.text(), " that is no node");
      row.parts.push_back(part->second);
    }
    if (row.parts.empty() && operation.at("op").text() == "reorder") {
      // A change of layout serves two operations; other programs do it inside of one, or beside them.
      reorders.push_back(operation.at("samples_ns").integers());
      continue;
    }
    if (row.parts.empty()) {
      // A row of the plan's own (pack, reorder, combine) serves the operation whose id it carries.
      const size_t colon = id.rfind(':');
      ProfiledPart part{operation.at("op").text(), operation.at("phase").text(), operation.at("layer").text()};
      part.id = colon == std::string::npos ? id : id.substr(0, colon);
      part.work = 0;
      row.parts.push_back(std::move(part));
    }
    row.executed_work = executed_work(operation.at("executed"));
    // Absent where a pass removed the operation: its counts stay, without time.
    row.samples_ns = operation.has("samples_ns") ? operation.at("samples_ns").integers()
                                                 : std::vector<int64_t>(profile.sampled.size(), 0);
    profile.operations.push_back(std::move(row));
  }
  if (reorders.empty()) return;
  ProfiledAccount sum{ProfiledAccount::overhead, "reorders", std::vector<int64_t>(profile.sampled.size(), 0)};
  for (const auto& samples : reorders) {
    if (samples.size() != sum.samples_ns.size()) fail(profile.file, ": a reorder has ", samples.size(), " samples");
    for (size_t s = 0; s < samples.size(); ++s)
      if (__builtin_add_overflow(sum.samples_ns[s], samples[s], &sum.samples_ns[s]))
        fail(profile.file, ": reorders take longer than 64 bits hold");
  }
  profile.accounts.push_back(std::move(sum));
}

}  // namespace

StepProfile parse_analyze_result(std::string_view text, const std::string& where) {
  constexpr size_t kLargest = size_t{256} << 20;
  if (text.size() > kLargest) fail(where, " has more than ", kLargest >> 20, " MB; no result has");
  const Json json = parse(text, where);
  const Reader root(json, where);
  if (const std::string schema = root.at("schema").text(); schema != "tacho.analyze")
    fail(where, " has schema ", schema, ", expected tacho.analyze");
  StepProfile profile;
  profile.file = where;
  profile.source = "tacho analyze";
  read_facts(root, profile.facts);
  profile.way = switches_text(root.at("switches"));
  profile.unit = profile.facts.threads;
  if (profile.unit < 1 || profile.unit > 1024) fail(where, ".threads: expected 1 to 1024, got ", profile.unit);
  profile.steps_ns = root.at("step").at("samples_ns").integers();
  const Reader samples = root.at("ledger").at("samples");
  profile.sampled = samples.at("steps").integers();
  const int64_t median = samples.at("median_step").integer();
  const auto found = std::find(profile.sampled.begin(), profile.sampled.end(), median);
  if (found == profile.sampled.end()) fail(where, ": the median step ", median, " is not among ledger.samples.steps");
  profile.median = size_t(found - profile.sampled.begin());
  read_operations(root, profile);
  for (const auto& [name, ns] : samples.at("accounts").members())
    if (name != "kernel") profile.accounts.push_back({bucket_of(name), name, ns.integers()});
  check_closed(profile, where);
  return profile;
}

}  // namespace tacho
