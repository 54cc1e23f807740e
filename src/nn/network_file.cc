#include "nn/network_file.h"

#include <fstream>

#include "base/error.h"

namespace tacho {
namespace {

/// Far above any network's description.
constexpr size_t kMostBytes = size_t{16} << 20;

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail("network file '", path, "' cannot be opened");
  std::string text(kMostBytes + 1, '\0');
  file.read(text.data(), std::streamsize(text.size()));
  if (file.bad()) fail("network file '", path, "' cannot be read");
  text.resize(size_t(file.gcount()));
  if (text.size() > kMostBytes) fail("network file '", path, "' is larger than ", kMostBytes, " bytes");
  return text;
}

}  // namespace

bool is_network_file(std::string_view name) { return name.ends_with(".toml") || name.ends_with(".config"); }

NetworkSpec read_network_file(const std::string& path) {
  const std::string text = read_text(path);
  if (path.ends_with(".toml")) return network_from_toml(text, path);
  if (!path.ends_with(".config")) fail("network file '", path, "': expected a name that ends in .toml or .config");
  const size_t begin = path.find_last_of('/') + 1;
  return network_from_config(text, path.substr(begin, path.size() - begin - std::string(".config").size()), path);
}

}  // namespace tacho
