// The optimisers' updates as kernels: what their rules are called here, and the numbers of one step.
#include "backends/simd/updates.h"

#include <cmath>

#include "backends/simd/kernels.h"
#include "backends/simd/one_operation.h"
#include "ops/adagrad_update.h"
#include "ops/adam_update.h"
#include "ops/lamb_direction.h"
#include "ops/momentum_update.h"
#include "ops/rmsprop_update.h"
#include "ops/sgd_update.h"

namespace tacho::simd {
namespace {

/// What does not change from step to step, in double precision.
struct Update {
  UpdateRule rule = UpdateRule::sgd;
  size_t kept = 0;  ///< variables that the optimiser keeps per parameter
  UpdateNumbers<double> numbers;
  bool moments = false;    ///< corrected by the step's number, an input
  bool decoupled = false;  ///< the weight decay shrinks w instead of entering g
};

Update update_of(const GroupMember& member) {
  const std::string_view op = member.op->name;
  const Attributes& attributes = member.attributes;
  if (op == "sgd_update")
    return {UpdateRule::sgd, 0, {.decay = attributes.as<SgdAttributes>().weight_decay}, false, false};
  if (op == "momentum_update") {
    const auto& a = attributes.as<MomentumAttributes>();
    return {a.nesterov ? UpdateRule::nesterov : UpdateRule::momentum,
            1,
            {.decay = a.weight_decay, .first = a.momentum},
            false,
            false};
  }
  if (op == "rmsprop_update") {
    const auto& a = attributes.as<RmspropAttributes>();
    return {UpdateRule::over_root,
            1,
            {.decay = a.weight_decay, .epsilon = a.epsilon, .second = a.smoothing, .second_rest = 1 - a.smoothing},
            false,
            false};
  }
  if (op == "adagrad_update") {
    const auto& a = attributes.as<AdagradAttributes>();
    return {UpdateRule::over_root, 1, {.decay = a.weight_decay, .epsilon = a.epsilon}, false, false};
  }
  const auto with_moments = [](UpdateRule rule, const auto& a, bool decoupled) {
    return Update{rule,
                  2,
                  {.decay = a.weight_decay,
                   .epsilon = a.epsilon,
                   .first = a.beta1,
                   .first_rest = 1 - a.beta1,
                   .second = a.beta2,
                   .second_rest = 1 - a.beta2},
                  true,
                  decoupled};
  };
  if (op == "lamb_direction") return with_moments(UpdateRule::lamb, attributes.as<LambAttributes>(), false);
  const auto& a = attributes.as<AdamAttributes>();
  return with_moments(UpdateRule::adam, a, a.decoupled && a.weight_decay != 0);
}

template <class T>
UpdateFunction<T> function_of(const Update& update) {
  const UpdateFunctions& functions = update_functions();
  const auto& table = [&]() -> const auto& {
    if constexpr (std::is_same_v<T, float>) return functions.f32;
    else return functions.f64;
  }
  ();
  return table[size_t(update.rule)][update.numbers.decay != 0 && !update.decoupled];
}

template <class T>
class UpdateKernel final : public Kernel {
 public:
  explicit UpdateKernel(const Group& group)
      : name_(group.members[0].op->name), update_(update_of(group.members[0])), places_(input_places(group)) {}

  RunStatus run(const KernelRun& run) const override {
    const size_t operands = update_.kept + 2;
    const T* in[4];
    T* out[3];
    for (size_t i = 0; i < operands; ++i) in[i] = run.in<T>(places_[i]);
    for (size_t j = 0; j + 1 < operands; ++j) out[j] = run.out<T>(j);
    function_(numbers(run), in, out, run.outputs[0].elements());
    return {};
  }

 private:
  UpdateNumbers<T> numbers(const KernelRun& run) const {
    UpdateNumbers<double> n = update_.numbers;
    size_t next = update_.kept + 2;
    n.rate = update_.rule == UpdateRule::lamb ? 1 : double(run.in<T>(places_[next++])[0]);
    if (update_.decoupled) n.keep = 1 - n.rate * n.decay;
    if (update_.moments) {
      const int64_t step = *run.in<int64_t>(places_[next]);
      if (step < 1) fail("[", name_, "] expected a step number of at least 1, got ", step);
      n.rate /= 1 - std::pow(n.first, double(step));
      n.root = 1 / std::sqrt(1 - std::pow(n.second, double(step)));
    }
    return {T(n.rate),  T(n.decay),      T(n.keep),   T(n.epsilon),    T(n.root),
            T(n.first), T(n.first_rest), T(n.second), T(n.second_rest)};
  }

  std::string_view name_;
  Update update_;
  UpdateFunction<T> function_ = function_of<T>(update_);
  SmallVector<size_t, kMaxOperands> places_;
};

}  // namespace

OfferResult offer_update(const Group& group, const OfferContext&) {
  return offer_alone<UpdateKernel>(group, "one pass");
}

}  // namespace tacho::simd
