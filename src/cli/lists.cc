#include "cli/lists.h"

namespace tacho {

std::vector<std::string> split_commas(const std::string& text) {
  std::vector<std::string> parts = {""};
  for (char c : text) {
    if (c == ',') parts.emplace_back();
    else parts.back() += c;
  }
  return parts;
}

}  // namespace tacho
