#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "base/random.h"
#include "tests/support/eager.h"
#include "tests/support/laws.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho::support {
namespace {

constexpr double kStep = 1e-6;  // relative to the element where it is larger than 1
constexpr double kRelative = 1e-6, kAbsolute = 1e-8;
constexpr int64_t kMostProbes = 60;  // elements of one input that are varied; spread evenly over larger inputs

Tensor random_like(const TensorType& type, uint64_t seed) { return filled({DType::float64, type.shape}, {}, seed); }

double dot(const Tensor& a, const Tensor& b) {
  double total = 0;
  for (int64_t i = 0; i < a.elements(); ++i) total += a.as<double>()[i] * b.as<double>()[i];
  return total;
}

/// One application of the operation on an emitter of its own.
struct Application {
  TestEmitter emitter;
  std::vector<Value> inputs;
  Values outputs;
  std::vector<size_t> differentiable;  ///< floating inputs
  Application(const OpDef& op, const Attributes& attributes, std::span<const Tensor> tensors) {
    for (size_t i = 0; i < tensors.size(); ++i) {
      inputs.push_back(tensors[i].defined() ? emitter.leaf(tensors[i]) : Value{});
      if (tensors[i].defined() && is_floating(tensors[i].dtype())) differentiable.push_back(i);
    }
    outputs = emitter.emit(op, attributes, inputs);
  }

  /// Gradients of the sum of <output, seed> over `seeded` outputs, by differentiable input.
  std::vector<Value> gradients(const std::vector<size_t>& seeded, std::span<const Value> seeds) {
    std::vector<Value> values, leaves;
    for (size_t j : seeded) values.push_back(outputs[j]);
    for (size_t i : differentiable) leaves.push_back(inputs[i]);
    return backpropagate(emitter, values, seeds, leaves);
  }
  std::vector<Value> gradients(const std::vector<size_t>& seeded) { return gradients(seeded, seed_leaves(seeded)); }

