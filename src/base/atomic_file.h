#pragma once
// Everything written that matters goes to a temporary file in the same folder, fsync, rename, fsync of the folder.
#include <string>
#include <string_view>

namespace tacho {

/// Replaces `path` by `bytes`, completely or not at all, even if the process or the machine dies on the way.
/// Throws tacho::Error with the path and the system's reason; the old file, if any, is then unchanged.
void write_file_atomic(const std::string& path, std::string_view bytes);

/// fsync of a folder, so that renames in it survive a crash. Throws tacho::Error.
void sync_folder(const std::string& folder);

/// The whole file; throws tacho::Error where it cannot be read or is larger than `limit` bytes.
std::string read_file(const std::string& path, size_t limit = size_t{1} << 40);

}  // namespace tacho
