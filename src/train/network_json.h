#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "nn/spec.h"

namespace tacho {

/// A network as JSON: {name, input, classes, layers [{kind, name, inputs, fields {...}}]}.
nlohmann::json network_to_json(const NetworkSpec& network);

/// Inverse of network_to_json for JSON that nobody vouches for. Throws tacho::Error, prefixed with `where`.
NetworkSpec network_from_json(const nlohmann::json& json, const std::string& where);

}  // namespace tacho
