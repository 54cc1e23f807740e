#pragma once
// What follows a product element by element: a bias and an activation, in one pass over what is still in cache.
#include <algorithm>
#include <cmath>
#include <cstdint>

namespace tacho::blas {

enum class Activation : uint8_t { none, relu, sigmoid, tanh };

/// The bias as it meets the flat result: element i takes bias[i / inner % channels]. `inner` is 1 where the bias runs
/// along the rows of a product.
template <class T>
struct Bias {
  const T* values = nullptr;  ///< null: no bias
  int64_t channels = 1, inner = 1;
};

namespace detail {

template <class T, class Activate>
void add_and_activate(T* c, int64_t begin, int64_t count, const Bias<T>& bias, Activate activate) {
  T* const end = c + begin + count;
  T* at = c + begin;
  if (!bias.values) {
    for (; at < end; ++at) *at = activate(*at);
    return;
  }
  if (bias.inner == 1) {  // the vector itself is the inner row
    for (int64_t channel = begin % bias.channels; at < end; channel = 0) {
      const int64_t run = std::min(bias.channels - channel, int64_t(end - at));
      const T* values = bias.values + channel;
      for (int64_t i = 0; i < run; ++i) at[i] = activate(at[i] + values[i]);
      at += run;
    }
    return;
  }
  int64_t channel = begin / bias.inner % bias.channels, skip = begin % bias.inner;
  for (; at < end; skip = 0, channel = channel + 1 == bias.channels ? 0 : channel + 1) {
    const int64_t run = std::min(bias.inner - skip, int64_t(end - at));
    const T value = bias.values[channel];
    for (int64_t i = 0; i < run; ++i) at[i] = activate(at[i] + value);
    at += run;
  }
}

}  // namespace detail

/// c[i] = activation(c[i] + bias) for i in [begin, begin + count) of the flat result `c`.
template <class T>
void finish_elements(T* c, int64_t begin, int64_t count, const Bias<T>& bias, Activation activation) {
  switch (activation) {
    case Activation::none:
      if (bias.values) detail::add_and_activate(c, begin, count, bias, [](T x) { return x; });
      return;
    case Activation::relu:
      return detail::add_and_activate(c, begin, count, bias, [](T x) { return x < T(0) ? T(0) : x; });
    case Activation::sigmoid:
      return detail::add_and_activate(c, begin, count, bias, [](T x) { return T(1) / (T(1) + std::exp(-x)); });
    case Activation::tanh:
      return detail::add_and_activate(c, begin, count, bias, [](T x) { return std::tanh(x); });
  }
}

}  // namespace tacho::blas
