#pragma once
// What training minimises.
#include <string_view>

#include "op/emitter.h"

namespace tacho {

enum class Loss : uint8_t { cross_entropy, squared };

/// "cross-entropy", "squared".
std::string_view name_of(Loss loss);
/// Inverse of name_of; throws tacho::Error that lists what is known.
Loss loss_of(std::string_view name);

/// The emitted loss.
struct Objective {
  Value loss;         ///< scalar: mean over the batch
  Value per_example;  ///< {batch}
  Value outputs;      ///< batch x classes: probabilities for cross entropy, the network's outputs for squared error
};

/// Emits the loss of `logits` (batch x classes) against `labels` (int64, batch; squared error takes them as one-hot
/// rows), at the place {"loss", forward}.
Objective emit_loss(Emitter& emitter, Loss loss, Value logits, Value labels);

}  // namespace tacho
