// The simd backend's products against the double reference, every target forced in turn.
#include "ops/matmul.h"

#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>

#include "backends/simd/each_target.h"
#include "backends/simd/gemm.h"
#include "backends/simd/kernels.h"
#include "op/backend.h"
#include "ops/bias_add.h"
#include "ops/elu.h"
#include "ops/reshape.h"
#include "ops/sum.h"
#include "tests/support/groups.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"

namespace tacho {
namespace {

using namespace support;

Step product(MatmulAttributes attributes = {}) { return {&op_named("matmul"), attributes, {0, 1}}; }
Step product_of(std::vector<int> factors) { return {&op_named("matmul"), MatmulAttributes{}, std::move(factors)}; }

/// A sum of k products of normal numbers, each rounded once: its error stays within sqrt(k) + 4 units of the largest
/// result's last place by a wide margin (they would have to fall on one side), and the activations' own 5 units.
double bound(DType dtype, int64_t k) {
  return (dtype == DType::float32 ? double(FLT_EPSILON) : DBL_EPSILON) * (std::sqrt(double(k)) + 10);
}

/// How a chain is cut.
struct Cut {
  int initiator = -1;
  int64_t parts = 1;
  size_t lanes = 1;
  bool keeps_packs = false;  ///< packed operands last longer than a step
};

/// A product whose first or second factor is made by `gate` of operands that come before the other factor.
std::vector<Step> behind_gate(const Step& gate, const MatmulAttributes& attributes, bool second) {
  return {{gate.op, gate.attributes, {second ? 1 : 0, second ? 2 : 1}},
          {&op_named("matmul"), attributes, {second ? 0 : 3, second ? 3 : 2}}};
}
std::vector<TensorType> gated_types(const Shape& a, const Shape& b, bool second) {
  return second ? std::vector<TensorType>{f32(a), f32(b), f32(b)} : std::vector<TensorType>{f32(a), f32(a), f32(b)};
}

class SimdMatmul : public simd::EachTarget {
 protected:
  /// Runs the chain cut so, with both dtypes, and compares with the reference in double; returns the float32 result.
  static Tensor check(std::vector<TensorType> types, const std::vector<Step>& steps, Cut cut = {}) {
    const Backend& backend = backend_named("simd");
    Tensor single;
    for (DType dtype : {DType::float64, DType::float32}) {
      for (TensorType& type : types) type.dtype = dtype;
      const Chain chain = make_chain(types, steps, cut.initiator);
      EXPECT_EQ(chain.refusal, "");
      const std::vector<Slice> slices = even_slices(chain.rows, cut.parts);
      const Group group = chain.group(slices[0]);
      SCOPED_TRACE(text_of(to_string(group), " of ", to_string(types[0]), " and ", to_string(types[1]), "; ",
                           to_string(steps[0].attributes), "; ", cut.parts, " slices over input ", cut.initiator));
      std::vector<Tensor> inputs, wide;
      for (size_t i = 0; i < types.size(); ++i) {
        inputs.push_back(filled(types[i], {}, i + 1));
        wide.push_back(filled(at_dtype(types[i], DType::float64), {}, i + 1));
      }
      OfferResult result = backend.offer(group, {.cpu = this_cpu(), .keeps_packs = cut.keeps_packs});
      if (const Refusal* refusal = std::get_if<Refusal>(&result)) {
        ADD_FAILURE() << refusal->reason;
        return {};
      }
      EXPECT_TRUE(!cut.keeps_packs || !std::get<Offer>(result).packs.empty()) << "packs at each step";
      const Tensor expected = run_members(chain, wide)[0];
      const auto run = [&](int garbage) {
        return run_offer(backend, std::get<Offer>(result), chain, inputs, slices, cut.lanes, garbage)[0];
      };
      single = run(0xFF);
      const int64_t terms = types[0].shape.empty() ? 1 : element_count(types[0].shape);
      EXPECT_LE(max_difference(single, expected), bound(dtype, terms) * std::max(1.0, max_magnitude(expected)));
      EXPECT_TRUE(same_bits(single, run(0x5B))) << "depends on what was in memory before";
    }
    return single;
  }
};

TEST_P(SimdMatmul, AllTranspositionsAndTails) {
  for (int64_t m : {1, 3, 17, 31})
    for (int64_t n : {1, 3, 17, 31, 140})
      for (int64_t k : {1, 3, 17, 31})
        for (int t = 0; t < 4; ++t)
          check({f32(matrix_shape(m, k, t & 1)), f32(matrix_shape(k, n, t & 2))},
                {product({(t & 1) != 0, (t & 2) != 0, 0})});
}

TEST_P(SimdMatmul, BlocksOfEveryExtent) {
  // Three blocks of k on every machine (512 steps at most), several of n (2 MB of L2: 512), and all packings.
  for (int t = 0; t < 4; ++t) {
    check({f32(matrix_shape(70, 1100, t & 1)), f32(matrix_shape(1100, 300, t & 2))},
          {product({(t & 1) != 0, (t & 2) != 0, 0})});
    check({f32(matrix_shape(20, 600, t & 1)), f32(matrix_shape(600, 1300, t & 2))},
          {product({(t & 1) != 0, (t & 2) != 0, 0})});
    check({f32(matrix_shape(3000, 70, t & 1)), f32(matrix_shape(70, 35, t & 2))},
          {product({(t & 1) != 0, (t & 2) != 0, 0})});
    // A that stays packed for several blocks of columns, and ones that are too large for it.
    for (int64_t m : {31, 300, 400})
      check({f32(matrix_shape(m, 700, t & 1)), f32(matrix_shape(700, 1100, t & 2))},
            {product({(t & 1) != 0, (t & 2) != 0, 0})});
  }
}

TEST_P(SimdMatmul, SlicesOfRowsFarApart) {
  // Panels that take each other's place, of 14 and fewer rows, in three blocks of steps, the last one shorter.
  const std::vector<TensorType> types{f32({99, 1103}), f32({1103, 170})};
  const Tensor whole = check(types, {product()});
  for (int64_t parts : {2, 5, 11}) EXPECT_TRUE(same_bits(whole, check(types, {product()}, {0, parts, 1})));
}

TEST_P(SimdMatmul, TilesThatEndRowByRow) {
  // Last steps in one line of the cache and across two, rows close together and far apart, whole and partial vectors of
  // columns, with and without what follows the sum.
  const Step by_column{&op_named("bias_add"), BiasAddAttributes{1}, {4, 2}}, sum{&op_named("add"), {}, {5, 3}};
  for (int64_t m : {6, 7, 8, 13, 14, 27})
    for (int64_t n : {9, 16, 29, 32, 48})
      for (int64_t k : {1, 3, 4, 5, 10, 27, 33, 63, 66})
        for (bool ta : {false, true}) {
          check({f32(matrix_shape(m, k, ta)), f32({k, n})}, {product({ta, false, 0})});
          check({f32(matrix_shape(m, k, ta)), f32({k, n}), f32({n}), f32({m, n})},
                {product({ta, false, 0}), by_column, sum});
        }
  for (int64_t k = 400; k <= 416; ++k) check({f32({22, k}), f32({k, 144})}, {product()});
  check({f32({3, 13, 20}), f32({3, 20, 48})}, {product({false, false, 1})});
}

TEST_P(SimdMatmul, BiasSumAndReluOverManyTiles) {
  const Step by_row{&op_named("bias_add"), BiasAddAttributes{0}, {4, 2}}, sum{&op_named("add"), {}, {5, 3}},
      relu{&op_named("relu"), {}, {6}};
  for (int64_t k : {31, 300})
    for (int64_t m : {64, 270})
      for (int t = 0; t < 4; ++t)
        check({f32(matrix_shape(m, k, t & 1)), f32(matrix_shape(k, 70, t & 2)), f32({m}), f32({m, 70})},
              {product({(t & 1) != 0, (t & 2) != 0, 0}), by_row, sum, relu});
}

TEST_P(SimdMatmul, OneExampleByWeightsThatStayPacked) {
  for (int64_t m : {1, 3})
    for (int64_t n : {1, 3, 17, 31, 64, 120, 257})
      for (int64_t k : {1, 3, 31, 400, 1100}) {
        const std::vector<TensorType> types{f32({m, k}), f32({n, k}), f32({n})};
        for (const char* activation : {"relu", "tanh"}) {
          if (k > 31 && activation == std::string("tanh")) continue;  // near 1, where only the sums' errors are left
          const std::vector<Step> steps{product({false, true, 0}),
                                        {&op_named("bias_add"), BiasAddAttributes{1}, {3, 2}},
                                        {&op_named(activation), {}, {4}}};
          const Tensor kept = check(types, steps, {.keeps_packs = true});
          EXPECT_TRUE(same_bits(kept, check(types, steps))) << m << " x " << n << " x " << k;
        }
      }
}

TEST_P(SimdMatmul, LongSumsOfFewColumns) {
  // Scalar products from 256 steps on with 16 lanes: all tails of rows, columns and steps, a bias and a sum behind them
  // (a relu would hide how large the sums are).
  for (int64_t n : {1, 2, 5, 6, 7, 10, 11, 12, 13})
    for (int64_t k : {255, 256, 300})
      for (int64_t m : {1, 4, 5, 13}) {
        const Step by_row{&op_named("bias_add"), BiasAddAttributes{0}, {4, 2}}, sum{&op_named("add"), {}, {5, 3}};
        for (int t = 0; t < 4; ++t)
          check({f32(matrix_shape(m, k, t & 1)), f32(matrix_shape(k, n, t & 2)), f32({m}), f32({m, n})},
                {product({(t & 1) != 0, (t & 2) != 0, 0}), by_row, sum});
      }
  const std::vector<TensorType> both{f32({300, 37}), f32({10, 300})};
  EXPECT_TRUE(same_bits(check(both, {product({true, true, 0})}),
                        check(both, {product({true, true, 0})}, {.keeps_packs = true})));
  for (bool tb : {false, true}) {
    // Packed once for all slices, or by each call: the same bits.
    const std::vector<TensorType> types{f32({37, 300}), f32(matrix_shape(300, 10, tb))};
    const Tensor whole = check(types, {product({false, tb, 0})});
    EXPECT_TRUE(same_bits(whole, check(types, {product({false, tb, 0})}, {0, 5, 1})));
    check({f32({4, 9, 300}), f32(tb ? Shape{4, 10, 300} : Shape{4, 300, 10})}, {product({false, tb, 1})}, {0, 3, 2});
    const Step gate{&op_named("relu_backward"), {}, {}};
    for (bool second : {false, true})
      for (bool ta : {false, true})
        check(gated_types(matrix_shape(23, 300, ta), matrix_shape(300, 10, tb), second),
              behind_gate(gate, {ta, tb, 0}, second));
  }
}

TEST_P(SimdMatmul, FewColumnsOfATransposedFactor) {
  for (int64_t n : {1, 2, 3, 5, 10, 12})
    for (bool tb : {false, true}) {
      check({f32({37, 600}), f32(matrix_shape(37, n, tb))}, {product({true, tb, 0})});
      check({f32({7, 9, 600}), f32(tb ? Shape{7, n, 9} : Shape{7, 9, n})}, {product({true, tb, 1})}, {0, 3, 2});
    }
}

TEST_P(SimdMatmul, FewRowsByRowsThatCrossLines) {
  // Whole vectors of rows from 64 steps on, computed as their transpose: several parts of columns and blocks of k, what
  // follows, what is added to, and slices whose rows are no whole vectors.
  const Step sigmoid{&op_named("sigmoid"), {}, {2}};
  for (int64_t m : {16, 48, 64, 128})
    for (int64_t n : {17, 100, 196})
      for (int64_t k : {63, 64, 300})
        for (bool ta : {false, true}) check({f32(matrix_shape(m, k, ta)), f32({k, n})}, {product({ta, false, 0})});
  check({f32({64, 1100}), f32({1100, 530})}, {product()});
  check({f32({32, 70}), f32({70, 1030})}, {product(), sigmoid});
  check({f32({4, 64, 70}), f32({4, 70, 530})}, {product({false, false, 1})}, {0, 3, 2});
  const std::vector<TensorType> types{f32({64, 1100}), f32({1100, 196})};
  EXPECT_TRUE(same_bits(check(types, {product()}), check(types, {product()}, {0, 3})));
}

TEST_P(SimdMatmul, WeightGradientsOfLongSums) {
  // A transposed factor where it stands, more tiles than are fetched together, each number of tiles behind them.
  for (int64_t m : {120, 200, 230})
    for (int64_t n : {130, 200}) check({f32({1100, m}), f32({1100, n})}, {product({true, false, 0})});
}

TEST_P(SimdMatmul, RandomShapes) {
  uint64_t state = 7;
  const auto draw = [&](int64_t most) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return int64_t(state >> 33) % most + 1;
  };
  for (int i = 0; i < 60; ++i) {
    const int64_t m = draw(90), n = draw(200), k = draw(150);
    const bool ta = draw(2) == 1, tb = draw(2) == 1;
    check({f32(matrix_shape(m, k, ta)), f32(matrix_shape(k, n, tb))}, {product({ta, tb, 0})});
  }
}

TEST_P(SimdMatmul, BatchesThatBroadcastAndContract) {
  for (int t = 0; t < 4; ++t)
    for (int64_t contracted : {0, 1, 2}) {
      const bool ta = t & 1, tb = t & 2;
      const auto batched = [](Shape batch, const Shape& last) {
        batch.push_back(last[0]);
        batch.push_back(last[1]);
        return f32(batch);
      };
      const Shape a = matrix_shape(3, 5, ta), b = matrix_shape(5, 4, tb);
      for (const auto& [x, y] : std::vector<std::pair<Shape, Shape>>{{{2, 3}, {2, 3}},
                                                                     {{2, 1}, {1, 3}},
                                                                     {{2, 3}, {3}},
                                                                     {{2, 3}, {}},
                                                                     {{}, {2, 3}},
                                                                     {{1, 1}, {2, 3}},
                                                                     {{0, 3}, {0, 3}},
                                                                     {{2, 0}, {2, 0}}})
        check({batched(x, a), batched(y, b)}, {product({ta, tb, contracted})});
    }
}

TEST_P(SimdMatmul, EmptyExtents) {
  const std::vector<Step> steps{
      product(), {&op_named("bias_add"), BiasAddAttributes{1}, {3, 2}}, {&op_named("relu"), {}, {4}}};
  for (const auto& [m, n, k] : std::vector<std::array<int64_t, 3>>{{0, 4, 5}, {3, 0, 5}, {3, 4, 0}, {0, 0, 0}})
    check({f32({m, k}), f32({k, n}), f32({n})}, steps);
}

TEST_P(SimdMatmul, BiasAndActivationsOnTheWayOut) {
  for (const char* activation : {"relu", "sigmoid", "tanh"}) {
    const Step last{&op_named(activation), {}, {4}};
    for (const Cut cut : {Cut{}, Cut{0, 3, 1}})  // 37 rows at once, and 13, 13 and 11
      check({f32({37, 5}), f32({5, 49}), f32({49})},
            {product(), {&op_named("bias_add"), BiasAddAttributes{-1}, {3, 2}}, last}, cut);
    check({f32({6, 5}), f32({5, 8})}, {product(), {&op_named(activation), {}, {2}}});
    // A lowered convolution: filters times the windows of each example, the bias by channel.
    check({f32({3, 10}), f32({5, 10, 8}), f32({3})},
          {product(),
           {&op_named("reshape"), ReshapeAttributes{{5, 3, 2, 4}}, {3}},
           {&op_named("bias_add"), BiasAddAttributes{1}, {4, 2}},
           {&op_named(activation), {}, {5}}},
          {1, 2, 1});
  }
}

TEST_P(SimdMatmul, ABiasAlongAnyAxis) {
  const int64_t extents[] = {2, 3, 4, 6};
  for (int64_t axis = 0; axis < 4; ++axis)
    for (const char* activation : {"relu", "tanh"})
      check({f32({2, 3, 4, 5}), f32({2, 3, 5, 6}), f32({extents[axis]})},
            {product(), {&op_named("bias_add"), BiasAddAttributes{axis}, {3, 2}}, {&op_named(activation), {}, {4}}});
  check({f32({7, 4, 5}), f32({5, 6}), f32({7})}, {product(), {&op_named("bias_add"), BiasAddAttributes{0}, {3, 2}}},
        {0, 3, 1});
  check({f32({7, 5}), f32({9, 5}), f32({7})},
        {product({false, true, 0}), {&op_named("bias_add"), BiasAddAttributes{0}, {3, 2}}}, {1, 2, 1});
}

TEST_P(SimdMatmul, PartialSumsInLanes) {
  for (size_t lanes : {1, 2, 3}) {
    const Cut cut{0, 4, lanes};
    check({f32({47, 35}), f32({47, 44})}, {product({true, false, 0})}, cut);  // over k
    check({f32({7, 13, 5}), f32({7, 24, 5})}, {product({false, true, 1})}, cut);
    check({f32({7, 5, 3}), f32({7, 5, 4})}, {product({true, false, 1})}, cut);
  }
}

/// Operations of each element whose results say no more of their operand's error than it has: no division, logarithm or
/// exponential of a sum, no sign.
std::vector<const OpDef*> gentle_operations(size_t operands) {
  std::vector<const OpDef*> ops;
  for (const OpDef* op : all_ops()) {
    const std::string name(op->name);
    const bool steep = name == "exp" || name == "log" || name == "sqrt" || name == "rsqrt" || name == "sign" ||
                       name == "div" || name == "bias_add";
    if (simd::is_elementwise(name) && !steep && op->samples[0].inputs.size() == operands) ops.push_back(op);
  }
  return ops;
}

TEST_P(SimdMatmul, ActivationsOfEveryKindOnTheWayOut) {
  const std::vector<const OpDef*> ops = gentle_operations(1);
  EXPECT_GE(ops.size(), 12u);
  int64_t i = 0;
  for (const OpDef* op : ops)
    for (const Sample& sample : op->samples) {
      const int64_t m = 1 + 13 * ++i % 61, n = 1 + 29 * i % 139,
                    k = 1 + 7 * i % 19;  // results of the size of 1, as the functions'
      const Step last{op, sample.attributes, {2}}, biased{op, sample.attributes, {4}};
      check({f32({m, k}), f32({k, n})}, {product(), last}, {0, std::min<int64_t>(m, 3), 1});
      check({f32({m, k}), f32({n, k}), f32({n})},
            {product({false, true, 0}), {&op_named("bias_add"), BiasAddAttributes{1}, {3, 2}}, biased});
    }
}

TEST_P(SimdMatmul, ResidualsScalesAndGradientsOfActivationsOnTheWayOut) {
  const std::vector<const OpDef*> ops = gentle_operations(2);
  EXPECT_GE(ops.size(), 13u);
  int64_t i = 0;
  for (const OpDef* op : ops)
    for (const Sample& sample : op->samples) {
      const int64_t m = 1 + 11 * ++i % 59, n = 1 + 31 * i % 141, k = 1 + 5 * i % 17;
      check({f32(matrix_shape(m, k, i % 2)), f32(matrix_shape(k, n, i % 4 / 2)), f32({m, n})},
            {product({i % 2 != 0, i % 4 / 2 != 0, 0}), {op, sample.attributes, {3, 2}}});
      // Sliced, the other operand with the product's: here the product's own first factor.
      check({f32({m, k}), f32({k, k})}, {product(), {op, sample.attributes, {2, 0}}}, {0, std::min<int64_t>(m, 4), 1});
    }
  for (const char* name : {"sub", "minimum", "add", "mul"})
    check({f32({17, 31}), f32({31, 35}), f32({17, 35})}, {product(), {&op_named(name), {}, {2, 3}}});
}

TEST_P(SimdMatmul, GradientsOfActivationsOnTheWayIn) {
  constexpr int64_t extents[] = {1, 3, 17, 31, 140};
  int64_t i = 0, kinds = 0;
  for (const OpDef* op : gentle_operations(2)) {
    if (!op->name.ends_with("_backward")) continue;
    ++kinds;
    for (const Sample& sample : op->samples)
      for (int t = 0; t < 8; ++t) {
        const int64_t m = extents[++i % 5], n = extents[i / 5 % 5], k = extents[i / 3 % 4];
        const bool ta = t & 1, tb = t & 2, second = t & 4;
        check(gated_types(matrix_shape(m, k, ta), matrix_shape(k, n, tb), second),
              behind_gate({op, sample.attributes, {}}, {ta, tb, 0}, second));
      }
  }
  EXPECT_GE(kinds, 9);
}

TEST_P(SimdMatmul, AGateOnTheWayInOfEveryTailAndBlock) {
  const Step gate{&op_named("relu_backward"), {}, {}};
  const auto both = [&](int64_t m, int64_t n, int64_t k) {
    for (int t = 0; t < 8; ++t)
      check(gated_types(matrix_shape(m, k, t & 1), matrix_shape(k, n, t & 2), t & 4),
            behind_gate(gate, {(t & 1) != 0, (t & 2) != 0, 0}, t & 4));
  };
  for (int64_t m : {1, 3, 17, 31})
    for (int64_t n : {1, 3, 17, 31})
      for (int64_t k : {1, 3, 17, 31}) both(m, n, k);
  both(70, 300, 1100);
  both(20, 1300, 600);
  both(1100, 3, 40);  // few columns of a transposed factor, in blocks of rows
  both(4, 5, 0);
}

TEST_P(SimdMatmul, AGateOnTheWayInOfBatchesSlicesAndChains) {
  const Step silu{&op_named("silu_backward"), {}, {}};
  for (const bool second : {false, true}) {
    check(gated_types({2, 3, 17, 5}, {2, 3, 5, 31}, second), behind_gate(silu, {}, second));
    check(gated_types({2, 1, 17, 5}, {3, 5, 31}, second), behind_gate(silu, {}, second));
    check(gated_types({4, 5, 17}, {4, 31, 5}, second), behind_gate(silu, {true, true, 1}, second));
    // A dense layer's backward: the gradient of its weights in lanes, over examples.
    check(gated_types({47, 35}, {47, 44}, second), behind_gate(silu, {true, false, 0}, second), {1, 4, 2});
  }
  check({f32({37, 20}), f32({37, 20}), f32({45, 20}), f32({37, 45})},
        {{silu.op, {}, {0, 1}},
         {&op_named("matmul"), MatmulAttributes{false, true, 0}, {4, 2}},
         {&op_named("relu_backward"), {}, {5, 3}}},
        {0, 3, 1});
}

TEST_P(SimdMatmul, SaysHowOftenAGateIsExecuted) {
  const auto offered = [](const Chain& chain, bool bfloat16) {
    OfferContext context{this_cpu(), ""};
    context.bfloat16 = bfloat16;
    return backend_named("simd").offer(chain.group(even_slices(1, 1)[0]), context);
  };
  const simd::GemmBlocks blocks = simd::gemm<float>().blocks(this_cpu());
  const int64_t n = blocks.n + 1, k = 7, many = blocks.m * blocks.k;
  const bool left_stays = GetParam() == "avx512" || GetParam() == "neon";
  const auto times_of_a = [&](int64_t m) { return left_stays && m < many / 64 ? 1 : 2; };
  const Step gate{&op_named("relu_backward"), {}, {}};
  for (const bool second : {false, true}) {
    const Chain chain = make_chain(gated_types({5, k}, {k, n}, second), behind_gate(gate, {}, second));
    OfferResult result = offered(chain, false);
    const Offer& offer = std::get<Offer>(result);
    EXPECT_EQ(offer.name, "relu_backward+matmul");
    EXPECT_NE(offer.reason.find("made while it is packed"), std::string::npos) << offer.reason;
    EXPECT_EQ(offer.executed.tally.cmp, second ? k * n : times_of_a(5) * 5 * k)
        << "the left factor once for each block of columns, or once where it stays packed";
    EXPECT_GE(offer.executed.tally.mul, 5 * n * k);
    OfferResult rounded = offered(chain, true);
    EXPECT_NE(std::get<Refusal>(rounded).reason.find("bfloat16: "), std::string::npos);
  }
  const Chain tall = make_chain(gated_types({many, k}, {k, n}, false), behind_gate(gate, {}, false));
  OfferResult often = offered(tall, false);
  EXPECT_EQ(std::get<Offer>(often).executed.tally.cmp, 2 * many * k) << "too much to stay packed";
  // What is turned reads the right factor once for each 512 of the result's rows.
  const Chain turned = make_chain(gated_types({k, 1100}, {k, 1}, true), behind_gate(gate, {true, false, 0}, true));
  OfferResult result = offered(turned, false);
  EXPECT_EQ(std::get<Offer>(result).executed.tally.cmp, simd::gemm<float>().lanes > 1 ? 3 * k : k);
}

TEST_P(SimdMatmul, RefusesAGateThatItCannotTake) {
  const auto reason = [](const Chain& chain) {
    const OfferResult result = backend_named("simd").offer(chain.group(even_slices(1, 1)[0]), {this_cpu(), ""});
    return std::holds_alternative<Refusal>(result) ? std::get<Refusal>(result).reason : "taken";
  };
  const std::vector<TensorType> square = {f32({3, 3}), f32({3, 3}), f32({3, 3})};
  const auto starts = [&](const Chain& chain, const char* text) {
    EXPECT_EQ(reason(chain).rfind(text, 0), 0u) << reason(chain);
  };
  const OpDef& gate = op_named("relu_backward");
  starts(make_chain({f32({3, 3}), f32({3}), f32({3, 3})}, {{&op_named("mul"), {}, {0, 1}}, product_of({3, 2})}),
         "mul with an operand of another type");
  EXPECT_NE(reason(make_chain(square, {{&gate, {}, {0, 1}}, product_of({3, 3})})).find("relu_backward of both factors"),
            std::string::npos);
  starts(make_chain(square, {{&op_named("tanh"), {}, {0}}, product_of({3, 2})}), "tanh before the product");
}

TEST_P(SimdMatmul, ANumberFollowsAsOneElement) {
  for (const char* name : {"mul", "add", "sub", "maximum"})
    for (const Shape& one : {Shape{}, {1}, {1, 1}}) {
      check({f32({17, 31}), f32({31, 35}), f32(one)}, {product(), {&op_named(name), {}, {3, 2}}}, {0, 3, 1});
      check({f32({17, 31}), f32({31, 35}), f32(one)}, {product(), {&op_named(name), {}, {2, 3}}});
    }
}

TEST_P(SimdMatmul, SeveralOperationsFollow) {
  const Step scale{&op_named("mul"), {}, {5, 2}};
  // scores / sqrt(d) + mask, silu, gate; over a batch, in slices, and with a bias along an axis of its own.
  check({f32({2, 3, 17, 9}), f32({2, 3, 21, 9}), f32({1}), f32({2, 3, 17, 21}), f32({2, 3, 17, 21})},
        {product({false, true, 0}),
         scale,
         {&op_named("add"), {}, {6, 3}},
         {&op_named("silu"), {}, {7}},
         {&op_named("relu_backward"), {}, {8, 4}}});
  check({f32({7, 4, 5}), f32({5, 6}), f32({7, 4, 6}), f32({4})}, {product(),
                                                                  {&op_named("bias_add"), BiasAddAttributes{1}, {4, 3}},
                                                                  {&op_named("relu"), {}, {5}},
                                                                  {&op_named("add"), {}, {2, 6}}});
  // Behind a reshape; summed over a batch, which ends before what follows begins.
  check({f32({12, 5}), f32({5, 18}), f32({12, 2, 9})}, {product(),
                                                        {&op_named("reshape"), ReshapeAttributes{{12, 2, 9}}, {3}},
                                                        {&op_named("tanh_backward"), {}, {4, 2}}});
  check({f32({4, 37, 20}), f32({4, 20, 50}), f32({37, 50})},
        {product({false, false, 1}), {&op_named("add"), {}, {3, 2}}, {&op_named("silu"), {}, {4}}});
  // Blocks of the summed axis: what follows meets the whole sum.
  check({f32({70, 1100}), f32({1100, 300}), f32({70, 300})},
        {product(), {&op_named("add"), {}, {3, 2}}, {&op_named("elu"), EluAttributes{}, {4}}});
  check({f32({5, 0}), f32({0, 33}), f32({5, 33})}, {product(), {&op_named("sub"), {}, {2, 3}}});
}

TEST_P(SimdMatmul, SlicesOfRowsGiveTheBitsOfTheWhole) {
  const std::vector<TensorType> types{f32({61, 300}), f32({300, 77})};
  const Tensor whole = check(types, {product()}), parts = check(types, {product()}, {0, 5, 1});
  EXPECT_TRUE(same_bits(whole, parts));
}

TEST_P(SimdMatmul, KeepsNaNs) {
  const Chain chain = make_chain({f32({2, 3}), f32({3, 33})}, {product(), {&op_named("relu"), {}, {2}}});
  const std::vector<Slice> slices = even_slices(1, 1);
  std::vector<Tensor> inputs{filled(f32({2, 3}), {}, 1), filled(f32({3, 33}), {}, 2)};
  inputs[0].as<float>()[0] = NAN;
  OfferResult result = backend_named("simd").offer(chain.group(slices[0]), {this_cpu(), ""});
  const Tensor c = run_offer(backend_named("simd"), std::get<Offer>(result), chain, inputs, slices, 1, 0)[0];
  for (int64_t j = 0; j < 33; ++j) {
    EXPECT_TRUE(std::isnan(c.as<float>()[j]));
    EXPECT_FALSE(std::isnan(c.as<float>()[33 + j]));
  }
}

TEST_P(SimdMatmul, PacksASharedFactorOnce) {
  const auto packs = [](const Chain& chain) {
    OfferResult result = backend_named("simd").offer(chain.group(even_slices(chain.rows, 2)[0]), {this_cpu(), ""});
    return std::get<Offer>(result).packs.size();
  };
  EXPECT_EQ(packs(make_chain({f32({8, 5}), f32({5, 4})}, {product()}, 0)), 1u);
  EXPECT_EQ(packs(make_chain({f32({8, 5}), f32({5, 4})}, {product()})), 0u) << "one call gains nothing";
  EXPECT_EQ(packs(make_chain({f32({8, 5}), f32({8, 4})}, {product({true, false, 0})}, 0)), 0u) << "both are sliced";
}

TEST_P(SimdMatmul, SaysWhatItExecutes) {
  const Chain chain = make_chain({f32({17, 31}), f32({31, 10})}, {product(), {&op_named("relu"), {}, {2}}});
  OfferResult result = backend_named("simd").offer(chain.group(even_slices(1, 1)[0]), {this_cpu(), ""});
  const Offer& offer = std::get<Offer>(result);
  EXPECT_EQ(offer.name, "matmul+relu");
  EXPECT_NE(offer.reason.find(GetParam()), std::string::npos) << offer.reason;
  EXPECT_GE(offer.executed.tally.mul, 17 * 31 * 10);
  EXPECT_LE(offer.executed.tally.mul, 17 * 31 * 16) << "one vector of columns";
  EXPECT_EQ(offer.executed.tally.cmp, 170);
}

TEST_P(SimdMatmul, RefusesWithTheReason) {
  const auto reason = [](const Chain& chain) {
    const OfferResult result = backend_named("simd").offer(chain.group(even_slices(1, 1)[0]), {this_cpu(), ""});
    return std::holds_alternative<Refusal>(result) ? std::get<Refusal>(result).reason : "taken";
  };
  const std::vector<TensorType> square = {f32({3, 3}), f32({3, 3}), f32({3})};
  const Step relu{&op_named("relu"), {}, {3}};
  EXPECT_EQ(reason(make_chain({f32({3})}, {{&op_named("prod"), ReductionAttributes{}, {0}}})),
            "not an operation that it knows: prod");
  EXPECT_EQ(reason(make_chain({{DType::int32, {3, 3}}, {DType::int32, {3, 3}}}, {product()})), "dtype int32");
  EXPECT_EQ(reason(make_chain(square, {product(), {&op_named("add"), {}, {3, 2}}})),
            "add with an operand that is broadcast");
  EXPECT_EQ(reason(make_chain(square, {product(), relu, {&op_named("bias_add"), BiasAddAttributes{1}, {4, 2}}})),
            "bias_add behind other operations");
  const std::vector<TensorType> more = {f32({3, 3}), f32({3, 3}), f32({3, 3})};
  EXPECT_EQ(reason(make_chain(more, {product(), {&op_named("add"), {}, {3, 3}}})), "add of the result and itself");
  std::vector<Step> many{product()};
  for (int i = 0; i < 5; ++i) many.push_back({&op_named("add"), {}, {3 + i, 2}});
  EXPECT_EQ(reason(make_chain(more, many)), "more than 4 operations behind the product");
  EXPECT_EQ(reason(make_chain({f32({3, 1}), f32({1, 1}), f32({3, 3})}, {product(), {&op_named("add"), {}, {3, 2}}})),
            "add with a larger operand");
}

INSTANTIATE_TEST_SUITE_P(Targets, SimdMatmul, testing::ValuesIn(simd::available_targets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tacho
