#pragma once
// What gelu and gelu_backward share: the constants, and which of the two formulas is meant.
#include "op/rules.h"
#include "ops/gelu.h"

namespace tacho {

constexpr double kSqrtHalf = 0.70710678118654752;              ///< 1 / sqrt 2
constexpr double kNormalPeak = 0.39894228040143268;            ///< 1 / sqrt(2 pi), the normal density at 0
constexpr double kGeluLinear = 0.79788456080286536;            ///< sqrt(2 / pi)
constexpr double kGeluCubic = 0.79788456080286536 * 0.044715;  ///< of x^3 inside the tanh

inline bool gelu_by_tanh(const Attributes& attributes) { return attributes.as<GeluAttributes>().approximate == "tanh"; }

inline TensorTypes gelu_types(const OpCall& call) {
  const std::string& approximate = call.attributes.as<GeluAttributes>().approximate;
  expect(approximate == "none" || approximate == "tanh", "approximate: expected none or tanh, got '", approximate, "'");
  return same_as_first(call);
}

}  // namespace tacho
