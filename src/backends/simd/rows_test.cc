// softmax and its relatives, cross entropy and normalised rows against the double reference, every target forced in
// turn.
#include "backends/simd/rows.h"

#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>

#include "backends/simd/each_target.h"
#include "op/backend.h"
#include "ops/normalize_rows.h"
#include "ops/softmax.h"
#include "tests/support/groups.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho {
namespace {

using namespace support;

class SimdRows : public simd::EachTarget {
 protected:
  /// The operation whole and in slices of its rows: the same bits, and within the bound of rows.h of the reference.
  static void check(const char* name, const Attributes& attributes, const std::vector<TensorType>& inputs,
                    const std::vector<Fill>& fills) {
    const OpDef& op = op_named(name);
    const Sample sample{inputs, attributes, fills};
    for (DType dtype : {DType::float32, DType::float64}) {
      SCOPED_TRACE(text_of(name, " ", to_string(attributes), " of ", to_string(inputs[0]), ", ", name_of(dtype)));
      const std::vector<TensorType> types = input_types(sample, dtype);
      const std::vector<Tensor> given = filled_inputs(sample, dtype, 7);
      const auto whole = run(single_group(op, attributes, types), given, 1);
      const auto parts = run(single_group(op, attributes, types, 0), given, std::min<int64_t>(3, inputs[0].shape[0]));
      const auto expected = run_members(single_group(op, attributes, types), filled_inputs(sample, DType::float64, 7));
      ASSERT_EQ(whole.size(), expected.size());
      const double epsilon = dtype == DType::float32 ? FLT_EPSILON : DBL_EPSILON;
      const double bound = epsilon * (4 + std::log2(double(inputs[0].shape.back())) / 2);
      for (size_t j = 0; j < whole.size(); ++j) {
        EXPECT_LE(relative_difference(whole[j], expected[j]), bound) << "output " << j;
        EXPECT_TRUE(same_bits(whole[j], parts[j])) << "output " << j << " in slices";
      }
    }
  }

 private:
  static std::vector<Tensor> run(const Chain& chain, const std::vector<Tensor>& inputs, int64_t parts) {
    EXPECT_EQ(chain.refusal, "");
    const std::vector<Slice> slices = even_slices(chain.rows, parts);
    const OfferResult result = backend_named("simd").offer(chain.group(slices[0]), {this_cpu(), ""});
    if (const auto* refusal = std::get_if<Refusal>(&result)) {
      ADD_FAILURE() << refusal->reason;
      return {};
    }
    return run_offer(backend_named("simd"), std::get<Offer>(result), chain, inputs, slices, 1, 0xFF);
  }
};

/// One element, tails, a vector, several, rows that four accumulators share.
constexpr int64_t kLengths[] = {1, 3, 8, 10, 17, 31, 64, 67, 1000};

TEST_P(SimdRows, Softmax) {
  for (int64_t n : kLengths) {
    const TensorType x = f32({5, n}), images = f32({3, 2, n});
    for (const char* op : {"softmax", "log_softmax"}) {
      check(op, AxisAttributes{1}, {x}, {});
      check(op, AxisAttributes{-1}, {images}, {});
    }
    for (const char* op : {"softmax_backward", "log_softmax_backward"})
      check(op, AxisAttributes{1}, {x, x}, {{}, {Fill::positive}});
  }
}

TEST_P(SimdRows, CrossEntropy) {
  for (int64_t n : kLengths) {
    const TensorType x = f32({7, n}), labels{DType::int64, {7}};
    check("softmax_cross_entropy", {}, {x, labels}, {{}, {Fill::index, n}});
    check("softmax_cross_entropy_backward", {}, {x, labels, f32({7})}, {{Fill::positive}, {Fill::index, n}, {}});
  }
}

TEST_P(SimdRows, Normalization) {
  for (int64_t n : kLengths)
    for (const bool center : {true, false}) {
      const NormalizeRowsAttributes a{1, 1e-3, center};
      // A centred row of one element has nothing left, and its gradient cancels to nothing.
      if (n > 1 || !center) check("normalize_rows", a, {f32({5, n})}, {});
      if (n > 1 || !center)
        check("normalize_rows_backward", a, {f32({5, n}), f32({5, n}), f32({5, 1})}, {{}, {}, {Fill::positive}});
    }
  check("normalize_rows", NormalizeRowsAttributes{2, 1e-5, true}, {f32({4, 3, 5, 7})}, {});
}

TEST_P(SimdRows, LargeLogitsOverflowNothing) {
  const Chain chain = single_group(op_named("softmax_cross_entropy"), {}, {f32({2, 10}), {DType::int64, {2}}});
  Tensor z(f32({2, 10})), labels(TensorType{DType::int64, {2}});
  for (int64_t i = 0; i < 20; ++i) z.as<float>()[i] = float(i % 10) * 1000;
  labels.as<int64_t>()[0] = 9, labels.as<int64_t>()[1] = 0;
  const OfferResult result = backend_named("simd").offer(chain.group({0, 1, 1}), {this_cpu(), ""});
  ASSERT_TRUE(std::holds_alternative<Offer>(result));
  const auto outputs =
      run_offer(backend_named("simd"), std::get<Offer>(result), chain, {z, labels}, even_slices(1, 1), 1, 0xFF);
  EXPECT_EQ(outputs[0].as<float>()[0], 0);
  EXPECT_EQ(outputs[0].as<float>()[1], 9000);
  EXPECT_EQ(outputs[1].as<float>()[9], 1);
}

TEST_P(SimdRows, RefusesRowsAcrossMemoryAndLabelsOutside) {
  const auto offered = [](const Chain& chain) {
    return backend_named("simd").offer(chain.group({0, 1, 1}), {this_cpu(), ""});
  };
  const OfferResult across = offered(single_group(op_named("softmax"), AxisAttributes{1}, {f32({2, 3, 5})}));
  ASSERT_TRUE(std::holds_alternative<Refusal>(across));
  EXPECT_EQ(std::get<Refusal>(across).reason, "rows whose elements are not side by side");
  const Chain chain = single_group(op_named("softmax_cross_entropy"), {}, {f32({1, 3}), {DType::int64, {1}}});
  const OfferResult result = offered(chain);
  Tensor z(f32({1, 3})), labels(TensorType{DType::int64, {1}});
  for (int64_t i = 0; i < 3; ++i) z.as<float>()[i] = 0;
  labels.as<int64_t>()[0] = 3;
  EXPECT_THROW(
      run_offer(backend_named("simd"), std::get<Offer>(result), chain, {z, labels}, even_slices(1, 1), 1, 0xFF), Error);
}

INSTANTIATE_TEST_SUITE_P(Targets, SimdRows, testing::ValuesIn(simd::available_targets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tacho
