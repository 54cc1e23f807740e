#include "backends/blas/matmul.h"

#include <gtest/gtest.h>

#include "ops/bias_add.h"
#include "ops/reshape.h"
#include "tests/support/groups.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho {
namespace {

using namespace support;

class Blas : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* reason = blas::unavailable()) GTEST_SKIP() << reason;
  }
};

OfferResult blas_offer(const Chain& chain, const std::vector<Slice>& slices) {
  return backend_named("blas").offer(chain.group(slices[0]), {this_cpu(), ""});
}

/// Runs the chain on blas in `parts` slices over input `initiator` and compares with the reference in double.
void expect_blas_agreement(std::vector<TensorType> types, const std::vector<Step>& steps, int initiator = -1,
                           int64_t parts = 1, size_t lanes = 1) {
  for (DType dtype : {DType::float32, DType::float64}) {
    for (TensorType& type : types) type.dtype = dtype;
    const Chain chain = make_chain(types, steps, initiator);
    ASSERT_EQ(chain.refusal, "");
    const std::vector<Slice> slices = even_slices(chain.rows, parts);
    SCOPED_TRACE(text_of(to_string(chain.group(slices[0])), " of ", to_string(types[0]), " and ", to_string(types[1]),
                         "; ", steps[0].op->name == "matmul" ? to_string(steps[0].attributes) : "", "; ", parts,
                         " slices"));
    std::vector<Tensor> inputs, wide;
    for (size_t i = 0; i < types.size(); ++i) {
      inputs.push_back(filled(types[i], {}, i + 1));
      wide.push_back(filled(at_dtype(types[i], DType::float64), {}, i + 1));
    }
    const OfferResult result = blas_offer(chain, slices);
    ASSERT_TRUE(std::holds_alternative<Offer>(result)) << std::get<Refusal>(result).reason;
    const Offer& offer = std::get<Offer>(result);
    const Tensor expected = run_members(chain, wide)[0];
    const Tensor actual = run_offer(backend_named("blas"), offer, chain, inputs, slices, lanes, 0xFF)[0];
    EXPECT_LE(max_difference(actual, expected), (dtype == DType::float32 ? 1e-4 : 1e-12));
    const Tensor again = run_offer(backend_named("blas"), offer, chain, inputs, slices, lanes, 0x5B)[0];
    EXPECT_TRUE(same_bits(actual, again)) << "depends on what was in memory before";
  }
}

Step matmul_step(MatmulAttributes attributes = {}) { return {&op_named("matmul"), attributes, {0, 1}}; }

TEST_F(Blas, AllTranspositionsAndTails) {
  for (const auto& [m, n, k] : std::vector<std::array<int64_t, 3>>{
           {1, 1, 1}, {3, 4, 5}, {17, 31, 3}, {64, 48, 70}, {1, 33, 65}, {33, 1, 7}, {5, 9, 1}})
    for (bool ta : {false, true})
      for (bool tb : {false, true})
        expect_blas_agreement({f32(matrix_shape(m, k, ta)), f32(matrix_shape(k, n, tb))}, {matmul_step({ta, tb, 0})});
}

TEST_F(Blas, BatchesThatBroadcastAndContract) {
  const auto with_batch = [](std::initializer_list<int64_t> batch, const Shape& last) {
    Shape shape(batch);
    for (int64_t extent : last) shape.push_back(extent);
    return f32(shape);
  };
  for (bool ta : {false, true})
    for (bool tb : {false, true}) {
      const Shape a = matrix_shape(3, 5, ta), b = matrix_shape(5, 4, tb);
      const auto step = [&](int64_t contracted) { return std::vector<Step>{matmul_step({ta, tb, contracted})}; };
      for (int64_t contracted : {0, 1}) {
        expect_blas_agreement({with_batch({6}, a), with_batch({6}, b)}, step(contracted));
        expect_blas_agreement({with_batch({6}, a), with_batch({}, b)}, step(contracted));
        expect_blas_agreement({with_batch({}, a), with_batch({6}, b)}, step(contracted));
        expect_blas_agreement({with_batch({1}, a), with_batch({6}, b)}, step(contracted));
      }
      for (int64_t contracted : {0, 1, 2}) {
        expect_blas_agreement({with_batch({2, 3}, a), with_batch({2, 3}, b)}, step(contracted));
        expect_blas_agreement({with_batch({2, 1}, a), with_batch({1, 3}, b)}, step(contracted));
        expect_blas_agreement({with_batch({2, 3}, a), with_batch({3}, b)}, step(contracted));
        expect_blas_agreement({with_batch({2, 3}, a), with_batch({1, 1}, b)}, step(contracted));
      }
    }
}

