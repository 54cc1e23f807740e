// Trains a network of one's own on the built-in digits, keeps a checkpoint, and reads it back.
// Usage: train_network [FOLDER [STEPS]]
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tacho/tacho.h"

namespace {

tacho::NetworkSpec small_network(const tacho::Dataset& data) {
  tacho::NetworkSpec network{"small", data.example_shape(), data.classes, {}};
  network.layers = {
      {"conv2d", "conv1", {}, {{"out_channels", int64_t{8}}, {"kernel", int64_t{3}}, {"padding", int64_t{1}}}},
      {"relu", "relu1", {}, {}},
      {"max_pool2d", "pool1", {}, {{"kernel", int64_t{2}}}},
      {"flatten", "flatten", {}, {}},
      {"linear", "fc", {}, {{"out_features", data.classes}}},
  };
  return network;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string folder = argc > 1 ? argv[1] : "train_network.checkpoint";

  tacho::DataSpec spec;
  spec.spec = "digits";
  spec.split = tacho::Split{2000, 500};
  const tacho::Dataset data = tacho::load_dataset(spec);

  tacho::TrainOptions options;
  options.step.network = small_network(data);
  options.step.batch = 50;
  options.step.way = tacho::resolve({});
  options.learning_rate = 0.02;
  options.max_steps = argc > 2 ? std::atoll(argv[2]) : 200;
  options.checkpoint = folder;
  options.validation = &data;
  options.progress = [](const tacho::TrainProgress& p) {
    if (p.step % 50 == 0) std::printf("step %3lld  loss %.4f\n", static_cast<long long>(p.step), p.loss);
  };
  const tacho::TrainResult result = tacho::train(options, data);
  std::printf("accuracy on %lld test examples: %.1f %%\n", static_cast<long long>(result.validation->examples),
              100 * result.validation->accuracy);

  // The checkpoint holds all that is needed to use the network elsewhere.
  tacho::Checkpoint saved = tacho::read_checkpoint(folder);
  tacho::Pool pool(options.step.way.threads);
  tacho::Evaluator evaluator(options.step, pool, saved.variables);
  const double again = evaluator.evaluate(data.test_x, data.test_y).accuracy;
  std::printf("from the checkpoint: %.1f %%\n", 100 * again);
  return again == result.validation->accuracy ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "train_network: %s\n", error.what());
  return 2;
}
