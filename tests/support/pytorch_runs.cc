#include "tests/support/pytorch_runs.h"

#include <nlohmann/json.hpp>

#include "nn/builtin.h"
#include "nn/network_writer.h"

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

/// The layers that the built-in networks below lack.
NetworkSpec many_layers() {
  NetworkSpec network{"many-layers", {1, 28, 28}, 10, {}};
  NetworkWriter w(network);
  const auto whole = [](int64_t value) { return FieldValue(value); };
  w.conv("conv1", {.channels = 8, .padding = 1});
  w.add("group_norm", "group", {{"groups", whole(2)}});
  w.add("gelu", "gelu");
  w.add("avg_pool2d", "mean",
        {{"kernel", whole(3)}, {"stride", whole(2)}, {"padding", whole(1)}, {"count_include_pad", false}});
  w.add("conv_transpose2d", "transposed",
        {{"out_channels", whole(8)},
         {"kernel", whole(3)},
         {"stride", whole(2)},
         {"padding", whole(1)},
         {"output_padding", whole(1)},
         {"groups", whole(2)}});
  w.add("instance_norm2d", "instance");
  w.add("silu", "silu");
  w.add("adaptive_avg_pool2d", "uneven", {{"output", whole(5)}});
  w.add("upsample2d", "bilinear", {{"bilinear", true}});
  w.add("layer_norm", "layer");
  const std::string branch = w.add("hardswish", "hardswish");
  w.add("conv2d", "dilated",
        {{"out_channels", whole(8)},
         {"kernel", whole(3)},
         {"padding", whole(2)},
         {"dilation", whole(2)},
         {"groups", whole(4)}});
  w.add("leaky_relu", "leaky");
  w.add("add", "sum", {}, {"leaky", branch});
  const std::string elu = w.add("elu", "elu");
  w.add("concat", "both", {}, {elu, branch});
  w.add("upsample2d", "nearest");
  w.add("max_pool2d", "max", {{"kernel", whole(3)}, {"stride", whole(2)}, {"padding", whole(1)}});
  w.add("softplus", "softplus", {{"beta", 2.0}});
  w.add("rms_norm", "rms", {{"axes", whole(1)}});
  w.add("gelu", "gelu_by_tanh", {{"approximate", true}});
  w.conv("depthwise", {.channels = 32, .stride = 2, .groups = 16});
  w.add("selu", "selu");
  w.add("avg_pool2d", "padded_mean", {{"kernel", whole(2)}, {"padding", whole(1)}});
  w.add("sigmoid", "sigmoid");
  w.flatten();
  w.linear("fc", network.classes);
  return network;
}

struct Choice {
  OptimizerKind kind;
  double rate, weight_decay = 0;
};

void add_light(std::vector<PytorchRun>& runs, const std::string& network, const Choice& choice, int64_t batch,
               bool slow) {
  PytorchRun run{
      network + ", " + std::string(name_of(choice.kind)), builtin_network(network), {}, choice.rate, batch, 50};
  run.optimizer.kind = choice.kind;
  run.optimizer.weight_decay = choice.weight_decay;
  run.slow = slow;
  runs.push_back(run);
}

/// A network trained by each optimiser; `rate` is that of momentum. The decays are as large as they are used: one that
/// is coupled in the wrong way moves the loss by 1e-5 and more.
void add_optimizers(std::vector<PytorchRun>& runs, const std::string& network, double rate, double adam_rate,
                    int64_t batch, bool slow) {
  for (const Choice& choice : {Choice{OptimizerKind::sgd, 10 * rate}, Choice{OptimizerKind::momentum, rate},
                               Choice{OptimizerKind::nesterov, rate, 5e-4}, Choice{OptimizerKind::adam, adam_rate},
                               Choice{OptimizerKind::adamw, adam_rate, 0.1}})
    add_light(runs, network, choice, batch, slow);
}

void add_deep(std::vector<PytorchRun>& runs, const std::string& network, double rate, int64_t batch) {
  runs.push_back({network + ", momentum", builtin_network(network), {}, rate, batch, 20, 1e-8, true});
}

/// As long as a user trains before looking, at a rate at which the loss falls.
void add_distance(std::vector<PytorchRun>& runs, const std::string& network, double rate, int64_t batch) {
  PytorchRun run{network + ", 200 steps", builtin_network(network), {}, rate, batch, 200};
  run.optimizer.kind = OptimizerKind::momentum;
  run.slow = run.distance = true;
  runs.push_back(run);
}

}  // namespace

std::vector<PytorchRun> pytorch_runs() {
  // Learning rates small enough that float32 runs of one program stay together: a single maximum or ReLU whose side
  // rounding decides moves the loss by as much as the rate lets it. At ten to fifty times these rates PyTorch's own
  // float32 runs of the networks with ReLU leave its float64 runs by 1e-4 to 1e-2; at these they stay within 2e-5
  // (mobilenet-v2: 5e-5). That one amplifies most: at 0.001 PyTorch's float64 runs, with the examples of each batch in
  // another order, are 2e-8 apart after 20 steps.
  std::vector<PytorchRun> runs;
  add_optimizers(runs, "simplenn-4", 1e-4, 3e-5, 32, true);
  add_optimizers(runs, "simplenn-7", 2e-5, 3e-6, 8, true);
  add_optimizers(runs, "lenet5", 0.01, 0.001, 32, false);
  for (const Choice& choice : {Choice{OptimizerKind::rmsprop, 1e-4, 0.01}, Choice{OptimizerKind::adagrad, 1e-3, 0.01}})
    add_light(runs, "lenet5", choice, 32, false);
  add_light(runs, "lenet5", {OptimizerKind::momentum, 0.01}, 32, false);
  runs.back().name = "lenet5, clipped gradients";
  runs.back().optimizer.clip_value = 0.1;
  runs.back().optimizer.clip_norm = 0.5;
  runs.push_back({"batch normalisation, momentum", normalized_network(), {}, 0.01, 32, 5});
  runs.push_back({"many layers, momentum", many_layers(), {}, 0.002, 8, 10});
  add_deep(runs, "vgg11", 1e-5, 8);
  add_deep(runs, "resnet18", 5e-6, 4);
  add_deep(runs, "mobilenet-v2", 1e-6, 8);
  add_distance(runs, "simplenn-4", 0.01, 128);
  add_distance(runs, "simplenn-7", 0.003, 32);
  add_distance(runs, "lenet5", 0.01, 128);
  add_distance(runs, "vgg16", 0.01, 16);
  add_distance(runs, "resnet18", 0.01, 16);
  return runs;
}

nlohmann::json settings_of(const PytorchRun& run) {
  const OptimizerOptions& o = run.optimizer;
  return {{"data", builtin_set_for(run.network.input)},
          {"learning_rate", run.learning_rate},
          {"batch", run.batch},
          {"steps", run.steps},
          {"optimizer",
           {{"kind", name_of(o.kind)},
            {"momentum", o.momentum},
            {"betas", {o.beta1, o.beta2}},
            {"eps", o.epsilon},
            {"weight_decay", o.weight_decay},
            {"clip_value", o.clip_value},
            {"clip_norm", o.clip_norm}}}};
}

Dataset pytorch_examples(const PytorchRun& run) {
  DataSpec spec;
  spec.spec = builtin_set_for(run.network.input);
  spec.split = Split{run.steps * run.batch, 0};
  return load_dataset(spec);
}

}  // namespace tacho::support
