#pragma once
// Writes the layers of built-in networks one after another.
#include <string>
#include <utility>
#include <vector>

#include "nn/spec.h"

namespace tacho {

class NetworkWriter {
 public:
  using Fields = std::vector<std::pair<std::string, FieldValue>>;

  explicit NetworkWriter(NetworkSpec& network) : network_(network) {}

  /// Appends a layer that reads `inputs` (none: the layer before it) and returns its name.
  std::string add(const std::string& kind, const std::string& name, Fields fields = {},
                  std::vector<std::string> inputs = {}) {
    network_.layers.push_back({kind, name, std::move(inputs), std::move(fields)});
    return name;
  }

  /// Fields that every kind of convolution here needs; those with their default are left out.
  struct Convolution {
    int64_t channels = 0, kernel = 3, stride = 1, padding = 0, groups = 1;
    bool bias = true;
  };
  std::string conv(const std::string& name, const Convolution& c, std::vector<std::string> inputs = {}) {
    Fields fields{{"out_channels", c.channels}, {"kernel", c.kernel}};
    if (c.stride != 1) fields.push_back({"stride", c.stride});
    if (c.padding != 0) fields.push_back({"padding", c.padding});
    if (c.groups != 1) fields.push_back({"groups", c.groups});
    if (!c.bias) fields.push_back({"bias", false});
    return add("conv2d", name, std::move(fields), std::move(inputs));
  }
  std::string bn(const std::string& name) { return add("batch_norm2d", name); }
  std::string relu(const std::string& name) { return add("relu", name); }
  /// Acts in training only.
  std::string dropout(const std::string& name, double rate) { return add("dropout", name, {{"rate", rate}}); }
  std::string flatten() { return add("flatten", "flatten"); }
  std::string linear(const std::string& name, int64_t features) {
    return add("linear", name, {{"out_features", features}});
  }
  /// Mean over height and width, then one linear layer: how most networks since 2015 end.
  void mean_and_linear(const std::string& name, int64_t features) {
    add("global_avg_pool2d", "avgpool");
    flatten();
    linear(name, features);
  }

  /// Name of the last layer.
  const std::string& last() const { return network_.layers.back().name; }
  const NetworkSpec& network() const { return network_; }
  /// Whether images are as large as ImageNet's: then a network takes its form for ImageNet, else the one for CIFAR.
  bool large_images() const { return network_.input[1] >= 96 && network_.input[2] >= 96; }

 private:
  NetworkSpec& network_;
};

/// The layers of one network; declared here, defined in builtin_<family>.cc.
void write_lenet5(NetworkWriter& writer, int64_t classes);
/// VGG with batch normalisation; `convolutions` per stage of 64, 128, 256, 512, 512 channels. Large images: with the
/// three linear layers of the paper and its dropout; else with one.
void write_vgg(NetworkWriter& writer, int64_t classes, const std::vector<int>& convolutions);
/// Residual network of torchvision's basic (3x3, 3x3) or bottleneck (1x1, 3x3, 1x1) blocks, `blocks` per stage.
void write_resnet(NetworkWriter& writer, int64_t classes, bool bottleneck, const std::vector<int>& blocks);
/// Inverted residuals with depthwise convolutions (Sandler et al. 2018), width 1. Large images: with torchvision's
/// dropout before the linear layer.
void write_mobilenet_v2(NetworkWriter& writer, int64_t classes);
/// Dense blocks of 6, 12, 24 and 16 layers that grow by 32 channels (Huang et al. 2017).
void write_densenet121(NetworkWriter& writer, int64_t classes);
/// A U of three resolutions with 16, 32 and 64 channels (Ronneberger et al. 2015, padded and normalised). Data sets
/// here label whole images: the mean of the classes' maps is the output; the layer "classes" has a map for each.
/// Height and width must be divisible by 4.
void write_unet(NetworkWriter& writer, int64_t classes);

}  // namespace tacho
