// Sums and extremes over any axes against the double reference, every target forced in turn, in both layouts.
#include "backends/simd/reductions.h"

#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>

#include "backends/simd/each_target.h"
#include "backends/simd/layouts.h"
#include "op/backend.h"
#include "ops/mean.h"
#include "ops/reduction_geometry.h"
#include "tests/support/groups.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho {
namespace {

using namespace support;

class SimdReductions : public simd::EachTarget {
 protected:
  /// In `parts` slices on two lanes, images channels last where asked.
  static Tensor check(const char* name, const Attributes& attributes, const Shape& shape, DType dtype, int64_t parts,
                      int64_t terms, bool channels_last = false) {
    SCOPED_TRACE(text_of(name, " ", to_string(attributes), " of ", shape, ", ", name_of(dtype), ", ", parts, " parts",
                         channels_last ? ", channels last" : ""));
    const TensorType type{dtype, shape};
    const Chain chain = single_group(op_named(name), attributes, {type}, parts > 1 ? 0 : -1);
    EXPECT_EQ(chain.refusal, "");
    const std::vector<Slice> slices = even_slices(chain.rows, parts);
    Group group = chain.group(slices[0]);
    if (channels_last) group.operands[size_t(group.inputs[0])].layout = simd::nhwc_layout();
    const OfferResult result = backend_named("simd").offer(group, {this_cpu(), ""});
    if (const auto* refusal = std::get_if<Refusal>(&result)) {
      ADD_FAILURE() << refusal->reason;
      return Tensor(type);
    }
    const Offer& offer = std::get<Offer>(result);
    EXPECT_EQ(!offer.input_layouts.empty() && simd::is_nhwc(offer.input_layouts[0]), channels_last);
    const Sample sample{{type}, attributes, {}};
    const auto actual =
        run_offer(backend_named("simd"), offer, chain, filled_inputs(sample, dtype, 9), slices, 2, 0xFF);
    const auto expected = run_members(single_group(op_named(name), attributes, {{DType::float64, shape}}),
                                      filled_inputs(sample, DType::float64, 9));
    // Of `terms` roundings as many go one way as the other.
    const double epsilon = dtype == DType::float32 ? FLT_EPSILON : DBL_EPSILON;
    EXPECT_LE(relative_difference(actual[0], expected[0]), epsilon * (2 + std::sqrt(double(terms))));
    return actual[0];
  }
};

const std::vector<int64_t> kAxes[] = {{0},    {1},    {2},    {3},       {0, 1},    {1, 2},
                                      {2, 3}, {0, 2}, {1, 3}, {0, 2, 3}, {1, 2, 3}, {}};

TEST_P(SimdReductions, AnyAxesWithTails) {
  for (const Shape& shape : {Shape{5, 3, 7, 17}, {3, 31, 1, 3}, {4, 1, 5, 67}})
    for (const std::vector<int64_t>& axes : kAxes)
      for (DType dtype : {DType::float32, DType::float64}) {
        const ReductionAttributes a{axes};
        const int64_t terms = reduced_elements(a, shape);
        for (const char* name : {"sum", "max", "min"}) check(name, a, shape, dtype, 1, terms);
        check("mean", MeanAttributes{a, terms}, shape, dtype, 1, terms);
        for (const char* name : {"sum", "max"}) check(name, a, shape, dtype, 3, terms);
        check("mean", MeanAttributes{a, terms}, shape, dtype, 3, terms);
      }
}

TEST_P(SimdReductions, SlicesOfKeptRowsHaveTheSameBits) {
  for (int64_t n : {1, 3, 17, 31, 100, 700})
    for (const char* name : {"sum", "max", "min"}) {
      const ReductionAttributes a{{1}};
      EXPECT_TRUE(
          same_bits(check(name, a, {7, n}, DType::float32, 1, n), check(name, a, {7, n}, DType::float32, 3, n)));
    }
}

TEST_P(SimdReductions, ImagesChannelsLast) {
  for (const Shape& shape : {Shape{4, 17, 3, 5}, {3, 64, 7, 7}})
    for (const std::vector<int64_t>& axes : {std::vector<int64_t>{2, 3}, {1}, {0, 1}, {1, 2, 3}, {}}) {
      const ReductionAttributes a{axes};
      const int64_t terms = reduced_elements(a, shape);
      check("mean", MeanAttributes{a, terms}, shape, DType::float32, 2, terms, true);
      check("max", a, shape, DType::float32, 2, terms, true);
    }
}

INSTANTIATE_TEST_SUITE_P(Targets, SimdReductions, testing::ValuesIn(simd::available_targets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tacho
