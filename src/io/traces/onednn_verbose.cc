// oneDNN's verbose log, which PyTorch and TensorFlow write alike on a CPU: one line per primitive that ran.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>

#include "base/error.h"
#include "io/traces/profile_builder.h"
#include "io/traces/read_trace.h"
#include "io/traces/shape_words.h"
#include "io/traces/text_lines.h"

namespace tacho {
namespace {

/// What one line says.
struct Primitive {
  std::string name, direction, memory, attributes, problem;
  int64_t ns = 0;
  bool has_bias() const {
    const size_t bias = memory.find("bia:");
    return bias != std::string::npos && memory.compare(bias, 9, "bia:undef") != 0;
  }
  /// Of the source operand: "src:f32::blocked:...", of older products "src_f32::...".
  std::string dtype() const {
    if (memory.size() < 7 || !memory.starts_with("src")) return "";
    const std::string_view type = std::string_view(memory).substr(4, memory.find(':', 4) - 4);
    return type == "f32" ? "float32" : type == "f64" ? "float64" : type == "bf16" ? "bfloat16" : std::string(type);
  }
  std::string key() const { return name + "," + direction + "," + attributes + "," + problem; }
};

/// "mb128_ic1oc32_ih28oh28kh5sh1dh0ph2": a number behind each letter group.
std::map<std::string, int64_t> numbers_of(std::string_view problem) {
  std::map<std::string, int64_t> numbers;
  for (size_t i = 0; i < problem.size();) {
    size_t letters = i;
    while (letters < problem.size() && std::isalpha(static_cast<unsigned char>(problem[letters]))) ++letters;
    int64_t value = 0;
    const auto [end, error] = std::from_chars(problem.data() + letters, problem.data() + problem.size(), value);
    if (error == std::errc() && letters > i) numbers[std::string(problem.substr(i, letters - i))] = value;
    const size_t next = error == std::errc() ? size_t(end - problem.data()) : letters + 1;
    i = std::max(next, i + 1);
    while (i < problem.size() && problem[i] == '_') ++i;
  }
  return numbers;
}

/// "576x128:128x10" as the two operands.
bool operands_of(std::string_view problem, Extents& a, Extents& b) {
  const size_t colon = problem.find(':');
  if (colon == std::string_view::npos) return false;
  const auto extents = [](std::string_view text) {
    std::string list(text.substr(0, text.find(':')));
    std::replace(list.begin(), list.end(), 'x', ',');
    return parse_integer_list(list, ',');
  };
  a = extents(problem.substr(0, colon)), b = extents(problem.substr(colon + 1));
  return a.size() >= 2 && b.size() >= 2;
}

ConvolutionCall convolution_of(const std::map<std::string, int64_t>& n) {
  const auto at = [&](const char* name, int64_t otherwise) {
    const auto found = n.find(name);
    return found == n.end() ? otherwise : found->second;
  };
  ConvolutionCall call;
  call.groups = std::max<int64_t>(at("g", 1), 1);
  call.image = {at("mb", 1), at("ic", 1), at("ih", 1), at("iw", 1)};
  call.filters = {at("oc", 1), at("ic", 1) / call.groups, at("kh", 1), at("kw", 1)};
  call.stride = {at("sh", 1), at("sw", 1)};
  call.padding = {at("ph", 0), at("pw", 0)};
  call.dilation = {at("dh", 0) + 1, at("dw", 0) + 1};  // theirs begins at 0
  call.known = n.count("ih") && n.count("kh");
  return call;
}

std::string phase_of(const std::string& direction) {
  if (direction.starts_with("forward")) return "forward";
  return direction.starts_with("backward") ? "backward" : "none";
}

/// The bias is added on the way out, and its gradient summed beside the weights'.
ProfiledPart bias_part(const std::string& direction) {
  return direction.starts_with("backward") ? simple_part("sum", "backward") : simple_part("bias_add", "forward");
}

std::vector<ProfiledPart> parts_of(const Primitive& p) {
  const std::string phase = phase_of(p.direction);
  const auto numbers = numbers_of(p.problem);
  const auto plane = [&](const char* channels, const char* height, const char* width) -> Extents {
    if (!numbers.count("mb") || !numbers.count(channels) || !numbers.count(height) || !numbers.count(width)) return {};
    return {numbers.at("mb"), numbers.at(channels), numbers.at(height), numbers.at(width)};
  };
  std::vector<ProfiledPart> parts;
  if (p.name == "convolution") {
    const char* kind = p.direction == "backward_data"      ? "conv2d_backward_data"
                       : p.direction == "backward_weights" ? "conv2d_backward_weights"
                                                           : "conv2d";
    parts.push_back(convolution_part(kind, phase, convolution_of(numbers)));
    if (p.has_bias()) parts.push_back(bias_part(p.direction));
  } else if (p.name == "inner_product" && numbers.count("mb") && numbers.count("ic") && numbers.count("oc")) {
    int64_t features = std::clamp<int64_t>(numbers.at("ic"), 1, 1 << 20);
    for (const char* axis : {"ih", "iw"})
      if (numbers.count(axis)) features *= std::clamp<int64_t>(numbers.at(axis), 1, 1 << 20);
    const int64_t mb = numbers.at("mb"), oc = numbers.at("oc");
    if (p.direction == "backward_data") parts.push_back(product_part(phase, {mb, oc}, {oc, features}, false));
    else if (p.direction == "backward_weights") parts.push_back(product_part(phase, {oc, mb}, {mb, features}, false));
    else parts.push_back(product_part(phase, {mb, features}, {oc, features}, true));
    if (p.has_bias()) parts.push_back(bias_part(p.direction));
  } else if (p.name == "matmul" || p.name == "gemm_api") {
    Extents a, b;
    if (operands_of(p.problem, a, b)) parts.push_back(product_part(phase, a, b, false));
    else parts.push_back(simple_part("matmul", phase));
  } else if (p.name == "pooling") {
    const bool backward = phase == "backward";
    const std::string kind = p.attributes.find("pooling_max") != std::string::npos ? "max_pool2d" : "avg_pool2d";
    parts.push_back(simple_part(backward ? kind + "_backward" : kind, phase,
                                backward ? plane("ic", "oh", "ow") : plane("ic", "ih", "iw")));
  } else if (p.name == "eltwise" && p.attributes.find("eltwise_relu") != std::string::npos) {
    parts.push_back(simple_part(phase == "backward" ? "relu_backward" : "relu", phase));
  } else {
    parts.push_back(simple_part(p.name, phase));
  }
  if (p.attributes.find("attr-post-ops:eltwise_relu") != std::string::npos) parts.push_back(simple_part("relu", phase));
  return parts;
}

/// The steps of a sequence that repeats: the shortest period that explains the longest part of its end. What comes
/// before is warm-up of another form. Empty where nothing repeats.
struct Period {
  size_t begin = 0, length = 0;
};
Period period_of(const std::vector<int>& keys) {
  // Of the reversed sequence, the longest border of each prefix (Knuth, Morris, Pratt).
  const size_t n = keys.size();
  std::vector<size_t> border(n, 0);
  Period best;
  for (size_t i = 1; i < n; ++i) {
    size_t k = border[i - 1];
    while (k > 0 && keys[n - 1 - i] != keys[n - 1 - k]) k = border[k - 1];
    border[i] = k + (keys[n - 1 - i] == keys[n - 1 - k] ? 1 : 0);
    const size_t covered = i + 1, period = covered - border[i];
    if (period * 2 <= covered) best = {n - covered, period};
  }
  return best;
}

Primitive parse_line(const std::vector<std::string_view>& fields, size_t exec, const LinePlace& place) {
  // primitive,exec,engine,primitive,implementation,direction,memory,attributes,auxiliary,problem,milliseconds
  if (fields.size() < exec + 10) fail(place, ": expected 10 fields behind `primitive`, got ", fields.size() - exec);
  Primitive p;
  p.name = fields[exec + 2], p.direction = fields[exec + 4], p.memory = fields[exec + 5];
  p.attributes = std::string(fields[exec + 6]) + " " + std::string(fields[exec + 7]);
  p.problem = fields[exec + 8];
  p.ns = parse_milliseconds(fields[exec + 9], place);
  return p;
}

}  // namespace

StepProfile parse_onednn_verbose(std::string_view text, const std::string& where) {
  StepProfile profile;
  profile.file = where;
  profile.source = "oneDNN verbose log";
  profile.facts.whole_step = false;
  std::vector<Primitive> primitives;
  for_each_line(text, where, [&](std::string_view line, const LinePlace& place) {
    const size_t begin = std::min(line.find("onednn_verbose"), line.find("dnnl_verbose"));
    if (begin == std::string_view::npos) return;  // logs have other lines between
    const std::vector<std::string_view> fields = split_fields(line.substr(begin), ',');
    // v1 has a version behind the marker and may have a time behind that; older logs have neither.
    size_t exec = 1;
    while (exec < fields.size() && exec < 4 && fields[exec] != "exec") ++exec;
    if (exec < fields.size() && fields[exec] == "exec") {
      primitives.push_back(parse_line(fields, exec, place));
      return;
    }
    const std::string_view last = fields.back();
    if (last.starts_with("nthr:")) {
      const auto threads = parse_integer_list(last.substr(5), ',');
      if (threads.size() == 1 && threads[0] > 0) profile.facts.threads = threads[0];
    }
    for (std::string_view field : fields)
      if (field.starts_with("oneDNN v")) profile.facts.versions["oneDNN"] = field.substr(8, field.find(' ', 8) - 8);
  });
  if (primitives.empty()) fail(where, " has no line of a primitive that ran; record with ONEDNN_VERBOSE=profile_exec");

  std::map<std::string, int> ids;
  std::vector<int> keys;
  for (const Primitive& p : primitives) keys.push_back(ids.try_emplace(p.key(), int(ids.size())).first->second);
  Period period = period_of(keys);
  if (period.length == 0) {
    period = {0, keys.size()};
    profile.notes.push_back("the sequence of primitives never repeats: the whole log is taken as one step");
  }
  // The last period ends where the log ends. It is cut before the first forward primitive of a period, where it has
  // one.
  const size_t steps_at_most = (keys.size() - period.begin) / period.length;
  size_t begin = keys.size() - steps_at_most * period.length;
  profile.notes.push_back(text_of(steps_at_most, " steps of ", period.length, " primitives, by their repetition",
                                  begin > 0 ? text_of("; ", begin, " primitives before them left out") : ""));
  profile.notes.push_back("only oneDNN's primitives are recorded: the step is their sum, time outside is unknown");

  ProfileBuilder builder;
  bool train = false;
  for (size_t at = begin; at < primitives.size(); at += period.length) {
    int64_t sum = 0;
    for (size_t i = at; i < at + period.length; ++i) sum += primitives[i].ns;
    builder.begin_step(sum);
    for (size_t i = at; i < at + period.length; ++i) {
      const Primitive& p = primitives[i];
      train = train || p.direction.starts_with("backward");
      if (p.name == "reorder") {
        builder.add_account(ProfiledAccount::overhead, "reorders", p.ns);
        continue;
      }
      ProfiledOperation row;
      row.name = p.name + (p.direction == "undef" ? "" : " " + p.direction);
      row.parts = parts_of(p);
      if (profile.facts.dtype.empty()) profile.facts.dtype = p.dtype();
      const auto& shapes = row.parts.front().shapes;
      if (row.parts.front().kind == "conv2d" && !shapes.empty() && profile.facts.batch < 0)
        profile.facts.batch = shapes[0][0];
      builder.add(builder.row(row), p.ns);
    }
  }
  builder.finish(profile);
  profile.facts.step_kind = train ? "train" : "inference";
  check_closed(profile, where);
  return profile;
}

}  // namespace tacho
