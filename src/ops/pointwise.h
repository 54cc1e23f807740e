#pragma once
// What elementwise operations share: loops over operands of one shape, the scalar functions that only they need, and
// scalar factors and terms for gradients composed of other operations.
#include "op/rules.h"
#include "op/scalar.h"
#include "ops/add.h"
#include "ops/mul.h"

namespace tacho {

// In addition to op/scalar.h, by its rules; each is tallied as the convention says: exp and log with an accurate
// neighbourhood of 0 as transcendental, |x| and >= as the comparison that they are.
using std::abs, std::expm1, std::log1p;
inline Counting expm1(Counting x) { return tally_transcendental(std::expm1(x.value)); }
inline Counting log1p(Counting x) { return tally_transcendental(std::log1p(x.value)); }
inline Counting abs(Counting x) { return ++counting_tally().cmp, Counting(std::abs(x.value)); }

/// y = f(x), elementwise; y may be x.
template <class T, class F>
void apply_unary(const KernelRun& run, F f) {
  const T* x = run.in<T>(0);
  T* y = run.out<T>(0);
  for (int64_t i = 0, n = run.outputs[0].elements(); i < n; ++i) y[i] = f(x[i]);
}

/// dx = f(dy, x) for backward operations, all of one shape; dx may be dy.
template <class T, class F>
void apply_backward(const KernelRun& run, F f) {
  const T* dy = run.in<T>(0);
  const T* x = run.in<T>(1);
  T* dx = run.out<T>(0);
  for (int64_t i = 0, n = run.outputs[0].elements(); i < n; ++i) dx[i] = f(dy[i], x[i]);
}

/// The same count for every element of the output, `each` in all: {.mul = 2, .cmp = 1}.
inline OpCount per_element(const OpCall& call, OpCount each) {
  for_each_kind([n = elements(call.out(0))](const char*, Expr& kind) { kind = kind * n; }, each);
  return each;
}

/// x * factor and x + term, for gradients.
inline Value scaled(Emitter& emitter, Value x, double factor) {
  return mul(emitter, x, emitter.splat({emitter.type(x).dtype, {}}, factor));
}
inline Value shifted(Emitter& emitter, Value x, double term) {
  return add(emitter, x, emitter.splat({emitter.type(x).dtype, {}}, term));
}

/// Samples of an operation of one operand: images, a vector with a tail, nothing.
inline std::vector<Sample> unary_samples(const Attributes& attributes = {}, Fill fill = {}) {
  return {{{{DType::float32, {2, 3, 5, 7}}}, attributes, {fill}},
          {{{DType::float32, {17}}}, attributes, {fill}},
          {{{DType::float32, {0, 3}}}, attributes, {fill}}};
}

/// Samples of a backward operation of dy and a second operand of its shape.
inline std::vector<Sample> backward_samples(const Attributes& attributes = {}, Fill fill = {}) {
  std::vector<Sample> samples = unary_samples(attributes);
  for (Sample& sample : samples) sample.inputs.push_back(sample.inputs[0]), sample.fills = {{}, fill};
  return samples;
}

}  // namespace tacho
