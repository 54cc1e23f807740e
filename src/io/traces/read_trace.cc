#include "io/traces/read_trace.h"

#include <algorithm>

#include "base/error.h"

namespace tacho {
namespace {

/// Two GB of text: some hundred million rows; a trace of five steps of a large model has four.
constexpr size_t kLargest = size_t{2} << 30;

/// Whether `name` is a member written near the beginning of the text.
bool begins_with_member(std::string_view text, const char* name) {
  return text.substr(0, 4096).find("\"" + std::string(name) + "\"") != std::string_view::npos;
}

}  // namespace

StepProfile parse_trace(std::string_view text, const std::string& where) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) fail(where, " is empty");
  const std::string_view from = text.substr(first);
  if (from[0] == '{') {
    if (begins_with_member(from, "schema")) return parse_analyze_result(text, where);
    return parse_kineto(text, where);
  }
  if (from[0] == '[') {
    const bool sessions = from.substr(0, 4096).find("\"Session\"") != std::string_view::npos;
    return sessions ? parse_onnxruntime(text, where) : parse_kineto(text, where);
  }
  const std::string_view head = from.substr(0, std::min(from.find('\n'), from.size()));
  if (head.starts_with("op,") || head.find(",op,") != std::string_view::npos) return parse_plain_csv(from, where);
  if (text.find("onednn_verbose") != std::string_view::npos || text.find("dnnl_verbose") != std::string_view::npos)
    return parse_onednn_verbose(text, where);
  fail(where, ": neither a result of `tacho analyze --json`, a PyTorch or ONNX Runtime profile, an oneDNN verbose log ",
       "nor a CSV with op,layer,phase,ns");
}

StepProfile read_trace(const std::string& path) { return parse_trace(read_maybe_gzip(path, kLargest), path); }

}  // namespace tacho
