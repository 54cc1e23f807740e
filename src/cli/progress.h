#pragma once
#include <cstdint>
#include <string>

#include "train/trainer.h"

namespace tacho {

/// "3:07", "1:02:45".
std::string duration_text(double seconds);

/// The training's line on standard error: epoch, bar, loss, accuracy, examples/s, time left. Redrawn at most ten times
/// a second; nothing is written where `on` is false.
class ProgressLine {
 public:
  ProgressLine(bool on, bool color) : on_(on), color_(color) {}
  ~ProgressLine() { clear(); }
  void show(const TrainProgress& progress);
  /// Takes the line away, so that other text can follow.
  void clear();

 private:
  bool on_, color_;
  bool drawn_ = false;
  int64_t last_ns_ = 0, begin_ns_ = 0, begin_step_ = 0;
  double smooth_loss_ = 0;
};

}  // namespace tacho
