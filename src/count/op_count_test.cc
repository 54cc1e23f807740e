#include "count/op_count.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"

namespace tacho {
namespace {

TEST(OpCount, EvaluatesEveryKind) {
  const Expr n = Expr::symbol("N");
  const OpCount count{
      .mul = n, .add = n + 1, .div = n + 2, .cmp = n + 3, .transcendental = n + 4, .move = n + 5, .padding_mul = n + 6};
  EXPECT_EQ(evaluate(count, {{"N", 10}}), (Tally{10, 11, 12, 13, 14, 15, 16}));
  EXPECT_EQ(evaluate(OpCount{}, {}), Tally{});
  EXPECT_THROW(evaluate(count, {}), Error);
}

TEST(OpCount, TheListOfKindsIsComplete) {
  std::string names;
  int64_t total = 0;
  for_each_kind([&](const char* name, int64_t value) { names += std::string(name) + " ", total += value; },
                Tally{1, 2, 4, 8, 16, 32, 64});
  EXPECT_EQ(names, "mul add div cmp transcendental move padding_mul ");
  EXPECT_EQ(total, 127);
}

TEST(Tally, SumsAreChecked) {
  Tally sum{1, 2, 3, 4, 5, 6, 7};
  sum += {10, 20, 30, 40, 50, 60, 70};
  EXPECT_EQ(sum, (Tally{11, 22, 33, 44, 55, 66, 77}));
  const Tally before = sum;
  EXPECT_THROW((sum += {.mul = 1, .move = std::numeric_limits<int64_t>::max()}), Error);
  EXPECT_EQ(sum, before);
  EXPECT_THROW(work(Tally{.cmp = std::numeric_limits<int64_t>::max(), .move = 1}), Error);
  EXPECT_THROW(flop(Tally{.mul = std::numeric_limits<int64_t>::max(), .add = 1}), Error);
}

TEST(OpCount, WorkAndFlop) {
  EXPECT_EQ(work(Tally{10, 9, 1, 2, 3, 4, 5}), 20);
  EXPECT_EQ(work(Tally{9, 10, 1, 2, 3, 4, 5}), 20);
  EXPECT_EQ(flop(Tally{10, 9, 1, 2, 3, 4, 5}), 20);
}

TEST(OpCount, SymbolicWorkReadsLikeTheDocuments) {
  const Expr n = Expr::symbol("N"), k = Expr::symbol("K"), c = Expr::symbol("C");
  const OpCount product{.mul = n * k * c, .add = n * k * (c - 1)};
  EXPECT_EQ(to_string(work(product)), "N*K*C");
  const OpCount softmax{.add = n * (2 * c - 1), .div = n * c, .cmp = n * (c - 1), .transcendental = n * c};
  EXPECT_EQ(to_string(work(softmax)), "N*(5*C - 2)");
  EXPECT_EQ(big_o(work(softmax)), "O(N*C)");
  const Bindings sizes{{"N", 3}, {"K", 5}, {"C", 7}};
  for (const OpCount& count : {product, softmax}) EXPECT_EQ(work(count).evaluate(sizes), work(evaluate(count, sizes)));
}

// The anchor of architecture section 7, computed by hand there: simplenn-4, batch 128, convolution and fully connected
// products, forward. Images 28x28x1; convolutions 5x5 to 32, 3x3 to 64, 3x3 to 64, each with a pooling by two behind.
TEST(OpCount, ForwardProductsOfTheReferenceExperiment) {
  const auto s = [](const char* name) { return Expr::symbol(name); };
  const Expr i = s("i");
  const auto taps = [&](const Expr& size, const Expr& filter) {
    return Expr::sum("i", filter, min(size - 1, size - 1 + s("P") - i) - max(0, s("P") - i) + 1);
  };
  const Expr all = s("N") * s("K") * s("C") * s("F") * s("F") * s("H") * s("H");
  const OpCount convolution{
      .mul = all, .padding_mul = all - s("N") * s("K") * s("C") * taps(s("H"), s("F")) * taps(s("H"), s("F"))};
  const auto layer = [&](int64_t size, int64_t filter, int64_t in, int64_t out) {
    return evaluate(convolution, {{"N", 128}, {"H", size}, {"F", filter}, {"P", filter / 2}, {"C", in}, {"K", out}});
  };
  Tally total;
  for (const Tally& tally : {layer(28, 5, 1, 32), layer(14, 3, 32, 64), layer(7, 3, 64, 64)}) total += tally;
  total += evaluate({.mul = s("N") * s("C") * s("K")}, {{"N", 128}, {"C", 3 * 3 * 64}, {"K", 10}});
  EXPECT_EQ(total.padding_mul, 91'668'480);
  EXPECT_EQ(total.mul, 774'651'904);
}

}  // namespace
}  // namespace tacho
