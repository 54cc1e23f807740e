#pragma once
#include <string>
#include <vector>

namespace tacho {

/// The parts between commas: "a,b" is {"a", "b"}, "" is {""}.
std::vector<std::string> split_commas(const std::string& text);

}  // namespace tacho
