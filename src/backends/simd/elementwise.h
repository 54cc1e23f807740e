#pragma once
// Operations of each element alone: activations, their gradients, arithmetic of two tensors.
#include <cstddef>
#include <cstdint>

namespace tacho::simd {

/// Of x; of dy and x, or of dy and y where the gradient is computed from the result; of a and b.
enum class Elementwise : uint8_t {
  relu,
  leaky_relu,  ///< numbers: alpha
  elu,         ///< gamma (x where x > 0, else alpha (exp x - 1)): gamma, gamma alpha
  gelu,
  gelu_tanh,
  silu,
  softplus,  ///< beta
  hardswish,
  sigmoid,
  tanh,
  clip,  ///< low, high
  exp,
  log,
  sqrt,
  rsqrt,
  abs,
  neg,
  sign,
  relu_backward,
  leaky_relu_backward,  ///< alpha
  elu_backward,         ///< gamma, gamma alpha
  gelu_backward,
  gelu_tanh_backward,
  silu_backward,
  hardswish_backward,
  sigmoid_backward,
  tanh_backward,
  clip_backward,       ///< low, high
  clip_backward_open,  ///< low, high; of y
  add,
  sub,
  mul,
  div,
  minimum,
  maximum,
};
constexpr size_t kElementwise = size_t(Elementwise::maximum) + 1;
constexpr bool of_two(Elementwise op) { return op >= Elementwise::relu_backward; }
constexpr bool is_activation_gradient(Elementwise op) { return of_two(op) && op < Elementwise::add; }

/// Which operands there is one element of for the whole row.
enum class Spread : uint8_t { none, first, second };
constexpr size_t kSpreads = 3;

/// n elements of y from those of a (and b), each of which y may be. `numbers`: two, as the operation has them.
template <class T>
using ElementwiseFunction = void (*)(const double* numbers, const T* a, const T* b, T* y, int64_t n);

struct ElementwiseFunctions {
  ElementwiseFunction<float> f32[kElementwise][kSpreads];  ///< null: an operation of one operand, which has no spread
  ElementwiseFunction<double> f64[kElementwise][kSpreads];
};

/// Of the target in use.
const ElementwiseFunctions& elementwise_functions();

}  // namespace tacho::simd
