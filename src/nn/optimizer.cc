#include "nn/optimizer.h"

#include "ops/adam_update.h"
#include "ops/momentum_update.h"
#include "ops/sgd_update.h"

namespace tacho {
namespace {

constexpr OptimizerKind kKinds[] = {OptimizerKind::sgd, OptimizerKind::momentum, OptimizerKind::nesterov,
                                    OptimizerKind::adam, OptimizerKind::adamw};

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
  }
  return {};
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
  }
  return "sgd";
}

OptimizerKind optimizer_kind_of(std::string_view name) {
  std::string known;
  for (OptimizerKind kind : kKinds) {
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
  }
}

}  // namespace tacho
