#pragma once
// The trainings that are compared with PyTorch's: one description for the program that writes their inputs and for the
// test.
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "nn/optimizer.h"
#include "nn/spec.h"

namespace tacho::support {

/// One training. Weights start as initial_value(info, seed); step k (from 1) reads examples (k-1) batch .. k batch - 1
/// of the built-in set that fits the network, in order.
struct PytorchRun {
  std::string name;
  NetworkSpec network;
  OptimizerOptions optimizer;
  double learning_rate = 0;
  int64_t batch = 0;
  int64_t steps = 0;
  double tolerance = 1e-9;  ///< how far, relatively, the losses in float64 may be from PyTorch's
  bool slow = false;        ///< takes seconds: not under sanitizers
  bool distance = false;    ///< 200 steps at a rate that learns: only how far float32 leaves float64 is compared
  uint64_t seed = 1;
};

/// How a failing test names it.
inline std::ostream& operator<<(std::ostream& out, const PytorchRun& run) { return out << run.name; }

/// All of them, by unique names.
std::vector<PytorchRun> pytorch_runs();

/// What a recording must have been made with to be compared: {data, learning_rate, batch, steps, optimizer {kind and
/// every number that PyTorch needs}}.
nlohmann::json settings_of(const PytorchRun& run);

/// What a run reads: float32 images and int64 labels of all its steps, one after another.
Dataset pytorch_examples(const PytorchRun& run);

}  // namespace tacho::support
