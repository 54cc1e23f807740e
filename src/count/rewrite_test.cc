#include "count/rewrite.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace tacho::rewrite_test {  // of its own: short names of symbols
namespace {

const Expr n = Expr::symbol("N"), k = Expr::symbol("K"), c = Expr::symbol("C"), h = Expr::symbol("H");
const Expr oh = Expr::named("OH", h - 2);

TEST(Rewrite, SubstitutesSymbolsAndDerivedSizes) {
  const Expr count = n * oh * (c * k - 1);
  const std::map<std::string, Expr> letters{{"N", Expr::symbol("l")}, {"OH", Expr::symbol("a_conv")}, {"K", 3}};
  EXPECT_EQ(to_string(substitute(count, letters)), "l*a_conv*(3*C - 1)");
  // A derived size that stays is defined by the replaced symbols.
  const Expr kept = substitute(oh, {{"H", Expr::symbol("a") + 1}});
  EXPECT_EQ(to_string(kept), "OH");
  EXPECT_EQ(kept.evaluate({{"a", 7}}), 6);
}

TEST(Rewrite, TheIndexOfASumIsNoSize) {
  const Expr sum = Expr::sum("i", n, Expr::symbol("i") * k);
  const Expr replaced = substitute(sum, {{"i", 100}, {"K", 2}, {"N", 4}});
  EXPECT_EQ(replaced.evaluate({}), 2 * (0 + 1 + 2 + 3));
}

TEST(Rewrite, DecidesMaximaAndExactDivisionsAtTheSizes) {
  const Expr g = Expr::symbol("g"), count = max(n * k - 1, 0) * floor_div(c, g) + min(n, k);
  Bindings sizes{{"N", 2}, {"K", 5}, {"C", 12}, {"g", 4}};
  const int64_t value = count.evaluate(sizes);
  const Expr decided = decided_at(count, sizes);
  EXPECT_EQ(to_string(decided), "N*K*C/g + N - C/g");
  EXPECT_EQ(sizes.get("C/g"), 3);
  EXPECT_EQ(decided.evaluate(sizes), value);
  Bindings odd{{"C", 13}, {"g", 4}};
  EXPECT_EQ(to_string(decided_at(floor_div(c, g), odd)), "floor(C/g)") << "not exact";
  EXPECT_EQ(odd.get("C/g"), std::nullopt);
  Bindings none{{"N", 0}, {"K", 5}};
  EXPECT_EQ(decided_at(max(n * k - 1, 0), none).evaluate(none), 0);
}

TEST(Rewrite, ASumWhoseTermsAreDecidedAlikeIsAProduct) {
  const Expr i = Expr::symbol("i");
  const Expr sum = Expr::sum("i", k, max(0, min(n, floor_div(c - i, k) + 1)));
  Bindings even{{"N", 4}, {"K", 2}, {"C", 7}};  // floor((7 - i) / 2) + 1 is 4 for both taps
  EXPECT_EQ(to_string(decided_at(sum, even)), "N*K");
  Bindings uneven{{"N", 4}, {"K", 2}, {"C", 6}};  // 4 and 3
  EXPECT_EQ(decided_at(sum, uneven).evaluate(uneven), sum.evaluate(uneven));
  EXPECT_NE(to_string(decided_at(sum, uneven)), "N*K");
}

TEST(Rewrite, StylesWriteTheSameExpressionWithNumbersPutIn) {
  const Expr count = n * k * (c * c - 1);
  const std::map<std::string, std::string> numbers{{"N", "128"}, {"K", "64"}, {"C", "3"}};
  const ExprStyle style{[&](const std::string& name, int power) { return numbers.at(name) + (power == 2 ? "²" : ""); },
                        "·"};
  EXPECT_EQ(to_string(count, style), "128·64·(3² - 1)");
  EXPECT_EQ(to_string(count), "N*K*(C^2 - 1)");
  EXPECT_EQ(to_latex(count), "N \\cdot K \\cdot \\left(C^{2} - 1\\right)");
}

}  // namespace
}  // namespace tacho::rewrite_test
