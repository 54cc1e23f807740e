#pragma once
// The networks that come with the program.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nn/spec.h"

namespace tacho {

/// "simplenn-4", "simplenn-7", "mlp", "lenet5", "vgg11", ..., "resnet101", "mobilenet-v2", "densenet-121", "unet".
std::vector<std::string> builtin_names();

/// The network of that name for examples of shape `image` (its own where absent: 1x28x28 or 3x32x32) and as many
/// outputs as `classes` (10 where absent). For images of 96x96 and more, deep networks take torchvision's ImageNet
/// forms, else those common for CIFAR. Throws tacho::Error that lists the known names. Images that are too small are
/// refused when the network is built.
NetworkSpec builtin_network(std::string_view name, std::optional<Shape> image = {},
                            std::optional<int64_t> classes = {});

}  // namespace tacho
