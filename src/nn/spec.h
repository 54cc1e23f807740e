#pragma once
// A network as data: what a built-in name, a network file or a program describes, and what build.h turns into
// operations. Nothing here knows what a layer computes.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "op/attributes.h"
#include "tensor/shape.h"

namespace tacho {

/// The layer that stands for the network's input, where a layer names what it reads.
inline constexpr const char* kNetworkInput = "input";

/// One layer. Which kinds there are and which fields they know stands in layer_kind.h.
struct LayerSpec {
  std::string kind;  ///< "conv2d"
  std::string name;  ///< unique in its network; parameters, reports and checkpoints use it
  /// Names of the layers it reads ("input" for the network's own input). Empty: the layer before it (the input, for the
  /// first one).
  std::vector<std::string> inputs;
  /// Only what was written: fields left out have their kind's defaults.
  std::vector<std::pair<std::string, FieldValue>> fields;
  friend bool operator==(const LayerSpec&, const LayerSpec&) = default;
};

/// Layers in execution order; each reads layers above it. The last one is the network's output.
struct NetworkSpec {
  std::string name;
  Shape input;          ///< of one example: {channels, height, width} or {features}
  int64_t classes = 0;  ///< extent of the output's axis 1
  std::vector<LayerSpec> layers;
  friend bool operator==(const NetworkSpec&, const NetworkSpec&) = default;
};

}  // namespace tacho
