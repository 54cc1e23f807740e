#pragma once
#include <string>

#include "nn/spec.h"

namespace tacho {

/// The network as a TOML file: name, input, classes, and one [[layer]] table each with kind, name, inputs where they
/// are not the layer before, and the fields that were written.
std::string network_toml(const NetworkSpec& network);

}  // namespace tacho
