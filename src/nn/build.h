#pragma once
// From a network as data to operations, in anything operations can be emitted into.
#include <string>
#include <vector>

#include "nn/parameters.h"
#include "nn/spec.h"
#include "op/emitter.h"

namespace tacho {

/// What one layer gave.
struct BuiltLayer {
  std::string name, kind;
  Value output;
};

/// A network inside an emitter.
struct BuiltNetwork {
  Value logits;                                ///< batch x classes (x more axes where the last layer has them)
  std::vector<Value> parameters;               ///< trainable variables in execution order
  std::vector<ParameterInfo> parameter_infos;  ///< of the same order
  std::vector<Value> states;                   ///< running statistics, variables too
  std::vector<StateInfo> state_infos;
  std::vector<BuiltLayer> layers;
};

/// What layers that draw random numbers in training need: int64 scalars, absent where nothing trains.
struct RandomSource {
  Value seed, step;
};

/// Whether one of its layers draws random numbers in training.
bool draws_random_numbers(const NetworkSpec& network);

/// Declares the input "x": `batch` examples of the network's input shape.
Value network_input(Emitter& emitter, const NetworkSpec& network, int64_t batch, DType dtype);

/// Emits the network's forward part for `x` (batch x the network's input shape), each layer at the place {layer's name,
/// forward}. Declares parameters and running statistics as variables; in training, normalisations use the batch's
/// statistics and commit the new running ones (phase update). Throws tacho::Error that names the layer where a kind, a
/// field, an input or a shape is wrong.
/// In training a network that draws random numbers needs their source.
BuiltNetwork build_network(Emitter& emitter, const NetworkSpec& network, Value x, bool training,
                           const RandomSource& random = {});

}  // namespace tacho
