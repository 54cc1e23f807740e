#include "tests/support/pytorch_runs.h"

#include "nn/builtin.h"

namespace tacho::support {
namespace {

/// Normalisation couples the batch and keeps running statistics; the convolution before it has a bias, whose gradient
/// is zero but for rounding.
NetworkSpec normalized_network() {
  NetworkSpec network{"conv-bn-relu-fc", {1, 28, 28}, 10, {}};
  network.layers.push_back({"conv2d", "conv1", {}, {{"out_channels", int64_t{6}}, {"kernel", int64_t{3}}}});
  network.layers.push_back({"batch_norm2d", "bn1", {}, {}});
  network.layers.push_back({"relu", "relu1", {}, {}});
  network.layers.push_back({"flatten", "flatten", {}, {}});
  network.layers.push_back({"linear", "fc", {}, {{"out_features", network.classes}}});
  return network;
}

}  // namespace

std::vector<PytorchRun> pytorch_runs() {
  // Learning rates small enough that float32 runs of one program stay together. At 0.005 and 0.0005 a single maximum or
  // ReLU whose side rounding decides moves the loss by 1e-4 and more: PyTorch's own float32 run is then 2e-7 or 2e-4
  // from its float64 run, depending on the order of the examples inside a batch.
  const NetworkSpec simplenn4 = builtin_network("simplenn-4");
  return {{"simplenn-4, momentum", simplenn4, OptimizerKind::momentum, 0.002, 32, 50},
          {"simplenn-4, adam", simplenn4, OptimizerKind::adam, 0.0001, 32, 50},
          {"batch normalisation, momentum", normalized_network(), OptimizerKind::momentum, 0.01, 32, 5}};
}

Dataset pytorch_examples(const PytorchRun& run) {
  DataSpec spec;
  spec.spec = "digits";
  spec.split = Split{run.steps * run.batch, 0};
  return load_dataset(spec);
}

}  // namespace tacho::support
