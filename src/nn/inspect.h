#pragma once
// How a network looks, without running it: what `inspect` prints.
#include <string>
#include <vector>

#include "nn/parameters.h"
#include "nn/spec.h"

namespace tacho {

/// One layer as a row.
struct InspectedLayer {
  std::string name, kind;
  Shape output;            ///< batch included
  int64_t parameters = 0;  ///< trainable elements
  int64_t output_elements = 0;
};

/// The whole network.
struct NetworkInspection {
  std::string name;
  Shape input;  ///< batch included
  DType dtype = DType::float32;
  std::vector<InspectedLayer> layers;     ///< in execution order
  std::vector<ParameterInfo> parameters;  ///< trainable, in execution order
  std::vector<StateInfo> state;           ///< running statistics
  int64_t total_parameters = 0;
};

/// Builds the network for `batch` examples in an emitter that only infers types. Throws tacho::Error where the network
/// is wrong.
NetworkInspection inspect_network(const NetworkSpec& network, int64_t batch, DType dtype);

}  // namespace tacho
