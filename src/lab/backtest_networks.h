#pragma once
// Networks of the backtest that no built-in family has: as a user writes them.
#include "nn/spec.h"

namespace tacho {

/// The network of that name: one written as TOML (then `toml` is set), else a built-in one.
NetworkSpec backtest_network(const std::string& name, bool& toml);

}  // namespace tacho
