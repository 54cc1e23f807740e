// Operations of each element against the double reference, every target forced in turn, in both layouts.
#include "backends/simd/elementwise.h"

#include <gtest/gtest.h>

#include <cfloat>

#include "backends/simd/each_target.h"
#include "backends/simd/kernels.h"
#include "backends/simd/layouts.h"
#include "op/backend.h"
#include "ops/bias_add.h"
#include "tests/support/groups.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho {
namespace {

using namespace support;

class SimdElementwise : public simd::EachTarget {
 protected:
  /// The operation on operands of these shapes in `parts` slices, those of the result's shape channels last where
  /// `images`: simd's offer against the reference in double. Returns what simd computed.
  static std::vector<Tensor> check(const OpDef& op, const Attributes& attributes, const std::vector<Shape>& shapes,
                                   const std::vector<Fill>& fills, DType dtype, int64_t parts, bool images = false) {
    Sample sample{{}, attributes, fills};
    for (const Shape& shape : shapes) sample.inputs.push_back({DType::float32, shape});
    const Chain chain = single_group(op, attributes, input_types(sample, dtype), parts > 1 ? 0 : -1);
    EXPECT_EQ(chain.refusal, "");
    const std::vector<Slice> slices = even_slices(chain.rows, parts);
    Group group = chain.group(slices[0]);
    SCOPED_TRACE(text_of(op.name, " ", to_string(attributes), " of ", shapes[0], " and ", shapes.back(), ", ",
                         name_of(dtype), images ? ", channels last" : ""));
    const Shape whole = group.operands[size_t(group.outputs[0])].type.shape;
    for (int input : group.inputs)
      if (images && group.operands[size_t(input)].type.shape == whole)
        group.operands[size_t(input)].layout = simd::nhwc_layout();
    OfferResult result = backend_named("simd").offer(group, {this_cpu(), ""});
    if (auto* refusal = std::get_if<Refusal>(&result)) {
      ADD_FAILURE() << refusal->reason;
      return {};
    }
    const Offer& offer = std::get<Offer>(result);
    EXPECT_EQ(!offer.output_layouts.empty() && simd::is_nhwc(offer.output_layouts[0]), images);
    const std::vector<Tensor> actual =
        run_offer(backend_named("simd"), offer, chain, filled_inputs(sample, dtype, 5), slices, 1, 0xFF);
    const std::vector<Tensor> expected = run_members(chain, filled_inputs(sample, DType::float64, 5));
    // Functions within 5 units in the last place, behind and before a few roundings, of what is at most the largest.
    EXPECT_LE(relative_difference(actual[0], expected[0]), 10 * (dtype == DType::float32 ? FLT_EPSILON : DBL_EPSILON));
    return actual;
  }
};

/// The fills by which the catalogue keeps arguments away from kinks and out of a logarithm's wrong side.
const Sample& sample_of(const OpDef& op) { return op.samples[0]; }

TEST_P(SimdElementwise, EveryOperationWithTails) {
  int operations = 0;
  for (const OpDef* op : all_ops()) {
    if (!simd::is_elementwise(op->name) || op->name == "bias_add") continue;
    ++operations;
    for (const Sample& sample : op->samples)
      for (const Shape& shape : {Shape{1}, {3}, {17}, {31}, {5, 67}, {3, 2, 5, 7}})
        for (DType dtype : {DType::float32, DType::float64}) {
          const std::vector<Shape> shapes(sample.inputs.size(), shape);
          const auto once = check(*op, sample.attributes, shapes, sample.fills, dtype, 1);
          if (shape[0] < 3) continue;
          const auto parts = check(*op, sample.attributes, shapes, sample.fills, dtype, 3);
          EXPECT_TRUE(same_bits(once[0], parts[0])) << op->name << ": other bits in slices";
        }
  }
  EXPECT_GE(operations, 33);
}

TEST_P(SimdElementwise, ImagesChannelsLast) {
  for (const OpDef* op : all_ops()) {
    if (!simd::is_elementwise(op->name) || op->name == "bias_add") continue;
    const Sample& sample = sample_of(*op);
    for (const Shape& shape : {Shape{4, 3, 5, 7}, {5, 17, 2, 3}, {3, 64, 3, 1}})
      check(*op, sample.attributes, std::vector<Shape>(sample.inputs.size(), shape), sample.fills, DType::float32, 2,
            true);
  }
}

TEST_P(SimdElementwise, Broadcasting) {
  for (const char* name : {"add", "sub", "mul", "div", "minimum", "maximum"}) {
    const OpDef& op = op_named(name);
    for (DType dtype : {DType::float32, DType::float64}) {
      const auto both_ways = [&](const Shape& a, const Shape& b, int64_t parts) {
        check(op, {}, {a, b}, {{}, {Fill::positive}}, dtype, parts);
        check(op, {}, {b, a}, {{}, {Fill::positive}}, dtype, 1);
      };
      both_ways({5, 17}, {17}, 2);            // a row
      both_ways({5, 31}, {}, 3);              // a number
      both_ways({3, 5, 2, 7}, {5, 1, 1}, 2);  // one a channel
      both_ways({3, 5, 4, 3}, {3, 5, 1, 1}, 3);
      both_ways({4, 1, 3}, {1, 5, 1}, 2);  // both spread
    }
    check(op, {}, {{4, 17, 3, 5}, {17, 1, 1}}, {{}, {Fill::positive}}, DType::float32, 2, true);
    check(op, {}, {{4, 17, 3, 5}, {}}, {{}, {Fill::positive}}, DType::float32, 2, true);
    check(op, {}, {{4, 17, 3, 5}, {4, 17, 1, 1}}, {{}, {Fill::positive}}, DType::float32, 2, true);
  }
}

TEST_P(SimdElementwise, Bias) {
  const OpDef& op = op_named("bias_add");
  for (DType dtype : {DType::float32, DType::float64}) {
    check(op, BiasAddAttributes{1}, {{5, 31}, {31}}, {}, dtype, 3);
    check(op, BiasAddAttributes{1}, {{5, 3, 4, 7}, {3}}, {}, dtype, 2);
    check(op, BiasAddAttributes{-1}, {{2, 3, 17}, {17}}, {}, dtype, 1);
  }
  check(op, BiasAddAttributes{1}, {{5, 17, 4, 7}, {17}}, {}, DType::float32, 2, true);
}

TEST_P(SimdElementwise, RefusesWhatItCannotWalk) {
  // Channels last, an operand of one image's shape lies row-major: its channels are far apart.
  const Chain chain =
      single_group(op_named("add"), {}, {{DType::float32, {4, 5, 3, 2}}, {DType::float32, {5, 3, 2}}}, 0);
  Group group = chain.group({0, 2, 4});
  group.operands[size_t(group.inputs[0])].layout = simd::nhwc_layout();
  const OfferResult result = backend_named("simd").offer(group, {this_cpu(), ""});
  ASSERT_TRUE(std::holds_alternative<Refusal>(result));
  EXPECT_EQ(std::get<Refusal>(result).reason, "an operand that lies across the result");
}

INSTANTIATE_TEST_SUITE_P(Targets, SimdElementwise, testing::ValuesIn(simd::available_targets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tacho
