#include "count/expr.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "base/random.h"
#include "count/node.h"

namespace tacho {
namespace {

Expr s(const char* name) { return Expr::symbol(name); }

std::string evaluation_error(const Expr& expr, const Bindings& bindings) {
  try {
    expr.evaluate(bindings);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

/// Random trees over five sizes, every kind of node among them.
class RandomTree {
 public:
  explicit RandomTree(uint64_t seed) : random_(seed) {}
  uint64_t below(uint64_t n) { return random_.below(next_++, n); }

  Expr tree(int depth) {
    static const char* kNames[] = {"N", "K", "C", "W", "i"};
    if (depth == 0) return below(3) == 0 ? Expr(int64_t(below(7)) - 3) : s(kNames[below(5)]);
    const Expr a = tree(depth - 1), b = tree(depth - 1);
    switch (below(10)) {
      case 0:
      case 1:
        return a + b;
      case 2:
      case 3:
        return a - b;
      case 4:
        return a * b;
      case 5:
        return floor_div(a, Expr(int64_t(below(5)) + 1));
      case 6:
        return below(2) ? ceil_div(a, Expr(int64_t(below(5)) + 1)) : floor_div(a, max(b, 1));
      case 7:
        return min(a, b);
      case 8:
        return below(2) ? max(a, b) : Expr::named("D", max(a, 0));
      default:
        return Expr::sum("i", min(a, 6), b);
    }
  }

 private:
  Random random_;
  uint64_t next_ = 0;
};

/// Its value, or nothing where it does not fit 64 bits on the way: simplification may pass through other values.
std::optional<int64_t> value_of(const Expr& expr, const Bindings& sizes) {
  try {
    return expr.evaluate(sizes);
  } catch (const Error&) {
    return std::nullopt;
  }
}

TEST(Expr, SimplifyKeepsTheValueOfRandomTrees) {
  int compared = 0;
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    RandomTree make(seed);
    const Expr expr = make.tree(1 + int(seed % 4));
    const Expr simple = simplify(expr);
    EXPECT_EQ(to_string(simple), to_string(expr)) << "seed " << seed;
    EXPECT_EQ(compare(simplify(simple).node(), simple.node()), 0) << "seed " << seed << ": " << to_string(expr);
    for (int trial = 0; trial < 4; ++trial) {
      Bindings sizes;
      for (const char* name : {"N", "K", "C", "W", "i"}) sizes.set(name, int64_t(make.below(6)));
      const auto expected = value_of(expr, sizes), got = value_of(simple, sizes);
      if (!expected || !got) continue;
      ++compared;
      EXPECT_EQ(*got, *expected) << "seed " << seed << ": " << to_string(expr);
    }
  }
  EXPECT_GT(compared, 11000);
}

TEST(Expr, EqualPolynomialsPrintAlike) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    RandomTree make(seed);
    const Expr a = make.tree(2), b = make.tree(2), c = make.tree(2);
    EXPECT_EQ(to_string(a + b), to_string(b + a));
    EXPECT_EQ(to_string((a + b) + c), to_string(a + (b + c)));
    EXPECT_EQ(to_string(a * b), to_string(b * a));
    EXPECT_EQ(to_string((a * b) * c), to_string(a * (b * c)));
    EXPECT_EQ(to_string(a * (b - c)), to_string(a * b - a * c));
    EXPECT_EQ(to_string(max(a, b)), to_string(max(b, a)));
    EXPECT_TRUE((a - a).is_zero());
  }
}

TEST(Expr, DivisionRoundsAsNamedForAllSigns) {
  for (int64_t a = -12; a <= 12; ++a)
    for (int64_t b = -5; b <= 5; ++b) {
      if (b == 0) continue;
      const int64_t floor = floor_div(Expr(a), b).evaluate({}), ceil = ceil_div(Expr(a), b).evaluate({});
      EXPECT_TRUE(b > 0 ? floor * b <= a && a < (floor + 1) * b : floor * b >= a && a > (floor + 1) * b)
          << a << "/" << b;
      EXPECT_EQ(ceil, a % b == 0 ? floor : floor + 1) << a << "/" << b;
    }
}

TEST(Expr, ErrorsSayWhatIsWrong) {
  const int64_t most = std::numeric_limits<int64_t>::max(), least = std::numeric_limits<int64_t>::min();
  const Expr n = s("N");
  EXPECT_EQ(evaluation_error(n * s("OH"), {{"N", 3}, {"C", 4}}), "symbol 'OH' has no value; bound are: N, C");
  EXPECT_EQ(evaluation_error(n, {}), "symbol 'N' has no value; bound are: none");
  EXPECT_EQ(evaluation_error(floor_div(7, n), {{"N", 0}}), "division by zero in a count: floor(7/0)");
  EXPECT_EQ(evaluation_error(ceil_div(7, n), {{"N", 0}}), "division by zero in a count: ceil(7/0)");
  EXPECT_EQ(evaluation_error(n * n, {{"N", int64_t{1} << 32}}),
            "count too large: 4294967296 * 4294967296 does not fit 64 bits");
  EXPECT_NE(evaluation_error(n + 1, {{"N", most}}), "no error");
  EXPECT_NE(evaluation_error(0 - n - 2, {{"N", most}}), "no error");
  EXPECT_NE(evaluation_error(Expr(most) + 1, {}), "no error");
  EXPECT_NE(evaluation_error(floor_div(Expr(least), -1), {}), "no error");
  EXPECT_NE(evaluation_error(Expr::sum("i", 3, n), {{"N", most / 2}}), "no error");
  EXPECT_EQ((n + 0).evaluate({{"N", most}}), most);
  EXPECT_EQ(evaluation_error(Expr::named("OH", n - 5), {{"N", 2}}), "expected a size OH of at least 0, got -3");
  EXPECT_THROW(simplify((n + most) + n + most), Error);
}

TEST(Bindings, DuplicatesMustAgree) {
  Bindings sizes{{"N", 3}};
  sizes.set("N", 3);
  EXPECT_THROW(sizes.set("N", 4), Error);
  EXPECT_THROW(sizes.set("C", -1), Error);
  EXPECT_EQ(sizes.get("N"), 3);
  EXPECT_EQ(sizes.get("C"), std::nullopt);
}

TEST(Expr, Constants) {
  const Expr n = s("N");
  EXPECT_TRUE(Expr().is_zero());
  EXPECT_TRUE((n * 0).is_zero());
  EXPECT_TRUE((2 * n - n - n).is_zero());
  EXPECT_FALSE(n.is_zero());
  EXPECT_EQ((n + 3 - n).constant(), 3);
  EXPECT_EQ(n.constant(), std::nullopt);
  EXPECT_EQ(min(max(n - n, 4), 9).constant(), 4);
}

TEST(Expr, SumsBindTheirIndexInside) {
  const Expr n = s("N"), i = s("i");
  const Expr triangle = Expr::sum("i", n, i + 1);
  EXPECT_EQ(triangle.evaluate({{"N", 10}}), 55);
  EXPECT_EQ(triangle.evaluate({{"N", 0}}), 0);
  EXPECT_EQ((triangle + i).evaluate({{"N", 10}, {"i", 1000}}), 1055);
  EXPECT_THROW((triangle + i).evaluate({{"N", 10}}), Error);
  // A sum within a sum, whose count is the outer index: 0 + 1 + 3 + 6.
  EXPECT_EQ(Expr::sum("j", n, Expr::sum("i", s("j"), i + 1)).evaluate({{"N", 4}}), 10);
  // The inner index hides the outer one.
  EXPECT_EQ(Expr::sum("i", 3, Expr::sum("i", 4, i)).evaluate({}), 18);
  EXPECT_EQ(to_string(Expr::sum("i", n, Expr::sum("i", s("C"), i))), "N*sum(i<C: i)");
  EXPECT_EQ(to_string(Expr::sum("i", n, s("C"))), "N*C");
  EXPECT_EQ(to_string(triangle), "sum(i<N: i + 1)");
}

TEST(Expr, ValidTapsOfAPaddedConvolutionAgreeWithBruteForce) {
  const Expr h = s("H"), kh = s("KH"), p = s("P"), stride = s("S"), d = s("D"), i = s("i");
  const Expr oh = Expr::named("OH", floor_div(h + 2 * p - d * (kh - 1) - 1, stride) + 1);
  const Expr last = min(oh - 1, floor_div(h - 1 + p - i * d, stride)), first = max(0, ceil_div(p - i * d, stride));
  const Expr taps = Expr::sum("i", kh, max(0, last - first + 1));
  int cases = 0;
  for (int64_t height = 1; height <= 7; ++height)
    for (int64_t k = 1; k <= 4; ++k)
      for (int64_t pad = 0; pad <= 4; ++pad)
        for (int64_t step = 1; step <= 3; ++step)
          for (int64_t dilation = 1; dilation <= 3; ++dilation) {
            const int64_t room = height + 2 * pad - dilation * (k - 1) - 1;
            if (room < 0) continue;
            int64_t inside = 0;
            for (int64_t y = 0; y < room / step + 1; ++y)
              for (int64_t tap = 0; tap < k; ++tap) {
                const int64_t row = y * step + tap * dilation - pad;
                inside += row >= 0 && row < height;
              }
            const Bindings sizes{{"H", height}, {"KH", k}, {"P", pad}, {"S", step}, {"D", dilation}};
            ASSERT_EQ(taps.evaluate(sizes), inside)
                << height << " " << k << " " << pad << " " << step << " " << dilation;
            ASSERT_EQ(simplify(taps).evaluate(sizes), inside);
            ++cases;
          }
  EXPECT_GT(cases, 800);
}

}  // namespace
}  // namespace tacho
