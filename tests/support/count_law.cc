#include <gtest/gtest.h>

#include "tests/support/laws.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho::support {
namespace {

/// What the reference kernel does when it runs on the counting scalar; its values are compared with float64's.
Tally counted(const OpDef& op, const Sample& sample, uint64_t seed) {
  const std::vector<Tensor> inputs = filled_inputs(sample, DType::counting, seed);
  std::vector<Tensor> outputs;
  for (const TensorType& type : types_of(op, sample.attributes, types_of_all(inputs)))
    outputs.push_back(filled(type, {Fill::number, 1, 0}, 0));
  counting_tally() = {};
  op.reference.counting(sample.attributes, {views_of(inputs), views_of(outputs), {}, nullptr, {}});
  const Tally tally = counting_tally();
  const std::vector<Tensor> expected = run_whole(op, sample.attributes, filled_inputs(sample, DType::float64, seed));
  for (size_t j = 0; j < outputs.size(); ++j)
    EXPECT_EQ(max_difference(outputs[j], expected[j]), 0) << "output " << j << " differs on the counting scalar";
  return tally;
}

void check_kind(const char* kind, const Expr& formula, int64_t executed, int64_t executed_again,
                const Bindings& sizes) {
  SCOPED_TRACE(text_of(kind, " = ", to_string(formula)));
  EXPECT_EQ(executed, executed_again) << "depends on the values";
  EXPECT_EQ(formula.evaluate(sizes), executed) << "formula against counting execution";
  EXPECT_EQ(simplify(formula).evaluate(sizes), formula.evaluate(sizes));
  EXPECT_FALSE(to_string(formula).empty());
  EXPECT_FALSE(big_o(formula).empty());
}

}  // namespace

void check_counts(const OpDef& op) {
  for (size_t s = 0; s < op.samples.size(); ++s) {
    const Sample& sample = op.samples[s];
    SCOPED_TRACE(describe(op, s, sample));
    const Tally first = counted(op, sample, 1), second = counted(op, sample, 2);
    const std::vector<TensorType> inputs = input_types(sample, DType::float32);
    const TensorTypes outputs = types_of(op, sample.attributes, inputs);
    const OpCall call{sample.attributes, inputs, outputs};
    const OpCount count = op.count(call);
    const Bindings sizes = op.dimensions(call);
    for_each_kind(
        [&](const char* kind, const Expr& formula, int64_t a, int64_t b) { check_kind(kind, formula, a, b, sizes); },
        count, first, second);
    EXPECT_EQ(tally_of(op, call), first);
    EXPECT_EQ(work(count).evaluate(sizes), work(first));
    EXPECT_FALSE(big_o(work(count)).empty());
  }
}

}  // namespace tacho::support
