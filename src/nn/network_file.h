#pragma once
// Networks from files: TOML (what `inspect --toml` prints) and simpleNN's own configuration.
#include <string>
#include <string_view>

#include "nn/spec.h"

namespace tacho {

/// Whether `name` means a network file (.toml or .config) and not a built-in network.
bool is_network_file(std::string_view name);

/// Reads a network file by its suffix. Nothing is built: kinds, fields and shapes are checked when it is. Throws
/// tacho::Error with the file and, where there is one, the line.
NetworkSpec read_network_file(const std::string& path);

/// From TOML text: `name`, `input`, `classes`, and one [[layer]] table each with `kind`, `name`, optionally `inputs`,
/// and its kind's fields. `where` stands in front of errors.
NetworkSpec network_from_toml(std::string_view text, const std::string& where);

/// From the text of simpleNN's configuration (github.com/cjlin1/simpleNN, MATLAB): LC convolutions, each with ReLU and
/// max pooling where wd_subimage_pool is above 1, then LF linear layers with ReLU between them. `name` becomes the
/// network's.
NetworkSpec network_from_config(std::string_view text, const std::string& name, const std::string& where);

}  // namespace tacho
