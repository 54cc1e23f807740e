// Writes what tools/record_pytorch_losses.py trains PyTorch with: for every run one safetensors file with the weights
// before the first step (float64), all examples, and the run's description as metadata.
// Usage: write_pytorch_inputs FOLDER (which exists).
#include <cstdio>
#include <nlohmann/json.hpp>

#include "io/safetensors.h"
#include "nn/parameters.h"
#include "tests/support/pytorch_runs.h"
#include "train/network_json.h"

namespace tacho::support {
namespace {

void write_inputs(const std::string& folder) {
  int number = 0;
  for (const PytorchRun& run : pytorch_runs()) {
    SafetensorsFile file;
    for (const ParameterInfo& info : parameters_of(run.network, DType::float64))
      file.tensors.push_back({info.name, initial_value(info, run.seed)});
    const Dataset examples = pytorch_examples(run);
    file.tensors.push_back({"x", examples.train_x});
    file.tensors.push_back({"y", examples.train_y});
    const nlohmann::json description = {
        {"name", run.name}, {"network", network_to_json(run.network)}, {"settings", settings_of(run)}};
    file.metadata.emplace_back("run", description.dump());
    write_safetensors(text_of(folder, "/", ++number, ".safetensors"), file);
  }
}

}  // namespace
}  // namespace tacho::support

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: write_pytorch_inputs FOLDER\n");
    return 2;
  }
  try {
    tacho::support::write_inputs(argv[1]);
  } catch (const tacho::Error& error) {
    std::fprintf(stderr, "write_pytorch_inputs: %s\n", error.what());
    return 1;
  }
}
