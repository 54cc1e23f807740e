#pragma once
// What makes one machine's measurements another's, and where they are kept.
#include <string>

namespace tacho {

/// The processor, its caches, cores and instruction sets, and how this program is compiled, as one line.
const std::string& machine_identity();

/// TACHO_HOME, else tacho's folder in the user's cache folder; empty where there is neither.
std::string cache_folder();

/// A file of this machine in the cache folder, "KIND-<identity>.json": several machines may share a home. Empty where
/// there is no cache folder.
std::string machine_file(const std::string& kind);

}  // namespace tacho
