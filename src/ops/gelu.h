#pragma once
#include <string>

#include "op/value.h"

namespace tacho {
class Emitter;

/// Shared by gelu and gelu_backward.
struct GeluAttributes {
  std::string approximate = "none";  ///< "none": with erf; "tanh": Hendrycks' approximation
  static void fields(auto& self, auto&& field) { field("approximate", self.approximate); }
};

/// x times the normal distribution function of x, exact (by erf) or by tanh. Any floating shape.
Value gelu(Emitter& emitter, Value x, const std::string& approximate = "none");

}  // namespace tacho