TEST_F(Blas, ZeroExtents) {
  expect_blas_agreement({f32({0, 5}), f32({5, 4})}, {matmul_step()});
  expect_blas_agreement({f32({3, 5}), f32({5, 0})}, {matmul_step()});
  expect_blas_agreement({f32({3, 0}), f32({0, 4})}, {matmul_step()});
  expect_blas_agreement({f32({0, 3, 5}), f32({0, 5, 4})}, {matmul_step()});
  expect_blas_agreement({f32({0, 3, 5}), f32({0, 5, 4})}, {matmul_step({false, false, 1})});
  expect_blas_agreement(
      {f32({3, 0}), f32({0, 4}), f32({4})},
      {matmul_step(), {&op_named("bias_add"), BiasAddAttributes{1}, {3, 2}}, {&op_named("relu"), {}, {4}}});
}

TEST_F(Blas, BiasAndActivationsOnTheWayOut) {
  for (const char* activation : {"relu", "sigmoid", "tanh"}) {
    const Step last{&op_named(activation), {}, {4}};
    for (int initiator : {-1, 0})  // 17 rows at once, and 6, 6 and 5
      expect_blas_agreement({f32({17, 5}), f32({5, 9}), f32({9})},
                            {matmul_step(), {&op_named("bias_add"), BiasAddAttributes{-1}, {3, 2}}, last}, initiator,
                            initiator < 0 ? 1 : 3);
    expect_blas_agreement({f32({6, 5}), f32({5, 8})}, {matmul_step(), {&op_named(activation), {}, {2}}});
    // A lowered convolution: filters times the windows of each example, reshaped to images, the bias by channel.
    expect_blas_agreement({f32({3, 10}), f32({5, 10, 8}), f32({3})},
                          {matmul_step(),
                           {&op_named("reshape"), ReshapeAttributes{{5, 3, 2, 4}}, {3}},
                           {&op_named("bias_add"), BiasAddAttributes{1}, {4, 2}},
                           {&op_named(activation), {}, {5}}},
                          1, 2);
  }
}

TEST_F(Blas, ABiasAlongAnyAxis) {
  for (int64_t axis : {0, 1, 2, 3})
    expect_blas_agreement(
        {f32({2, 3, 4, 5}), f32({2, 3, 5, 6}), f32({std::array<int64_t, 4>{2, 3, 4, 6}[size_t(axis)]})},
        {matmul_step(), {&op_named("bias_add"), BiasAddAttributes{axis}, {3, 2}}});
  // Sliced along the axis of the bias: each slice takes its part of the vector.
  expect_blas_agreement({f32({7, 4, 5}), f32({5, 6}), f32({7})},
                        {matmul_step(), {&op_named("bias_add"), BiasAddAttributes{0}, {3, 2}}}, 0, 3);
  // Sliced along the columns: the rows, along which the bias runs, get shorter with the last slice.
  expect_blas_agreement({f32({7, 5}), f32({9, 5}), f32({7})},
                        {matmul_step({false, true, 0}), {&op_named("bias_add"), BiasAddAttributes{0}, {3, 2}}}, 1, 2);
}

