#include "nn/scale.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "base/error.h"

namespace tacho {
namespace {

constexpr double kMostChannels = 1 << 24;  // so that counts fit their integers

bool is_product(const LayerSpec& layer) { return layer.kind.starts_with("conv") || layer.kind == "linear"; }

FieldValue* find(LayerSpec& layer, const char* name) {
  for (auto& [field, value] : layer.fields)
    if (field == name) return &value;
  return nullptr;
}

const char* width_field(const LayerSpec& layer) { return layer.kind == "linear" ? "out_features" : "out_channels"; }

void set_field(LayerSpec& layer, const char* name, FieldValue value) {
  if (FieldValue* field = find(layer, name)) *field = std::move(value);
  else layer.fields.emplace_back(name, std::move(value));
}

/// Index of the last product: the network's outputs.
size_t last_product(const NetworkSpec& network) {
  for (size_t i = network.layers.size(); i-- > 0;)
    if (is_product(network.layers[i])) return i;
  fail("network '", network.name, "' has no convolution and no linear layer, so there is nothing to scale");
}

int64_t scaled(const LayerSpec& layer, int64_t value, double factor) {
  const double product = double(value) * factor;
  if (product < 1 || product != std::floor(product) || product > kMostChannels)
    fail("width: ", factor, " times the ", value, " channels of layer '", layer.name, "' is no whole number from 1 to ",
         int64_t(kMostChannels), "; choose another value");
  return int64_t(product);
}

/// What a layer reads: the layer before it where nothing is written.
std::vector<std::string> inputs_of(const NetworkSpec& network, size_t index) {
  if (!network.layers[index].inputs.empty()) return network.layers[index].inputs;
  return {index == 0 ? std::string(kNetworkInput) : network.layers[index - 1].name};
}

/// Layers [begin, end) of the network, which read nothing from outside but `entry`.
struct Block {
  size_t begin = 0, end = 0;
  std::string entry;
};

/// Layers that keep shape and size, so they belong to the block before them.
bool keeps_shape(const LayerSpec& layer) {
  static constexpr const char* kKinds[] = {
      "relu",       "relu6",           "leaky_relu", "elu",  "selu",         "gelu",       "silu",
      "softplus",   "hardswish",       "sigmoid",    "tanh", "batch_norm2d", "layer_norm", "rms_norm",
      "group_norm", "instance_norm2d", "dropout"};
  return std::any_of(std::begin(kKinds), std::end(kKinds), [&](const char* kind) { return layer.kind == kind; });
}

size_t behind_shape_keepers(const NetworkSpec& network, size_t index) {
  while (index < network.layers.size() && keeps_shape(network.layers[index]) && network.layers[index].inputs.empty())
    ++index;
  return index;
}

/// Whether every layer of the block reads `entry` or a layer of the block.
bool closed(const NetworkSpec& network, const Block& block) {
  for (size_t i = block.begin; i < block.end; ++i)
    for (const std::string& input : inputs_of(network, i)) {
      bool inside = input == block.entry;
      for (size_t j = block.begin; j < i; ++j) inside = inside || network.layers[j].name == input;
      if (!inside) return false;
    }
  return true;
}

std::vector<Block> residual_blocks(const NetworkSpec& network) {
  std::vector<Block> blocks;
  for (size_t i = 0; i < network.layers.size(); ++i) {
    if (network.layers[i].kind != "add") continue;
    for (const std::string& input : inputs_of(network, i)) {
      size_t entry = 0;
      while (entry < i && network.layers[entry].name != input) ++entry;
      if (entry + 1 >= i) continue;
      const Block block{entry + 1, behind_shape_keepers(network, i + 1), input};
      if (closed(network, block)) {
        blocks.push_back(block);
        break;
      }
    }
  }
  return blocks;
}

std::vector<Block> plain_blocks(const NetworkSpec& network) {
  std::vector<Block> blocks;
  const size_t last = last_product(network);
  for (size_t i = 0; i < last; ++i) {
    if (!is_product(network.layers[i]) || !network.layers[i].inputs.empty()) continue;
    blocks.push_back({i, behind_shape_keepers(network, i + 1), inputs_of(network, i)[0]});
  }
  return blocks;
}

/// A convolution that gives what it takes: stride 1, padded to keep the size.
void keep_size(const NetworkSpec& network, LayerSpec& layer) {
  if (layer.kind == "linear") return;
  const FieldValue* kernel = find(layer, "kernel");
  const auto* side = kernel ? std::get_if<int64_t>(kernel) : nullptr;
  if (layer.kind != "conv2d" || !side || *side % 2 == 0)
    fail("depth: layer '", layer.name, "' of '", network.name,
         "' cannot be repeated: only 2-d convolutions with an odd square kernel can keep the image's size");
  set_field(layer, "padding", *side / 2);
  set_field(layer, "stride", int64_t{1});
  set_field(layer, "dilation", int64_t{1});
}

class Deepener {
 public:
  Deepener(const NetworkSpec& network, std::vector<Block> blocks, bool residual, int64_t factor)
      : network_(network), blocks_(std::move(blocks)), residual_(residual), factor_(factor) {}

