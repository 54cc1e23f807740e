// Products whose factors may be rounded to bfloat16: what rounding is, and who hands the attribute on.
#include "ops/products.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "op/op_def.h"
#include "ops/conv2d_backward_data.h"
#include "ops/conv2d_backward_weights.h"
#include "ops/matmul.h"
#include "tests/support/eager.h"
#include "tests/support/groups.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho {
namespace {

using namespace support;

TEST(Products, RoundToEightBitsTiesToEven) {
  const float unit = 1.0f / 128;  // of the last place at 1
  for (const auto& [x, rounded] : std::vector<std::pair<float, float>>{{1, 1},
                                                                       {1 + unit / 4, 1},
                                                                       {1 + unit / 2, 1},
                                                                       {1 + unit * 0.51f, 1 + unit},
                                                                       {1 + unit * 1.5f, 1 + 2 * unit},
                                                                       {-1 - unit * 1.5f, -1 - 2 * unit},
                                                                       {2 - unit / 4, 2},
                                                                       {0, 0},
                                                                       {INFINITY, INFINITY},
                                                                       {std::numeric_limits<float>::max(), INFINITY}})
    EXPECT_EQ(rounded_to_bfloat16(x), rounded) << x;
  EXPECT_TRUE(std::signbit(rounded_to_bfloat16(-0.0f)));
  EXPECT_TRUE(std::isnan(rounded_to_bfloat16(NAN)));
  EXPECT_TRUE(std::isnan(rounded_to_bfloat16(std::bit_cast<float>(0x7f800001u)))) << "a payload that rounding drops";
}

TEST(Products, RoundAlikeInBothTypesWithinTheirError) {
  const Tensor x = filled({DType::float32, {4096}}, {}, 3);
  for (int64_t i = 0; i < x.elements(); ++i) {
    const float value = x.as<float>()[i], rounded = rounded_to_bfloat16(value);
    EXPECT_EQ(double(rounded), rounded_to_bfloat16(double(value)));
    EXPECT_LE(std::fabs(rounded - value), std::fabs(value) / 256);
    EXPECT_EQ(rounded_to_bfloat16(rounded), rounded);
  }
}

struct ProductCase {
  const char* op;
  Attributes as_given, bfloat16;
  std::vector<TensorType> inputs;
};

std::vector<ProductCase> product_cases() {
  Conv2dAttributes conv{.stride = {2, 1}, .padding = {1, 0, 1, 2}, .groups = 2}, rounded = conv;
  rounded.products = Products::bfloat16;
  const TensorType x = f32({2, 4, 6, 5}), w = f32({6, 2, 3, 3}), y = f32({2, 6, 3, 5});
  return {{"matmul", MatmulAttributes{}, MatmulAttributes{.products = Products::bfloat16}, {f32({7, 9}), f32({9, 5})}},
          {"matmul",
           MatmulAttributes{true, true, 1},
           MatmulAttributes{true, true, 1, Products::bfloat16},
           {f32({3, 9, 7}), f32({3, 5, 9})}},
          {"conv2d", conv, rounded, {x, w}},
          {"conv2d_backward_data",
           Conv2dBackwardDataAttributes{conv, {6, 5}},
           Conv2dBackwardDataAttributes{rounded, {6, 5}},
           {y, w}},
          {"conv2d_backward_weights",
           Conv2dBackwardWeightsAttributes{conv, {3, 3}},
           Conv2dBackwardWeightsAttributes{rounded, {3, 3}},
           {y, x}}};
}

TEST(Products, TheReferenceMultipliesRoundedFactors) {
  for (const ProductCase& c : product_cases())
    for (DType dtype : {DType::float64, DType::float32}) {
      SCOPED_TRACE(text_of(c.op, " ", name_of(dtype)));
      std::vector<Tensor> inputs, rounded;
      for (size_t i = 0; i < c.inputs.size(); ++i) {
        inputs.push_back(filled(at_dtype(c.inputs[i], dtype), {}, i + 1));
        rounded.push_back(inputs[i].clone());
        for (int64_t e = 0; e < rounded[i].elements(); ++e)
          if (dtype == DType::float64) rounded[i].as<double>()[e] = rounded_to_bfloat16(inputs[i].as<double>()[e]);
          else rounded[i].as<float>()[e] = rounded_to_bfloat16(inputs[i].as<float>()[e]);
      }
      const OpDef& op = op_named(c.op);
      const Tensor expected = run_whole(op, c.as_given, rounded)[0], actual = run_whole(op, c.bfloat16, inputs)[0];
      EXPECT_TRUE(same_bits(actual, expected));
      EXPECT_FALSE(same_bits(actual, run_whole(op, c.as_given, inputs)[0])) << "nothing was rounded";
    }
}

TEST(Products, CountAsWithoutRounding) {
  for (const ProductCase& c : product_cases()) {
    const OpDef& op = op_named(c.op);
    std::vector<Tensor> inputs, outputs;
    for (size_t i = 0; i < c.inputs.size(); ++i)
      inputs.push_back(filled(at_dtype(c.inputs[i], DType::counting), {}, i + 1));
    for (const TensorType& type : types_of(op, c.bfloat16, types_of_all(inputs))) outputs.push_back(Tensor(type));
    counting_tally() = {};
    op.reference.counting(c.bfloat16, {views_of(inputs), views_of(outputs), {}, nullptr, {}});
    const TensorTypes in(c.inputs.begin(), c.inputs.end()), out = types_of(op, c.as_given, c.inputs);
    EXPECT_EQ(counting_tally(), tally_of(op, {c.as_given, in, out})) << c.op;
  }
}

TEST(Products, AreNamedOnlyWhereTheyRound) {
  for (const ProductCase& c : product_cases()) {
    EXPECT_EQ(to_string(c.as_given).find("products"), std::string::npos) << "known by another text than before";
    EXPECT_NE(to_string(c.bfloat16).find("products=bfloat16"), std::string::npos);
    EXPECT_FALSE(c.as_given == c.bfloat16);
    EXPECT_FALSE(permits_bfloat16(c.as_given));
    EXPECT_TRUE(permits_bfloat16(c.bfloat16));
  }
}

/// Gradients of gradients too.
TEST(Products, HandTheAttributeToTheirGradients) {
  for (const ProductCase& c : product_cases()) {
    TestEmitter emitter;
    Values inputs;
    for (size_t i = 0; i < c.inputs.size(); ++i)
      inputs.push_back(emitter.leaf(filled(at_dtype(c.inputs[i], DType::float64), {}, i + 1)));
    Values outputs = emitter.emit(op_named(c.op), c.bfloat16, inputs);
    for (int order = 0; order < 2; ++order) {
      const bool wanted[] = {true, true};
      const TapeRecord last = emitter.record(emitter.size() - 1);
      last.op->gradient({emitter, last.attributes, last.inputs, last.outputs, Values{outputs[0]}, wanted});
      outputs = emitter.record(emitter.size() - 1).outputs;
    }
    int products = 0;
    for (size_t i = 0; i < emitter.size(); ++i)
      if (const TapeRecord& record = emitter.record(i); record.op->has(Trait::product)) {
        EXPECT_TRUE(permits_bfloat16(record.attributes)) << record.op->name << " in the gradient of " << c.op;
        ++products;
      }
    EXPECT_GE(products, 3) << c.op;
  }
}

}  // namespace
}  // namespace tacho
