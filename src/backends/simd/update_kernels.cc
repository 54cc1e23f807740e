#include "backends/simd/targets.h"
#include "backends/simd/updates.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/simd/update_kernels.cc"
#include <hwy/foreach_target.h>
// Behind foreach_target.h:
#include "backends/simd/elements-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {
namespace {

/// The numbers as vectors.
template <class T>
struct Numbers {
  using D = hn::ScalableTag<T>;
  using V = hn::Vec<D>;
  explicit Numbers(const UpdateNumbers<T>& n)
      : rate(hn::Set(D(), n.rate)),
        decay(hn::Set(D(), n.decay)),
        keep(hn::Set(D(), n.keep)),
        epsilon(hn::Set(D(), n.epsilon)),
        root(hn::Set(D(), n.root)),
        first(hn::Set(D(), n.first)),
        first_rest(hn::Set(D(), n.first_rest)),
        second(hn::Set(D(), n.second)),
        second_rest(hn::Set(D(), n.second_rest)) {}
  V rate, decay, keep, epsilon, root, first, first_rest, second, second_rest;
};

constexpr size_t kept(UpdateRule rule) {
  return rule == UpdateRule::sgd ? 0 : rule == UpdateRule::adam || rule == UpdateRule::lamb ? 2 : 1;
}

/// What the second number that is kept becomes, and the divisor that it makes.
template <class T, class V = hn::Vec<hn::ScalableTag<T>>>
HWY_INLINE V divisor(const Numbers<T>& n, V g, V& square) {
  square = hn::MulAdd(hn::Mul(n.second_rest, g), g, hn::Mul(n.second, square));
  return hn::MulAdd(hn::Sqrt(square), n.root, n.epsilon);
}

/// v: w, g, what is kept; becomes w', what is kept.
template <UpdateRule kRule, bool kDecay, class T, class V = hn::Vec<hn::ScalableTag<T>>>
HWY_INLINE void next(const Numbers<T>& n, V* v) {
  const V w = v[0];
  const V g = kDecay && kRule != UpdateRule::lamb ? hn::MulAdd(n.decay, w, v[1]) : v[1];
  if constexpr (kRule == UpdateRule::sgd) {
    v[0] = hn::NegMulAdd(n.rate, g, w);
  } else if constexpr (kRule == UpdateRule::momentum || kRule == UpdateRule::nesterov) {
    const V velocity = hn::MulAdd(n.first, v[2], g);
    v[0] = hn::NegMulAdd(n.rate, kRule == UpdateRule::momentum ? velocity : hn::MulAdd(n.first, velocity, g), w);
    v[1] = velocity;
  } else if constexpr (kRule == UpdateRule::over_root) {
    V square = v[2];
    v[0] = hn::NegMulAdd(n.rate, hn::Div(g, divisor(n, g, square)), w);
    v[1] = square;
  } else {
    V square = v[3];
    const V moment = hn::MulAdd(n.first_rest, g, hn::Mul(n.first, v[2]));
    const V step = hn::Div(moment, divisor(n, g, square));
    if constexpr (kRule == UpdateRule::adam) v[0] = hn::NegMulAdd(n.rate, step, hn::Mul(n.keep, w));
    else v[0] = kDecay ? hn::MulAdd(n.decay, w, hn::Mul(n.rate, step)) : hn::Mul(n.rate, step);
    v[1] = moment;
    v[2] = square;
  }
}

template <UpdateRule kRule, bool kDecay, class T>
void update(const UpdateNumbers<T>& numbers, const T* const* in, T* const* out, int64_t n) {
  const Numbers<T> vectors(numbers);
  for_elements<T, 2 + kept(kRule), 1 + kept(kRule)>(
      in, out, n, [&](auto, auto* v) HWY_ATTR { next<kRule, kDecay, T>(vectors, v); });
}

}  // namespace

#define TACHO_RULE(rule, T) \
  { &update<UpdateRule::rule, false, T>, &update<UpdateRule::rule, true, T> }
#define TACHO_RULES(T)                                                                              \
  {                                                                                                 \
    TACHO_RULE(sgd, T), TACHO_RULE(momentum, T), TACHO_RULE(nesterov, T), TACHO_RULE(over_root, T), \
        TACHO_RULE(adam, T), TACHO_RULE(lamb, T)                                                    \
  }

const UpdateFunctions* update_table() {
  static constexpr UpdateFunctions kFunctions{TACHO_RULES(float), TACHO_RULES(double)};
  return &kFunctions;
}

#undef TACHO_RULES
#undef TACHO_RULE

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tacho::simd {

HWY_EXPORT(update_table);

const UpdateFunctions& update_functions() { return *HWY_DYNAMIC_DISPATCH(update_table)(); }

}  // namespace tacho::simd
#endif
