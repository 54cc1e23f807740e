#pragma once
// What other programs recorded of a step, and our own results.
#include <string>
#include <string_view>

#include "trace/step_profile.h"

namespace tacho {

/// Reads a result of `tacho analyze --json`, a PyTorch (Kineto) or ONNX Runtime profile, an oneDNN verbose log or a
/// plain CSV, each plain or gzip. Throws tacho::Error, one line with the file and the place in it.
StepProfile read_trace(const std::string& path);

/// The same of text in memory; `where` names it in errors.
StepProfile parse_trace(std::string_view text, const std::string& where);

// By format. `where` names the file in errors.
StepProfile parse_kineto(std::string_view text, const std::string& where);
StepProfile parse_onnxruntime(std::string_view text, const std::string& where);
StepProfile parse_onednn_verbose(std::string_view text, const std::string& where);
StepProfile parse_plain_csv(std::string_view text, const std::string& where);
StepProfile parse_analyze_result(std::string_view text, const std::string& where);

/// A whole file, decompressed where it is gzip. Throws tacho::Error where it cannot be read, is damaged, or is larger
/// than `limit` bytes, compressed or not.
std::string read_maybe_gzip(const std::string& path, size_t limit);

}  // namespace tacho
