#pragma once
#include <map>
#include <string>

namespace tacho {

/// What a result depends on beside the machine: "tacho", its compiler, and the libraries in this process that kernels
/// may run, by name ("oneDNN": "2.6.3"). All that are there, whichever ran: two ways of one program have the same.
std::map<std::string, std::string> versions();

}  // namespace tacho
