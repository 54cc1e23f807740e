#include "backends/reference/member_runner.h"

#include <gtest/gtest.h>

#include "op/backend.h"
#include "ops/bias_add.h"
#include "ops/matmul.h"
#include "ops/reshape.h"
#include "ops/sum.h"
#include "tests/support/groups.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho {
namespace {

using namespace support;

Offer offered(const Chain& chain, const std::vector<Slice>& slices) {
  OfferResult result = backend_named("reference").offer(chain.group(slices[0]), {this_cpu(), ""});
  return std::get<Offer>(std::move(result));
}

std::vector<Tensor> tensors_of(const std::vector<TensorType>& types) {
  std::vector<Tensor> tensors;
  for (size_t i = 0; i < types.size(); ++i) tensors.push_back(filled(types[i], {}, i + 1));
  return tensors;
}

/// x W + b, relu, all in one group with a result read on the way.
Chain dense_chain(int initiator) {
  const OpDef& matmul = op_named("matmul");
  Chain chain = make_chain({f32({17, 5}), f32({5, 6}), f32({6})},
                           {{&matmul, MatmulAttributes{}, {0, 1}},
                            {&op_named("bias_add"), BiasAddAttributes{1}, {3, 2}},
                            {&op_named("relu"), {}, {4}}},
                           initiator);
  chain.outputs = {5, 4};  // the sum before relu is external as well, in another order
  return chain;
}

TEST(ReferenceBackend, RunsAGroupAsItsMembersOneByOne) {
  for (int64_t parts : {1, 2, 5}) {
    const Chain chain = dense_chain(0);
    const std::vector<Tensor> inputs = tensors_of({chain.types[0], chain.types[1], chain.types[2]});
    const std::vector<Slice> slices = even_slices(chain.rows, parts);
    const Offer offer = offered(chain, slices);
    EXPECT_GE(offer.workspace_bytes, size_t(slices[0].count * 6) * sizeof(float));
    const std::vector<Tensor> actual = run_offer(backend_named("reference"), offer, chain, inputs, slices, 1, 0xFF);
    const std::vector<Tensor> expected = run_members(chain, inputs);
    for (size_t j = 0; j < 2; ++j) EXPECT_TRUE(same_bits(actual[j], expected[j])) << parts << " parts, output " << j;
  }
}

TEST(ReferenceBackend, ScalesIntermediatesOfASmallerSlice) {
  // 5 examples of 3 rows each: flattened to 15 rows and back, in slices of 2, 2 and 1 examples.
  const Chain chain = make_chain({f32({5, 3, 4}), f32({4, 2})},
                                 {{&op_named("reshape"), ReshapeAttributes{{15, 4}}, {0}},
                                  {&op_named("matmul"), MatmulAttributes{}, {2, 1}},
                                  {&op_named("reshape"), ReshapeAttributes{{5, 3, 2}}, {3}}},
                                 0);
  ASSERT_EQ(chain.refusal, "");
  const std::vector<Tensor> inputs = tensors_of({chain.types[0], chain.types[1]});
  const std::vector<Slice> slices = even_slices(5, 3);
  const std::vector<Tensor> actual =
      run_offer(backend_named("reference"), offered(chain, slices), chain, inputs, slices, 1, 0x5B);
  EXPECT_TRUE(same_bits(actual[0], run_members(chain, inputs)[0]));
}

TEST(ReferenceBackend, CombinesPartialsOfUnevenSlicesBesideSlicedOutputs) {
  // relu of the rows stays sliced; their sum over the batch is partial.
  Chain chain = make_chain({f32({11, 4})},
                           {{&op_named("relu"), {}, {0}}, {&op_named("sum"), ReductionAttributes{{0}, false}, {1}}}, 0);
  chain.outputs = {1, 2};
  ASSERT_EQ(chain.refusal, "");
  ASSERT_EQ(chain.states[2].kind, SliceState::partial);
  const std::vector<Tensor> inputs = tensors_of({chain.types[0]});
  const std::vector<Tensor> expected = run_members(chain, inputs);
  for (const size_t lanes : {1, 2, 3}) {
    const std::vector<Slice> slices = {{0, 4, 11}, {4, 4, 11}, {8, 3, 11}};
    const Offer offer = offered(chain, slices);
    EXPECT_GT(offer.kernel->partial_bytes(), 0u);
    const std::vector<Tensor> actual = run_offer(backend_named("reference"), offer, chain, inputs, slices, lanes, 0xFF);
    EXPECT_TRUE(same_bits(actual[0], expected[0]));
    EXPECT_LE(relative_difference(actual[1], expected[1]), 1e-6) << lanes << " lanes";
  }
}

TEST(ReferenceBackend, WhatItExecutesIsWhatIsRequired) {
  const Offer offer = offered(dense_chain(0), even_slices(17, 3));  // offered: 6 rows
  EXPECT_EQ(offer.executed.tally.mul, 6 * 6 * 5);
  EXPECT_EQ(offer.executed.tally.add, 6 * 6 * 4 + 6 * 6);
  EXPECT_EQ(offer.executed.tally.cmp, 6 * 6);
  EXPECT_FALSE(offer.executed.declared);
}

TEST(ReferenceBackend, PermitsASingleOperationsAlias) {
  const std::vector<Slice> one = even_slices(1, 1);
  EXPECT_EQ(offered(single_group(op_named("relu"), {}, {f32({3})}), one).aliases, std::vector<int>{0});
  EXPECT_EQ(offered(single_group(op_named("matmul"), MatmulAttributes{}, {f32({3, 3}), f32({3, 3})}), one).aliases,
            std::vector<int>{-1});
}

}  // namespace
}  // namespace tacho
