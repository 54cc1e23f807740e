#include "nn/objective.h"

#include <algorithm>
#include <string>

#include "op/rules.h"
#include "ops/binary_cross_entropy.h"
#include "ops/huber.h"
#include "ops/label_smoothing.h"
#include "ops/mean.h"
#include "ops/one_hot.h"
#include "ops/sigmoid.h"
#include "ops/softmax_cross_entropy.h"
#include "ops/squared_error.h"

namespace tacho {
namespace {

struct NamedLoss {
  Loss loss;
  std::string_view name;
};
constexpr NamedLoss kLosses[] = {{Loss::cross_entropy, "cross-entropy"},
                                 {Loss::squared, "squared"},
                                 {Loss::label_smoothing, "label-smoothing"},
                                 {Loss::bce, "bce"},
                                 {Loss::huber, "huber"}};

/// The labels as rows of the logits' type, 1 at the label.
Value one_hot_rows(Emitter& emitter, Value logits, Value labels) {
  const TensorType type = emitter.type(logits), label_type = emitter.type(labels);
  expect(type.shape.size() == 2 && label_type.shape == Shape{type.shape[0]},
         "expected outputs batch x classes and one label each, got ", type.shape, " and ", label_type.shape);
  return one_hot(emitter, labels, type.shape[1], type.dtype);
}

}  // namespace

std::string_view name_of(Loss loss) { return kLosses[size_t(loss)].name; }

Loss loss_of(std::string_view name) {
  std::string plain(name), known;
  std::replace(plain.begin(), plain.end(), '_', '-');
  for (const NamedLoss& entry : kLosses) {
    if (plain == entry.name) return entry.loss;
    known += (known.empty() ? "" : ", ") + std::string(entry.name);
  }
  fail("unknown loss '", name, "'; known: ", known);
}

void check_loss(const LossOptions& loss) {
  const LossOptions defaults;
  if (!(loss.label_smoothing >= 0 && loss.label_smoothing <= 1))
    fail("--label-smoothing expects a number of 0 to 1, got ", loss.label_smoothing);
  if (!(loss.huber_delta > 0)) fail("--huber-delta expects a number above 0, got ", loss.huber_delta);
  if (loss.label_smoothing != defaults.label_smoothing && loss.kind != Loss::label_smoothing)
    fail("--label-smoothing ", loss.label_smoothing, " has no effect with --loss ", name_of(loss.kind),
         "; say --loss label-smoothing");
  if (loss.huber_delta != defaults.huber_delta && loss.kind != Loss::huber)
    fail("--huber-delta ", loss.huber_delta, " has no effect with --loss ", name_of(loss.kind), "; say --loss huber");
}

Objective emit_loss(Emitter& emitter, const LossOptions& loss, Value logits, Value labels) {
  PlaceScope place(emitter, {"loss", Phase::forward});
  Objective objective;
  objective.outputs = logits;
  switch (loss.kind) {
    case Loss::cross_entropy:
    case Loss::label_smoothing: {
      const auto result =
          smoothed_cross_entropy(emitter, logits, labels, loss.kind == Loss::cross_entropy ? 0 : loss.label_smoothing);
      objective.per_example = result.loss;
      objective.outputs = result.probabilities;
      break;
    }
    case Loss::squared:
      objective.per_example = squared_error(emitter, logits, labels);
      break;
    case Loss::bce: {
      const Value rows = one_hot_rows(emitter, logits, labels);
      objective.per_example = mean(emitter, binary_cross_entropy(emitter, logits, rows), {.axes = {1}});
      objective.outputs = sigmoid(emitter, logits);
      break;
    }
    case Loss::huber: {
      const Value rows = one_hot_rows(emitter, logits, labels);
      objective.per_example = mean(emitter, huber(emitter, logits, rows, loss.huber_delta), {.axes = {1}});
      break;
    }
  }
  objective.loss = mean(emitter, objective.per_example, {.axes = {0}});
  return objective;
}

}  // namespace tacho
