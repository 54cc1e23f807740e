// The kernels of this folder give the reference's bits, on the operations' samples and on what those leave out.
#include <gtest/gtest.h>

#include <limits>

#include "backends/gather/indices.h"
#include "op/backend.h"
#include "ops/gather.h"
#include "ops/max_pool2d.h"
#include "ops/max_pool2d_backward.h"
#include "tests/support/groups.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho {
namespace {

using namespace support;

constexpr const char* kOperations[] = {"gather", "scatter_add", "max_pool2d", "max_pool2d_backward"};

OfferResult gather_offer(const Chain& chain, const std::vector<Slice>& slices) {
  return backend_named("gather").offer(chain.group(slices[0]), {this_cpu(), ""});
}

void expect_same_bits(const Chain& chain, const std::vector<Tensor>& inputs, int64_t parts) {
  const std::vector<Slice> slices = even_slices(chain.rows, parts);
  const OfferResult result = gather_offer(chain, slices);
  ASSERT_TRUE(std::holds_alternative<Offer>(result)) << std::get<Refusal>(result).reason;
  const std::vector<Tensor> actual =
      run_offer(backend_named("gather"), std::get<Offer>(result), chain, inputs, slices, 1, 0xFF);
  const std::vector<Tensor> expected = run_members(chain, inputs);
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t j = 0; j < expected.size(); ++j)
    EXPECT_TRUE(same_bits(actual[j], expected[j])) << "output " << j << " in " << parts << " slices";
}

TEST(IndexVector, SamplesBitForBit) {
  for (const char* name : kOperations)
    for (const Sample& sample : op_named(name).samples)
      for (DType dtype : {DType::float32, DType::float64}) {
        SCOPED_TRACE(text_of(name, " ", to_string(sample.inputs[0]), " at ", name_of(dtype)));
        const std::vector<TensorType> types = input_types(sample, dtype);
        const std::vector<Tensor> inputs = filled_inputs(sample, dtype, 3);
        expect_same_bits(single_group(op_named(name), sample.attributes, types), inputs, 1);
        const Chain sliced = single_group(op_named(name), sample.attributes, types, 0);
        if (sliced.rows > 1) expect_same_bits(sliced, inputs, std::min<int64_t>(sliced.rows, 3));
      }
}

TEST(IndexVector, RepeatedIndicesAddInOrder) {
  // 11 examples, so that both the four-wide and the single loop run; all terms fall on two places.
  const Sample sample{
      {{DType::float32, {11, 40}}, {DType::int32, {40}}}, GatherAttributes{{2}}, {{}, {Fill::index, 2}}};
  for (DType dtype : {DType::float32, DType::float64})
    expect_same_bits(single_group(op_named("scatter_add"), sample.attributes, input_types(sample, dtype)),
                     filled_inputs(sample, dtype, 5), 1);
}

TEST(IndexVector, PoolingOfTiesPaddingAndInfinities) {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor x = Tensor::of<float>({1, 3, 3, 3}, {1,    1,    1,    1,    1,    1,    1,    1,    1,     //
                                                    -inf, -inf, -inf, -inf, -inf, -inf, -inf, -inf, -inf,  //
                                                    nan,  2,    3,    -1,   nan,  4,    5,    6,    nan});
  for (const MaxPool2dAttributes& a :
       {MaxPool2dAttributes{}, MaxPool2dAttributes{{3, 3}, {1, 1}, {1, 1, 1, 1}},
        MaxPool2dAttributes{{2, 2}, {2, 2}, {0, 0, 0, 0}, true}, MaxPool2dAttributes{{2, 3}, {1, 2}, {1, 2, 0, 1}}})
    expect_same_bits(single_group(op_named("max_pool2d"), a, {x.type()}), {x}, 1);
}

TEST(IndexVector, PoolingWhosePlacesNobodyReads) {
  const Tensor x = filled({DType::float32, {2, 3, 6, 8}}, {}, 1);
  Chain chain = single_group(op_named("max_pool2d"), MaxPool2dAttributes{}, {x.type()});
  chain.outputs = {1};
  expect_same_bits(chain, {x}, 1);
  chain.outputs = {2, 1};  // in another order
  expect_same_bits(chain, {x}, 1);
}

TEST(IndexVector, ExecutedCountsLeavePaddingOut) {
  const auto cmp = [](const MaxPool2dAttributes& a) {
    const Chain chain = single_group(op_named("max_pool2d"), a, {{DType::float32, {2, 3, 4, 4}}});
    OfferResult result = gather_offer(chain, even_slices(1, 1));
    return std::get<Offer>(result).executed.tally.cmp;
  };
  EXPECT_EQ(cmp({}), 6 * 4 * 3);
  // 3 x 3 around each of 16 places: 100 taps inside; the first is inside for 9 windows and starts their maximum.
  EXPECT_EQ(cmp({{3, 3}, {1, 1}, {1, 1, 1, 1}}), 6 * (100 - 9));
}

TEST(IndexVector, ExecutedCountsOfTheOthersAreTheRequiredOnes) {
  for (const char* name : {"gather", "scatter_add", "max_pool2d_backward"})
    for (const Sample& sample : op_named(name).samples) {
      const Chain chain = single_group(op_named(name), sample.attributes, sample.inputs);
      const Group group = chain.group({0, 1, 1});
      OfferResult result = gather_offer(chain, even_slices(1, 1));
      const TensorTypes in = group.input_types(group.members[0]), out = group.output_types(group.members[0]);
      EXPECT_EQ(std::get<Offer>(result).executed.tally, tally_of(op_named(name), {sample.attributes, in, out})) << name;
    }
}

TEST(IndexVector, AnIndexOutsideIsAnError) {
  const int32_t below[] = {0, -1}, above[] = {0, 5};
  EXPECT_NO_THROW(index_vector::check_indices("gather", above, 2, 6));
  EXPECT_NO_THROW(index_vector::check_indices("gather", above, 0, 0));
  EXPECT_THROW(index_vector::check_indices("gather", above, 2, 5), Error);
  EXPECT_THROW(index_vector::check_indices("gather", below, 2, 5), Error);
  const Tensor x = filled({DType::float32, {5, 4}}, {}, 1), index = Tensor::of<int32_t>({2}, {0, 4});
  const Chain chain = single_group(op_named("gather"), GatherAttributes{{2}}, {x.type(), index.type()});
  OfferResult result = gather_offer(chain, even_slices(1, 1));
  EXPECT_THROW(run_offer(backend_named("gather"), std::get<Offer>(result), chain, {x, index}, even_slices(1, 1), 1, 0),
               Error);
}

TEST(IndexVector, RefusesWithTheReason) {
  const auto reason = [](const Chain& chain) {
    const OfferResult result = gather_offer(chain, even_slices(1, 1));
    return std::holds_alternative<Refusal>(result) ? std::get<Refusal>(result).reason : "taken";
  };
  const TensorType x{DType::float32, {2, 4}}, index{DType::int32, {4}};
  EXPECT_EQ(reason(single_group(op_named("relu"), {}, {x})), "neither gather, scatter_add nor max pooling: relu");
  EXPECT_EQ(reason(make_chain({x, index},
                              {{&op_named("gather"), GatherAttributes{{4}}, {0, 1}}, {&op_named("relu"), {}, {2}}})),
            "one operation at a time, not gather+relu");
}

}  // namespace
}  // namespace tacho
