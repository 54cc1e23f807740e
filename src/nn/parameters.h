#pragma once
// What a network keeps across steps, known without running or even allocating anything.
#include <cstdint>
#include <string>
#include <vector>

#include "nn/spec.h"
#include "tensor/tensor.h"

namespace tacho {

/// What a trainable parameter is to its layer; decides how it starts.
enum class ParameterKind : uint8_t {
  weight,  ///< of products: starts as normal(0, sqrt(2 / fan_in))
  bias,    ///< starts at 0
  scale,   ///< of a normalisation: starts at 1
  shift,   ///< of a normalisation: starts at 0
};

/// One trainable parameter.
struct ParameterInfo {
  std::string name;    ///< "conv1.weight"
  std::string layer;   ///< "conv1"
  TensorType type;     ///< shape as in PyTorch's state dict
  int64_t fan_in = 0;  ///< inputs that one output element sums over, for weights
  ParameterKind kind = ParameterKind::weight;
  friend bool operator==(const ParameterInfo&, const ParameterInfo&) = default;
};

/// Something that lives across steps and is not trained: running statistics, optimiser moments.
struct StateInfo {
  std::string name;   ///< "bn1.running_mean", "momentum.conv1.weight"
  std::string layer;  ///< "bn1"
  TensorType type;
  double initial = 0;  ///< of every element
  friend bool operator==(const StateInfo&, const StateInfo&) = default;
};

/// The trainable parameters in execution order, weight before bias. Throws tacho::Error where the network is wrong.
std::vector<ParameterInfo> parameters_of(const NetworkSpec& network, DType dtype);
/// The running statistics, in execution order.
std::vector<StateInfo> state_of(const NetworkSpec& network, DType dtype);
/// Elements of all parameters.
int64_t parameter_count(const std::vector<ParameterInfo>& parameters);

/// The parameter before the first step. Element i is a function of the seed, the parameter's name and i alone; float32
/// values are the float64 ones rounded, so that runs in both precisions start from the same weights.
Tensor initial_value(const ParameterInfo& parameter, uint64_t seed);
/// All elements `initial`.
Tensor initial_value(const StateInfo& state);

}  // namespace tacho
