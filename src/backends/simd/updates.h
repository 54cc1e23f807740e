#pragma once
// Optimisers' updates: one pass over the parameters, their gradients and what the optimiser keeps of them.
#include <cstdint>

namespace tacho::simd {

/// w' (or LAMB's direction) and what is kept: nothing, one number per parameter, or two.
enum class UpdateRule : uint8_t {
  sgd,        ///< w' = w - rate g
  momentum,   ///< v' = first v + g, w' = w - rate v'
  nesterov,   ///< v' = first v + g, w' = w - rate (g + first v')
  over_root,  ///< s' = second s + second_rest g^2, w' = w - rate g / (sqrt(s') + epsilon)
  adam,       ///< both moments, w' = keep w - rate m' / (sqrt(v') root + epsilon)
  lamb,       ///< both moments, direction = rate m' / (sqrt(v') root + epsilon) + decay w
};
constexpr int kUpdateRules = 6;

/// The numbers of one step. Rates hold the bias correction of the first moment.
template <class T>
struct UpdateNumbers {
  T rate = 0, decay = 0, keep = 1, epsilon = 0;
  T root = 1;  ///< 1 / sqrt(bias correction of the second moment)
  T first = 0, first_rest = 1, second = 1, second_rest = 1;
};

/// n parameters. `in`: w, g, then what is kept; `out`: w', then what is kept, each of which may be its operand.
template <class T>
using UpdateFunction = void (*)(const UpdateNumbers<T>&, const T* const* in, T* const* out, int64_t n);

/// By rule, and by whether there is a weight decay: g + decay w then stands for g (not for lamb).
struct UpdateFunctions {
  UpdateFunction<float> f32[kUpdateRules][2];
  UpdateFunction<double> f64[kUpdateRules][2];
};

/// Of the target in use.
const UpdateFunctions& update_functions();

}  // namespace tacho::simd