  NetworkSpec run() {
    NetworkSpec deep = network_;
    deep.layers.clear();
    for (size_t i = 0; i < network_.layers.size(); ++i) {
      LayerSpec layer = network_.layers[i];
      for (std::string& input : layer.inputs)
        if (const auto found = renamed_.find(input); found != renamed_.end()) input = found->second;
      deep.layers.push_back(layer);
      for (const Block& block : blocks_)
        if (block.end == i + 1) repeat(block, deep);
    }
    return deep;
  }

 private:
  void repeat(const Block& block, NetworkSpec& deep) {
    const std::string end = network_.layers[block.end - 1].name;
    std::string before = end;
    for (int64_t copy = 2; copy <= factor_; ++copy) {
      const std::string suffix = "_x" + std::to_string(copy);
      for (size_t i = block.begin; i < block.end; ++i) {
        LayerSpec layer = network_.layers[i];
        layer.inputs = inputs_of(network_, i);
        for (std::string& input : layer.inputs) input = input == block.entry ? before : input + suffix;
        layer.name += suffix;
        if (!residual_ && is_product(layer)) keep_size(network_, layer);
        deep.layers.push_back(std::move(layer));
      }
      before = end + suffix;
    }
    // Layers behind that name the block's end read its last copy.
    renamed_[end] = before;
  }

  const NetworkSpec& network_;
  std::vector<Block> blocks_;
  bool residual_;
  int64_t factor_;
  std::map<std::string, std::string> renamed_;
};

}  // namespace

NetworkSpec scale_width(NetworkSpec network, double factor) {
  const size_t last = last_product(network);
  for (size_t i = 0; i < network.layers.size(); ++i) {
    LayerSpec& layer = network.layers[i];
    if (!is_product(layer) || i == last) continue;
    FieldValue* field = find(layer, width_field(layer));
    if (!field || !std::holds_alternative<int64_t>(*field)) continue;
    const int64_t channels = std::get<int64_t>(*field);
    if (FieldValue* groups = find(layer, "groups"))
      if (const auto* number = std::get_if<int64_t>(groups); number && *number == channels)
        *groups = scaled(layer, channels, factor);
    *field = scaled(layer, channels, factor);
  }
  return network;
}

NetworkSpec scale_depth(const NetworkSpec& network, int64_t factor) {
  if (factor < 1) fail("depth: expected whole numbers from 1, got ", factor);
  if (factor == 1) return network;
  std::vector<Block> blocks = residual_blocks(network);
  const bool residual = !blocks.empty();
  if (!residual) {
    for (const LayerSpec& layer : network.layers)
      if (layer.kind == "concat" || layer.kind == "add")
        fail("depth: '", network.name, "' cannot be repeated: layer '", layer.name,
             "' joins branches, and no block between has an identity shortcut");
    blocks = plain_blocks(network);
  }
  if (blocks.empty()) fail("depth: '", network.name, "' has no block that could be repeated");
  return Deepener(network, std::move(blocks), residual, factor).run();
}

}  // namespace tacho