TEST_F(Blas, PartialSumsAccumulateInLanes) {
  for (size_t lanes : {1, 2, 3}) {
    expect_blas_agreement({f32({17, 5}), f32({17, 4})}, {matmul_step({true, false, 0})}, 0, 4, lanes);  // over k
    expect_blas_agreement({f32({7, 3, 5}), f32({7, 4, 5})}, {matmul_step({false, true, 1})}, 0, 4, lanes);
    expect_blas_agreement({f32({7, 5, 3}), f32({7, 5, 4})}, {matmul_step({true, false, 1})}, 0, 4, lanes);
  }
}

TEST_F(Blas, MakesOneProductOfABatchWhereItCan) {
  const auto shared = blas::product_of({}, {8, 3, 5}, {5, 4});
  EXPECT_EQ(shared.kept, 1);
  EXPECT_EQ(shared.m, 24);
  const auto longer = blas::product_of({true, false, 1}, {8, 5, 3}, {8, 5, 4});
  EXPECT_EQ(longer.contracted, 1);
  EXPECT_EQ(longer.k, 40);
  EXPECT_EQ(blas::product_of({false, true, 1}, {8, 3, 5}, {8, 4, 5}).contracted, 8);
  EXPECT_EQ(blas::product_of({true, false, 0}, {8, 5, 3}, {5, 4}).kept, 8);
}

TEST_F(Blas, SaysWhatItExecutes) {
  const Chain chain =
      make_chain({f32({17, 31}), f32({31, 10}), f32({10})},
                 {matmul_step(), {&op_named("bias_add"), BiasAddAttributes{1}, {3, 2}}, {&op_named("relu"), {}, {4}}});
  OfferResult result = blas_offer(chain, even_slices(1, 1));
  const Offer& offer = std::get<Offer>(result);
  EXPECT_EQ(offer.name, "sgemm+bias_add+relu");
  EXPECT_NE(offer.reason.find("OpenBLAS"), std::string::npos) << offer.reason;
  EXPECT_TRUE(offer.executed.declared);
  EXPECT_EQ(offer.executed.tally, (Tally{.mul = 17 * 10 * 31, .add = 17 * 10 * 30 + 170, .cmp = 170}));
}

TEST_F(Blas, RefusesWithTheReason) {
  const auto reason = [](const Chain& chain) {
    const OfferResult result = blas_offer(chain, even_slices(chain.rows, 1));
    return std::holds_alternative<Refusal>(result) ? std::get<Refusal>(result).reason : "taken";
  };
  const std::vector<TensorType> square = {f32({3, 3}), f32({3, 3}), f32({3})};
  EXPECT_EQ(reason(make_chain({f32({3})}, {{&op_named("relu"), {}, {0}}})), "not a matrix product: relu");
  EXPECT_EQ(reason(make_chain({{DType::int32, {3, 3}}, {DType::int32, {3, 3}}}, {matmul_step()})), "dtype int32");
  EXPECT_EQ(reason(make_chain(square, {matmul_step(), {&op_named("add"), {}, {3, 2}}})), "a product followed by add");
  EXPECT_EQ(reason(make_chain(
                square,
                {matmul_step(), {&op_named("relu"), {}, {3}}, {&op_named("bias_add"), BiasAddAttributes{1}, {4, 2}}})),
            "bias_add behind the activation");
  EXPECT_EQ(reason(make_chain(square, {matmul_step(), {&op_named("relu"), {}, {3}}, {&op_named("tanh"), {}, {4}}})),
            "a second activation: tanh");
  Chain read_twice = make_chain(square, {matmul_step(), {&op_named("relu"), {}, {3}}});
  read_twice.outputs = {3, 4};
  EXPECT_EQ(reason(read_twice), "a result before the last is read outside the group");
  EXPECT_EQ(reason(make_chain({f32({int64_t(1) << 31, 1}), f32({1, 1})}, {matmul_step()})),
            "an extent exceeds BLAS's 32-bit integers");
}

}  // namespace
}  // namespace tacho
