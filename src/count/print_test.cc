// Goldens of the printed forms: text, LaTeX, O(), legends.
#include <gtest/gtest.h>

#include <limits>

#include "count/expr.h"

namespace tacho::print_test {  // of its own: short names of symbols
namespace {

const Expr n = Expr::symbol("N"), k = Expr::symbol("K"), c = Expr::symbol("C"), kh = Expr::symbol("KH"),
           kw = Expr::symbol("KW"), h = Expr::symbol("H"), w = Expr::symbol("W"), p = Expr::symbol("P"),
           stride = Expr::symbol("S"), i = Expr::symbol("i");
const Expr oh = Expr::named("OH", floor_div(h + 2 * p - kh, stride) + 1);
const Expr ow = Expr::named("OW", floor_div(w + 2 * p - kw, stride) + 1);

TEST(Print, Text) {
  EXPECT_EQ(to_string(ow * kw * oh * kh * c * k * n), "N*K*C*KH*KW*OH*OW");
  EXPECT_EQ(to_string(n * k * oh * ow * (c * kh * kw - 1)), "N*K*OH*OW*(C*KH*KW - 1)");
  EXPECT_EQ(to_string(n * oh * k * c * kh * kw * ow - ow * oh * n * k), "N*K*OH*OW*(C*KH*KW - 1)");
  EXPECT_EQ(to_string(Expr()), "0");
  EXPECT_EQ(to_string(-7), "-7");
  EXPECT_EQ(to_string(0 - n), "-N");
  EXPECT_EQ(to_string(0 - n - k), "-N - K");
  EXPECT_EQ(to_string(1 - n), "1 - N");
  EXPECT_EQ(to_string(n + n), "2*N");
  EXPECT_EQ(to_string(2 * n * c - n), "N*(2*C - 1)");
  EXPECT_EQ(to_string(4 * n * n * k + 2 * n * k * k), "2*N*K*(2*N + K)");
  EXPECT_EQ(to_string((n + 1) * (n + 1)), "N^2 + 2*N + 1");
  EXPECT_EQ(to_string(h + 2 * p - kh), "H + 2*P - KH");
  EXPECT_EQ(to_string(std::numeric_limits<int64_t>::min() + n), "N - 9223372036854775808");
}

TEST(Print, Functions) {
  EXPECT_EQ(to_string(floor_div(h + 2 * p - kh, stride) + 1), "floor((H + 2*P - KH)/S) + 1");
  EXPECT_EQ(to_string(ceil_div(n * k, 2 * c)), "ceil(N*K/(2*C))");
  EXPECT_EQ(to_string(floor_div(4 * n + 8, 4)), "N + 2");
  EXPECT_EQ(to_string(floor_div(4 * n + 7, 4)), "floor((4*N + 7)/4)");
  EXPECT_EQ(to_string(n * min(c, k)), "N*min(K, C)");
  EXPECT_EQ(to_string(max(c - 3, k)), "max(K, C - 3)");
  EXPECT_EQ(to_string(c * Expr::sum("i", kh, max(0, h - i))), "C*sum(i<KH: max(0, H - i))");
}

TEST(Print, KnownSignsDecideMinAndMax) {
  EXPECT_EQ(to_string(max(n * k * c, n * k * (c - 1))), "N*K*C");
  EXPECT_EQ(to_string(min(n * k * c, n * k * (c - 1))), "N*K*(C - 1)");
  EXPECT_EQ(to_string(max(0, n)), "N");
  EXPECT_EQ(to_string(max(0, n - 1)), "max(0, N - 1)");
}

TEST(Print, Latex) {
  EXPECT_EQ(to_latex(n * k * oh * ow * (c * kh * kw - 1)),
            "N \\cdot K \\cdot \\mathit{OH} \\cdot \\mathit{OW} \\cdot "
            "\\left(C \\cdot \\mathit{KH} \\cdot \\mathit{KW} - 1\\right)");
  EXPECT_EQ(to_latex(floor_div(h - 1, stride)), "\\left\\lfloor \\frac{H - 1}{S} \\right\\rfloor");
  EXPECT_EQ(to_latex(n * n), "N^{2}");
  EXPECT_EQ(to_latex(Expr::sum("i", n, i)), "\\left(\\sum_{i=0}^{N - 1} i\\right)");
  EXPECT_EQ(to_latex(max(n, k)), "\\max\\left(N, K\\right)");
  EXPECT_EQ(to_latex(Expr::symbol("d_in")), "\\mathit{d\\_in}");
}

TEST(Print, DefinitionsAreTheLegendInnermostFirst) {
  const Expr half = Expr::named("HH", floor_div(oh, 2));
  const auto legend = definitions(n * half * ow + oh - oh);
  ASSERT_EQ(legend.size(), 3u);
  EXPECT_EQ(legend[0].first, "OW");
  EXPECT_EQ(legend[1].first, "OH");
  EXPECT_EQ(legend[2].first, "HH");
  EXPECT_EQ(to_string(legend[1].second), "floor((H + 2*P - KH)/S) + 1");
  EXPECT_EQ(to_string(legend[2].second), "floor(OH/2)");
  EXPECT_TRUE(definitions(n + oh - oh).empty());
  // The same derived size, written twice.
  EXPECT_EQ(definitions(oh * Expr::named("OH", 1 + floor_div(2 * p + h - kh, stride))).size(), 1u);
}

TEST(BigO, Operations) {
  EXPECT_EQ(big_o(n * k * oh * ow * c * kh * kw), "O(N*K*C*KH*KW*OH*OW)");
  EXPECT_EQ(big_o(n * k * oh * ow * (c * kh * kw - 1)), "O(N*K*C*KH*KW*OH*OW)");
  EXPECT_EQ(big_o(n * c * oh * ow * (kh * kw - 1)), "O(N*C*KH*KW*OH*OW)");  // max pooling
  EXPECT_EQ(big_o(c * (n * h * w - 1) + c), "O(N*C*H*W)");                  // mean over images and pixels
  EXPECT_EQ(big_o(n * (2 * c - 1) + n), "O(N*C)");                          // softmax
  EXPECT_EQ(big_o(n * c * h * w + 5 * k + 3), "O(N*C*H*W + K)");
  EXPECT_EQ(big_o(Expr::symbol("m") * Expr::symbol("n") * (k - 1)), "O(K*m*n)");
}

TEST(BigO, ConstantsAndDominatedTerms) {
  EXPECT_EQ(big_o(0), "O(1)");
  EXPECT_EQ(big_o(42), "O(1)");
  EXPECT_EQ(big_o(0 - n), "O(1)");
  EXPECT_EQ(big_o(3 * n * n + 100 * n + 7), "O(N^2)");
  EXPECT_EQ(big_o(n * n * k + n * k * k + n * k), "O(N^2*K + N*K^2)");
}

TEST(BigO, Functions) {
  EXPECT_EQ(big_o(floor_div(n, 2)), "O(N)");
  EXPECT_EQ(big_o(n * ceil_div(h, 2) * ceil_div(w, 2)), "O(N*H*W)");
  EXPECT_EQ(big_o(floor_div(h + 3, stride)), "O(floor(H/S))");
  EXPECT_EQ(big_o(max(n - 4, 3 * k)), "O(N + K)");
  EXPECT_EQ(big_o(max(n, k - 1) * c), "O(N*C + K*C)");
  EXPECT_EQ(big_o(min(n, 6)), "O(1)");
  EXPECT_EQ(big_o(c * min(2 * n, k + 1)), "O(C*min(N, K))");
  EXPECT_EQ(big_o(min(2 * n, n * k + 5)), "O(N)");
  EXPECT_EQ(big_o(Expr::sum("i", n, max(0, c - i))), "O(N*C)");
  EXPECT_EQ(big_o(Expr::sum("i", n, i + 1)), "O(N^2)");
}

}  // namespace
}  // namespace tacho::print_test