  /// Values for random gradients of those outputs.
  std::vector<Value> seed_leaves(const std::vector<size_t>& seeded) {
    std::vector<Value> seeds;
    for (size_t j : seeded) seeds.push_back(emitter.leaf(random_like(emitter.type(outputs[j]), 500 + j)));
    return seeds;
  }
};

/// What `value` of the perturbed inputs changes by, per unit of the step, around `inputs`; `move` perturbs a copy.
double slope(const std::vector<Tensor>& inputs, size_t which, const std::function<void(Tensor&, double)>& move,
             double step, const std::function<std::vector<Tensor>(const std::vector<Tensor>&)>& value,
             const std::vector<Tensor>& weights) {
  const auto at = [&](double h) {
    std::vector<Tensor> moved = inputs;
    moved[which] = inputs[which].clone();
    move(moved[which], h);
    return value(moved);
  };
  const std::vector<Tensor> up = at(step), down = at(-step);
  double total = 0;
  for (size_t j = 0; j < up.size(); ++j)
    for (int64_t e = 0; e < up[j].elements(); ++e)
      total += weights[j].as<double>()[e] * (up[j].as<double>()[e] - down[j].as<double>()[e]);
  return total / (2 * step);
}

std::vector<Tensor> seed_tensors(const Application& application, const std::vector<size_t>& seeded) {
  std::vector<Tensor> seeds;
  for (size_t j : seeded) seeds.push_back(random_like(application.emitter.type(application.outputs[j]), 500 + j));
  return seeds;
}

void check_first_order(const OpDef& op, const Sample& sample, const std::vector<Tensor>& inputs,
                       const std::vector<size_t>& seeded) {
  Application application(op, sample.attributes, inputs);
  const std::vector<Value> gradients = application.gradients(seeded);
  const std::vector<Tensor> seeds = seed_tensors(application, seeded);
  const auto loss_terms = [&](const std::vector<Tensor>& moved) {
    const std::vector<Tensor> all = run_whole(op, sample.attributes, moved);
    std::vector<Tensor> chosen;
    for (size_t j : seeded) chosen.push_back(all[j]);
    return chosen;
  };
  for (size_t d = 0; d < application.differentiable.size(); ++d) {
    const size_t i = application.differentiable[d];
    const bool present = bool(gradients[d]);
    if (present) {
      ASSERT_EQ(application.emitter.type(gradients[d]), inputs[i].type()) << "type of gradient " << i;
    }
    const double scale = present ? max_magnitude(application.emitter.tensor(gradients[d])) : 0;
    const int64_t n = inputs[i].elements(), stride = std::max<int64_t>(1, n / kMostProbes);
    for (int64_t e = 0; e < n; e += stride) {
      const double step = kStep * std::max(1.0, std::abs(inputs[i].as<double>()[e]));
      const double expected = slope(
          inputs, i, [e](Tensor& t, double h) { t.as<double>()[e] += h; }, step, loss_terms, seeds);
      const double actual = present ? application.emitter.tensor(gradients[d]).as<double>()[e] : 0;
      EXPECT_NEAR(actual, expected, kRelative * std::max(scale, std::abs(expected)) + kAbsolute)
          << (present ? "gradient" : "absent gradient") << " of input " << i << ", element " << e;
    }
  }
}

/// Directional derivative of <gradient, weights> along each input, and along the gradients that come in, against
/// differences of the gradient itself.
void check_second_order(const OpDef& op, const Sample& sample, const std::vector<Tensor>& inputs,
                        const std::vector<size_t>& seeded) {
  Application application(op, sample.attributes, inputs);
  const std::vector<Value> incoming = application.seed_leaves(seeded);
  const std::vector<Value> first = application.gradients(seeded, incoming);
  for (size_t r = 1; r < application.emitter.size(); ++r) {
    const OpDef& emitted = *application.emitter.record(r).op;
    ASSERT_TRUE(emitted.gradient || !reason_for_no_gradient(emitted).empty())
        << "the gradient rule emits [" << emitted.name << "], which has none";
  }
  std::vector<Value> values, seeds, leaves;
  std::vector<Tensor> weights;
  for (size_t d = 0; d < first.size(); ++d) {
    if (!first[d]) continue;
    weights.push_back(random_like(application.emitter.type(first[d]), 900 + d));
    values.push_back(first[d]);
    seeds.push_back(application.emitter.leaf(weights.back()));
  }
  std::vector<size_t> moved_tensors;  // of the inputs followed by what comes in
  std::vector<Tensor> tensors = inputs;
  for (size_t i : application.differentiable) leaves.push_back(application.inputs[i]), moved_tensors.push_back(i);
  for (Value seed : incoming) {
    leaves.push_back(seed), moved_tensors.push_back(tensors.size());
    tensors.push_back(application.emitter.tensor(seed));
  }
  const std::vector<Value> second = backpropagate(application.emitter, values, seeds, leaves);
  const auto gradient_values = [&](const std::vector<Tensor>& moved) {
    Application other(op, sample.attributes, std::span(moved).first(inputs.size()));
    std::vector<Value> given;
    for (size_t k = inputs.size(); k < moved.size(); ++k) given.push_back(other.emitter.leaf(moved[k]));
    std::vector<Tensor> found;
    for (Value gradient : other.gradients(seeded, given))
      if (gradient) found.push_back(other.emitter.tensor(gradient));
    return found;
  };
  for (size_t d = 0; d < leaves.size(); ++d) {
    const size_t i = moved_tensors[d];
    const Tensor direction = random_like(tensors[i].type(), 700 + d);
    const auto move = [&](Tensor& t, double h) {
      for (int64_t e = 0; e < t.elements(); ++e) t.as<double>()[e] += h * direction.as<double>()[e];
    };
    const double expected = slope(tensors, i, move, kStep, gradient_values, weights);
    const double actual = second[d] ? dot(application.emitter.tensor(second[d]), direction) : 0;
    const double terms = second[d] ? max_magnitude(application.emitter.tensor(second[d])) : 0;
    EXPECT_NEAR(actual, expected, 1e-5 * std::max(terms, std::abs(expected)) + 1e-7)
        << "gradient of the gradient along "
        << (i < inputs.size() ? text_of("input ", i) : text_of("the gradient of output ", seeded[i - inputs.size()]));
  }
}

/// Outputs of the operation that differences can be taken of: in float64, unlike the results of a cast to less.
bool has_wide_output(const OpDef& op, const Sample& sample, const std::vector<Tensor>& inputs) {
  for (const TensorType& type : types_of(op, sample.attributes, types_of_all(inputs)))
    if (type.dtype == DType::float64) return true;
  return false;
}

/// Float64 outputs whose gradient the rule takes; a rule refuses one by an Error.
std::vector<size_t> seedable_outputs(const OpDef& op, const Sample& sample, const std::vector<Tensor>& inputs) {
  std::vector<size_t> result;
  const size_t outputs = run_whole(op, sample.attributes, inputs).size();
  for (size_t j = 0; j < outputs; ++j) {
    Application application(op, sample.attributes, inputs);
    if (application.emitter.type(application.outputs[j]).dtype != DType::float64) continue;
    try {
      application.gradients({j});
      result.push_back(j);
    } catch (const Error& refusal) {
      EXPECT_GT(outputs, 1u) << "its only output's gradient is refused: " << refusal.what();
    }
  }
  return result;
}

/// True where some sample has a floating operand among those that `types_of_sample` gives.
template <class Types>
bool any_floating(const OpDef& op, Types types_of_sample) {
  for (const Sample& sample : op.samples)
    for (const TensorType& type : types_of_sample(sample))
      if (is_floating(type.dtype)) return true;
  return false;
}

}  // namespace

std::string reason_for_no_gradient(const OpDef& op) {
  const auto inputs = [](const Sample& sample) { return input_types(sample, DType::float64); };
  const auto outputs = [&](const Sample& sample) { return types_of(op, sample.attributes, inputs(sample)); };
  if (op.has(Trait::update)) return text_of("[", op.name, "] updates a state, and no loss reads what comes after it");
  if (!any_floating(op, outputs)) return text_of("[", op.name, "] gives integers or truth values");
  if (!any_floating(op, inputs)) return text_of("[", op.name, "] reads integers or truth values only");
  return {};
}

std::string check_gradients(const OpDef& op) {
  if (!op.gradient) {
    const std::string reason = reason_for_no_gradient(op);
    EXPECT_FALSE(reason.empty()) << "[" << op.name << "] has floating inputs and outputs, but no gradient rule";
    return reason;
  }
  for (size_t s = 0; s < op.samples.size(); ++s) {
    const Sample& sample = op.samples[s];
    SCOPED_TRACE(describe(op, s, sample));
    const std::vector<Tensor> inputs = filled_inputs(sample, DType::float64, 1);
    if (!has_wide_output(op, sample, inputs)) continue;
    const std::vector<size_t> seedable = seedable_outputs(op, sample, inputs);
    EXPECT_FALSE(seedable.empty()) << "a gradient rule that takes no output's gradient";
    if (seedable.empty()) continue;
    check_first_order(op, sample, inputs, seedable);
    if (seedable.size() > 1)
      for (size_t j : seedable) check_first_order(op, sample, inputs, {j});
    check_second_order(op, sample, inputs, seedable);
  }
  return {};
}

}  // namespace tacho::support
