#include "nn/objective.h"

#include "base/error.h"
#include "ops/mean.h"
#include "ops/softmax_cross_entropy.h"
#include "ops/squared_error.h"

namespace tacho {

std::string_view name_of(Loss loss) { return loss == Loss::cross_entropy ? "cross-entropy" : "squared"; }

Loss loss_of(std::string_view name) {
  for (Loss loss : {Loss::cross_entropy, Loss::squared})
    if (name == name_of(loss)) return loss;
  fail("unknown loss '", name, "'; known: cross-entropy, squared");
}

Objective emit_loss(Emitter& emitter, Loss loss, Value logits, Value labels) {
  PlaceScope place(emitter, {"loss", Phase::forward});
  Objective objective;
  if (loss == Loss::cross_entropy) {
    const auto result = softmax_cross_entropy(emitter, logits, labels);
    objective.per_example = result.loss;
    objective.outputs = result.probabilities;
  } else {
    objective.per_example = squared_error(emitter, logits, labels);
    objective.outputs = logits;
  }
  objective.loss = mean(emitter, objective.per_example, {.axes = {0}});
  return objective;
}

}  // namespace tacho
