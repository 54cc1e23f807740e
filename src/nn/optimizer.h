#pragma once
// How parameters follow their gradients: one update operation a parameter, by PyTorch's definitions and defaults.
#include <string_view>
#include <vector>

#include "nn/parameters.h"
#include "op/emitter.h"

namespace tacho {

enum class OptimizerKind : uint8_t { sgd, momentum, nesterov, adam, adamw, rmsprop, adagrad, lamb };

/// "sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "adagrad", "lamb".
std::string_view name_of(OptimizerKind kind);
/// Inverse of name_of; throws tacho::Error that lists what is known.
OptimizerKind optimizer_kind_of(std::string_view name);

struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::momentum;
  double momentum = 0.9;                              ///< momentum and nesterov
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;  ///< adam, adamw and lamb; epsilon: rmsprop and adagrad too
  /// weight_decay x parameter is added to the gradient (lamb: to the direction; adamw: taken off the parameter
  /// instead).
  double weight_decay = 0;
  double clip_value = 0;  ///< elements of gradients are brought into [-clip_value, clip_value]; 0: they stay
  double clip_norm = 0;   ///< all gradients together are scaled down to at most this norm; 0: they stay
};

/// Throws tacho::Error where a number is outside its range (momentum and betas in [0, 1), epsilon > 0, decay >= 0).
void check_optimizer(const OptimizerOptions& options);

/// What the optimiser keeps for these parameters, in their order: "momentum.conv1.weight"; "adam.m.conv1.weight" and
/// "adam.v.conv1.weight". Starts at zero.
std::vector<StateInfo> optimizer_state(const OptimizerOptions& options, const std::vector<ParameterInfo>& parameters);

/// Declares the optimiser's variables for one parameter, emits its update at the place {parameter's layer, update} and
/// commits the new values. `learning_rate` (of the parameters' dtype) and `step` (int64, 1 for the first step) are
/// scalar inputs; only Adam and LAMB read `step`, which may be absent otherwise.
void emit_update(Emitter& emitter, const OptimizerOptions& options, const ParameterInfo& info, Value parameter,
                 Value gradient, Value learning_rate, Value step);

/// The gradients (absent ones stay absent) clipped by value, then by the norm of all of them, as the options say, at
/// the place {"clip", update}. Emits nothing where the options say nothing.
std::vector<Value> clip_gradients(Emitter& emitter, const OptimizerOptions& options, std::vector<Value> gradients);

}  // namespace tacho
