#pragma once
#include <cstdio>
#include <string>

#include "train/evaluation.h"

namespace tacho {

/// `train --log`: one JSON object a line, numbers that read back exactly.
class TrainLog {
 public:
  /// Starts the file afresh, or, to continue after step `keep`, drops the lines of later steps and any broken last one.
  /// An empty path logs nothing. Throws tacho::Error where the file cannot be written.
  TrainLog(const std::string& path, int64_t keep);
  ~TrainLog();
  TrainLog(const TrainLog&) = delete;
  TrainLog& operator=(const TrainLog&) = delete;

  void step(int64_t step, int64_t epoch, double loss, double learning_rate, double examples_per_s);
  void validation(int64_t step, int64_t epoch, const Evaluation& evaluation);
  /// Hands everything to the system: called before a checkpoint, so that no line of a saved step is lost with the
  /// process.
  void flush();

 private:
  void line(const std::string& text);
  std::string path_;
  std::FILE* file_ = nullptr;
};

}  // namespace tacho
