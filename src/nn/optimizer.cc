#include "nn/optimizer.h"

#include "ops/adagrad_update.h"
#include "ops/adam_update.h"
#include "ops/add.h"
#include "ops/clip.h"
#include "ops/div.h"
#include "ops/greater.h"
#include "ops/lamb_direction.h"
#include "ops/minimum.h"
#include "ops/momentum_update.h"
#include "ops/mul.h"
#include "ops/reshape.h"
#include "ops/rmsprop_update.h"
#include "ops/sgd_update.h"
#include "ops/sqrt.h"
#include "ops/sum.h"
#include "ops/where.h"

namespace tacho {
namespace {

constexpr OptimizerKind kOptimizerKinds[] = {OptimizerKind::sgd,     OptimizerKind::momentum, OptimizerKind::nesterov,
                                             OptimizerKind::adam,    OptimizerKind::adamw,    OptimizerKind::rmsprop,
                                             OptimizerKind::adagrad, OptimizerKind::lamb};

/// What the optimiser keeps per parameter: the prefixes of its variables' names.
std::vector<const char*> prefixes_of(OptimizerKind kind) {
  switch (kind) {
    case OptimizerKind::sgd:
      return {};
    case OptimizerKind::momentum:
    case OptimizerKind::nesterov:
      return {"momentum."};
    case OptimizerKind::adam:
    case OptimizerKind::adamw:
      return {"adam.m.", "adam.v."};
    case OptimizerKind::rmsprop:
      return {"rmsprop."};
    case OptimizerKind::adagrad:
      return {"adagrad."};
    case OptimizerKind::lamb:
      return {"lamb.m.", "lamb.v."};
  }
  return {};
}

/// The square root of the sum of all squares, of shape {1}.
Value norm_of(Emitter& emitter, std::span<const Value> values) {
  Value total;
  for (const Value value : values) {
    const Value squares = reshape(emitter, sum(emitter, mul(emitter, value, value), {}), {1});
    total = total ? add(emitter, total, squares) : squares;
  }
  return sqrt(emitter, total);
}

/// LAMB's step is as long as the parameter times the learning rate, where neither is zero.
void emit_lamb(Emitter& emitter, const OptimizerOptions& o, Value parameter, Value gradient, const Value (&kept)[2],
               Value learning_rate, Value step) {
  const auto next = lamb_direction(emitter, parameter, gradient, kept[0], kept[1], step,
                                   {o.beta1, o.beta2, o.epsilon, o.weight_decay});
  const Value length = norm_of(emitter, {&parameter, 1}), along = norm_of(emitter, {&next.direction, 1});
  const TensorType type = emitter.type(length);
  const Value zero = emitter.splat(type, 0), one = emitter.splat(type, 1);
  const Value trust =
      where(emitter, greater(emitter, mul(emitter, length, along), zero), div(emitter, length, along), one);
  const Value rate = mul(emitter, learning_rate, reshape(emitter, trust, {}));
  emitter.commit(parameter, sgd_update(emitter, parameter, next.direction, rate));
  emitter.commit(kept[0], next.first_moment);
  emitter.commit(kept[1], next.second_moment);
}

void check_range(const char* what, double value, double low, double high, const char* range) {
  if (!(value >= low && value < high)) fail("optimizer: ", what, " is ", value, ", expected ", range);
}

}  // namespace

std::string_view name_of(OptimizerKind kind) {
  switch (kind) {
    case OptimizerKind::sgd:
      return "sgd";
    case OptimizerKind::momentum:
      return "momentum";
    case OptimizerKind::nesterov:
      return "nesterov";
    case OptimizerKind::adam:
      return "adam";
    case OptimizerKind::adamw:
      return "adamw";
    case OptimizerKind::rmsprop:
      return "rmsprop";
    case OptimizerKind::adagrad:
      return "adagrad";
    case OptimizerKind::lamb:
      return "lamb";
  }
  return "sgd";
}

OptimizerKind optimizer_kind_of(std::string_view name) {
  std::string known;
  for (OptimizerKind kind : kOptimizerKinds) {
    if (name == name_of(kind)) return kind;
    known += (known.empty() ? "" : ", ") + std::string(name_of(kind));
  }
  fail("unknown optimizer '", name, "'; known: ", known);
}

void check_optimizer(const OptimizerOptions& options) {
  check_range("momentum", options.momentum, 0, 1, "at least 0 and below 1");
  check_range("beta1", options.beta1, 0, 1, "at least 0 and below 1");
  check_range("beta2", options.beta2, 0, 1, "at least 0 and below 1");
  check_range("epsilon", options.epsilon, 1e-300, 1e300, "a positive number");
  check_range("weight decay", options.weight_decay, 0, 1e300, "a number of at least 0");
  check_range("clip value", options.clip_value, 0, 1e300, "a number of at least 0 (0: none)");
  check_range("clip norm", options.clip_norm, 0, 1e300, "a number of at least 0 (0: none)");
}

std::vector<StateInfo> optimizer_state(const OptimizerOptions& options, const std::vector<ParameterInfo>& parameters) {
  std::vector<StateInfo> state;
  for (const ParameterInfo& parameter : parameters)
    for (const char* prefix : prefixes_of(options.kind))
      state.push_back({prefix + parameter.name, parameter.layer, parameter.type, 0.0});
  return state;
}

void emit_update(Emitter& emitter, const OptimizerOptions& options, const ParameterInfo& info, Value parameter,
                 Value gradient, Value learning_rate, Value step) {
  check_optimizer(options);
  PlaceScope place(emitter, {info.layer, Phase::update});
  std::vector<Value> kept;
  for (const StateInfo& state : optimizer_state(options, {info}))
    kept.push_back(emitter.variable(state.name, state.type));
  switch (options.kind) {
    case OptimizerKind::sgd:
      emitter.commit(parameter, sgd_update(emitter, parameter, gradient, learning_rate, {options.weight_decay}));
      return;
    case OptimizerKind::momentum:
    case OptimizerKind::nesterov: {
      const bool nesterov = options.kind == OptimizerKind::nesterov;
      const auto next = momentum_update(emitter, parameter, gradient, kept[0], learning_rate,
                                        {options.momentum, options.weight_decay, nesterov});
      emitter.commit(parameter, next.parameter);
      emitter.commit(kept[0], next.velocity);
      return;
    }
    case OptimizerKind::adam:
    case OptimizerKind::adamw: {
      const bool decoupled = options.kind == OptimizerKind::adamw;
      const auto next = adam_update(emitter, parameter, gradient, kept[0], kept[1], learning_rate, step,
                                    {options.beta1, options.beta2, options.epsilon, options.weight_decay, decoupled});
      emitter.commit(parameter, next.parameter);
      emitter.commit(kept[0], next.first_moment);
      emitter.commit(kept[1], next.second_moment);
      return;
    }
    case OptimizerKind::rmsprop: {
      const auto next = rmsprop_update(emitter, parameter, gradient, kept[0], learning_rate,
                                       {.epsilon = options.epsilon, .weight_decay = options.weight_decay});
      emitter.commit(parameter, next.parameter);
      emitter.commit(kept[0], next.mean_square);
      return;
    }
    case OptimizerKind::adagrad: {
      const auto next =
          adagrad_update(emitter, parameter, gradient, kept[0], learning_rate, {options.epsilon, options.weight_decay});
      emitter.commit(parameter, next.parameter);
      emitter.commit(kept[0], next.sum_of_squares);
      return;
    }
    case OptimizerKind::lamb:
      emit_lamb(emitter, options, parameter, gradient, {kept[0], kept[1]}, learning_rate, step);
      return;
  }
}

std::vector<Value> clip_gradients(Emitter& emitter, const OptimizerOptions& options, std::vector<Value> gradients) {
  check_optimizer(options);
  PlaceScope place(emitter, {"clip", Phase::update});
  if (options.clip_value > 0)
    for (Value& gradient : gradients)
      if (gradient) gradient = clip(emitter, gradient, {-options.clip_value, options.clip_value});
  std::vector<Value> present;
  for (const Value gradient : gradients)
    if (gradient) present.push_back(gradient);
  if (options.clip_norm == 0 || present.empty()) return gradients;
  const Value norm = norm_of(emitter, present);
  const TensorType type = emitter.type(norm);
  // PyTorch's clip_grad_norm_: max / (norm + 1e-6), at most 1.
  const Value part =
      div(emitter, emitter.splat(type, options.clip_norm), add(emitter, norm, emitter.splat(type, 1e-6)));
  const Value factor = reshape(emitter, minimum(emitter, part, emitter.splat(type, 1)), {});
  for (Value& gradient : gradients)
    if (gradient) gradient = mul(emitter, gradient, factor);
  return gradients;
}

}  // namespace tacho
