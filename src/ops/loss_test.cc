// Losses against their definitions, bad labels, and the gradient of a mean that costs nothing.
#include <gtest/gtest.h>

#include <cmath>

#include "ops/mean.h"
#include "ops/softmax_cross_entropy.h"
#include "ops/squared_error.h"
#include "tests/support/eager.h"

namespace tacho {
namespace {

using support::TestEmitter;

TEST(Loss, CrossEntropyIsStableAndExact) {
  TestEmitter e;
  const Value z = e.leaf(Tensor::of<double>({2, 3}, {1, 2, 3, 1000, 0, -1000}));
  const auto result = softmax_cross_entropy(e, z, e.leaf(Tensor::of<int64_t>({2}, {0, 2})));
  const double total = std::exp(1) + std::exp(2) + std::exp(3);
  EXPECT_NEAR(e.tensor(result.loss).as<double>()[0], std::log(total) - 1, 1e-14);
  EXPECT_NEAR(e.tensor(result.loss).as<double>()[1], 2000, 1e-9);
  EXPECT_NEAR(e.tensor(result.probabilities).as<double>()[1], std::exp(2) / total, 1e-14);
}

TEST(Loss, SquaredErrorAgainstOneHotTargets) {
  TestEmitter e;
  const Value z = e.leaf(Tensor::of<double>({1, 3}, {0.5, 2, -1}));
  const Value loss = squared_error(e, z, e.leaf(Tensor::of<int64_t>({1}, {1})));
  EXPECT_DOUBLE_EQ(e.tensor(loss).as<double>()[0], 0.25 + 1 + 1);
}

TEST(Loss, LabelOutsideTheClassesIsNamed) {
  for (const int64_t label : {int64_t(3), int64_t(-1)}) {
    TestEmitter e;
    const Value z = e.leaf(Tensor::of<double>({2, 3}, {1, 2, 3, 4, 5, 6}));
    const Value labels = e.leaf(Tensor::of<int64_t>({2}, {0, label}));
    for (const bool squared : {false, true}) try {
        squared ? (void)squared_error(e, z, labels) : (void)softmax_cross_entropy(e, z, labels);
        FAIL() << "accepted";
      } catch (const Error& error) {
        const std::string text = error.what();
        EXPECT_NE(text.find(text_of("label ", label, " of example 1")), std::string::npos) << text;
        EXPECT_NE(text.find("3 outputs"), std::string::npos) << text;
      }
  }
}

/// So that a loss does not end a segment of slices, and complexity lists nothing for it.
TEST(Loss, GradientOfAMeanIsAConstantWithoutOperations) {
  TestEmitter e;
  const Value x = e.leaf(Tensor::of<double>({4}, {1, 2, 3, 4}));
  const Value y = mean(e, x, {.axes = {0}});
  const size_t before = e.size();
  const std::vector<Value> seeds{e.splat(e.type(y), 1)};
  const OpDef& op = op_named("mean");
  const bool wanted[] = {true};
  const TapeRecord& record = e.record(before - 1);
  const Values gradient = op.gradient({e, record.attributes, record.inputs, record.outputs, seeds, wanted});
  EXPECT_EQ(e.size(), before);
  EXPECT_EQ(e.splat_value(gradient[0]), 0.25);
}

}  // namespace
}  // namespace tacho
