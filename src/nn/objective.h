#pragma once
// What training minimises.
#include <string_view>

#include "op/emitter.h"

namespace tacho {

enum class Loss : uint8_t {
  cross_entropy,    ///< softmax cross entropy with the label
  squared,          ///< sum over the classes of (z - y)^2, y the label's one-hot row
  label_smoothing,  ///< softmax cross entropy with a smoothed label
  bce,              ///< binary cross entropy of each class against y, the mean of the classes
  huber,            ///< Huber's loss of z against y, the mean of the classes
};

/// "cross-entropy", "squared", "label-smoothing", "bce", "huber".
std::string_view name_of(Loss loss);
/// Inverse of name_of ("_" may stand for "-"); throws tacho::Error that lists what is known.
Loss loss_of(std::string_view name);

/// A loss with its numbers.
struct LossOptions {
  Loss kind = Loss::cross_entropy;
  double label_smoothing = 0.1;  ///< of label_smoothing: what all classes share of the label's probability, 0 to 1
  double huber_delta = 1;        ///< of huber: from which difference on it grows linearly, above 0
  friend bool operator==(const LossOptions&, const LossOptions&) = default;
};

/// Throws tacho::Error where a number is out of its range or stands with a loss that does not read it.
void check_loss(const LossOptions& loss);

/// The emitted loss.
struct Objective {
  Value loss;         ///< scalar: mean over the batch
  Value per_example;  ///< {batch}
  /// batch x classes: probabilities for the cross entropies (of each class alone for bce), else the network's outputs.
  Value outputs;
};

/// Emits the loss of `logits` (batch x classes) against `labels` (int64, batch; squared, bce and huber take them as
/// one-hot rows), at the place {"loss", forward}.
Objective emit_loss(Emitter& emitter, const LossOptions& loss, Value logits, Value labels);

}  // namespace tacho
