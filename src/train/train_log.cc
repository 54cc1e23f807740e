#include "train/train_log.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/error.h"

namespace tacho {
namespace {

using OrderedJson = nlohmann::ordered_json;

/// The lines of steps up to `keep`, as they stand in the file.
std::string kept_lines(const std::string& text, int64_t keep) {
  std::string kept;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    if (end == std::string::npos) break;  // cut off by a kill
    const std::string line = text.substr(begin, end + 1 - begin);
    begin = end + 1;
    const OrderedJson json = OrderedJson::parse(line, nullptr, false);
    const auto step = json.is_object() ? json.find("step") : json.end();
    if (json.is_object() && step != json.end() && step->is_number_integer() && step->get<int64_t>() <= keep)
      kept += line;
  }
  return kept;
}

}  // namespace

TrainLog::TrainLog(const std::string& path, int64_t keep) : path_(path) {
  if (path.empty()) return;
  std::error_code none;
  const bool continues = keep > 0 && std::filesystem::is_regular_file(path, none);
  if (continues) write_file_atomic(path, kept_lines(read_file(path), keep));
  file_ = std::fopen(path.c_str(), continues ? "a" : "w");
  if (!file_) fail("--log ", path, ": ", std::strerror(errno), "; is the folder there and writable?");
}

TrainLog::~TrainLog() {
  if (file_) std::fclose(file_);
}

void TrainLog::line(const std::string& text) {
  if (std::fputs((text + "\n").c_str(), file_) < 0) fail("cannot write ", path_, ": ", std::strerror(errno));
}

void TrainLog::step(int64_t step, int64_t epoch, double loss, double learning_rate, double examples_per_s) {
  if (!file_) return;
  line(OrderedJson{{"step", step},
                   {"epoch", epoch},
                   {"loss", loss},
                   {"learning_rate", learning_rate},
                   {"examples_per_s", examples_per_s}}
           .dump());
}

void TrainLog::validation(int64_t step, int64_t epoch, const Evaluation& evaluation) {
  if (!file_) return;
  line(OrderedJson{{"step", step},
                   {"epoch", epoch},
                   {"validation_loss", evaluation.loss},
                   {"validation_accuracy", evaluation.accuracy},
                   {"validation_examples", evaluation.examples}}
           .dump());
}

void TrainLog::flush() {
  if (file_ && std::fflush(file_) != 0) fail("cannot write ", path_, ": ", std::strerror(errno));
}

}  // namespace tacho
