// Text and LaTeX of an expression's normal form.
#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "count/expr.h"
#include "count/node.h"
#include "count/polynomial.h"
#include "count/rewrite.h"

namespace tacho {
namespace {

/// How tightly a piece of text holds together, which decides about parentheses.
enum class Binding { sum, product, atom };
struct Text {
  std::string text;
  Binding binding;
};

uint64_t magnitude(int64_t value) { return value < 0 ? 0 - uint64_t(value) : uint64_t(value); }

/// The factors that all terms share.
Monomial common_factors(const Polynomial& polynomial) {
  Monomial common;
  for (Factor factor : polynomial.begin()->first) {
    while (factor.power > 0 && !std::all_of(polynomial.begin(), polynomial.end(),
                                            [&](const auto& term) { return divides(Monomial{factor}, term.first); }))
      --factor.power;
    if (factor.power > 0) common.push_back(factor);
  }
  return common;
}

std::string powered(const std::string& text, int power, bool latex) {
  if (power == 1) return text;
  return text + (latex ? "^{" + std::to_string(power) + "}" : "^" + std::to_string(power));
}

class Printer {
 public:
  explicit Printer(ExprStyle style) : style_(std::move(style)) {}

  /// Common factors in front of a sum in parentheses.
  Text factored(const Polynomial& polynomial) const {
    if (polynomial.size() < 2) return expanded(polynomial);
    uint64_t divisor = 0;
    for (const auto& [monomial, coefficient] : polynomial) divisor = std::gcd(divisor, magnitude(coefficient));
    const Monomial common = common_factors(polynomial);
    const Text rest = sum_of(polynomial, common, divisor);
    if (divisor == 1 && common.empty()) return rest;
    return {product(divisor, common) + times() + parenthesised(rest.text), Binding::product};
  }

  Text expanded(const Polynomial& polynomial) const {
    if (polynomial.empty()) return {"0", Binding::atom};
    return sum_of(polynomial, {}, 1);
  }

 private:
  /// The terms, divided by what stands in front; a positive one comes first where there is one.
  Text sum_of(const Polynomial& polynomial, const Monomial& common, uint64_t divisor) const {
    std::vector<std::pair<bool, std::string>> terms;  // whether negative, and the rest
    int degree_of_last = -1;
    size_t first_of_degree = 0;
    for (const auto& [monomial, coefficient] : polynomial) {
      const int degree =
          std::accumulate(monomial.begin(), monomial.end(), 0, [](int n, const Factor& f) { return n + f.power; });
      if (degree != degree_of_last) degree_of_last = degree, first_of_degree = terms.size();
      // Within one degree the positive terms come first: H + 2*P - KH.
      size_t at = terms.size();
      if (coefficient > 0)
        while (at > first_of_degree && terms[at - 1].first) --at;
      terms.insert(terms.begin() + std::ptrdiff_t(at),
                   {coefficient < 0, product(magnitude(coefficient) / divisor, quotient(monomial, common))});
    }
    const auto positive = std::find_if(terms.begin(), terms.end(), [](const auto& term) { return !term.first; });
    if (positive != terms.end()) std::rotate(terms.begin(), positive, positive + 1);
    std::string text = terms[0].first ? "-" + terms[0].second : terms[0].second;
    for (size_t i = 1; i < terms.size(); ++i) text += (terms[i].first ? " - " : " + ") + terms[i].second;
    if (terms.size() > 1 || terms[0].first) return {text, Binding::sum};
    const auto& [monomial, coefficient] = *polynomial.begin();
    const bool single = monomial.empty() || (coefficient == 1 && monomial.size() == 1 && monomial[0].power == 1);
    return {text, single ? Binding::atom : Binding::product};
  }

  std::string product(uint64_t coefficient, const Monomial& monomial) const {
    std::string text = coefficient != 1 || monomial.empty() ? std::to_string(coefficient) : "";
    for (const Factor& factor : monomial) {
      if (!text.empty()) text += times();
      const ExprNode& node = factor.atom.node();
      const bool size = node.kind == ExprKind::symbol || node.kind == ExprKind::named;
      text += size ? style_.factor(node.name, factor.power) : powered(atom(node), factor.power, style_.latex);
    }
    return text;
  }

  std::string atom(const ExprNode& node) const {
    const Text a = factored(polynomial_of(node.first())), b = factored(polynomial_of(node.second()));
    switch (node.kind) {
      case ExprKind::floor_div:
        return division(a, b, "floor");
      case ExprKind::ceil_div:
        return division(a, b, "ceil");
      case ExprKind::min:
      case ExprKind::max: {
        const std::string function = node.kind == ExprKind::min ? "min" : "max";
        return (style_.latex ? "\\" + function : function) + parenthesised(a.text + ", " + b.text);
      }
      default:
        break;
    }
    TACHO_CHECK(node.kind == ExprKind::sum, "not an atom: ", int(node.kind));
    if (!style_.latex) return "sum(" + node.name + "<" + a.text + ": " + b.text + ")";
    const std::string last = factored(polynomial_of(node.first() - 1)).text;
    return parenthesised("\\sum_{" + style_.factor(node.name, 1) + "=0}^{" + last + "} " +
                         (b.binding == Binding::sum ? parenthesised(b.text) : b.text));
  }

  std::string division(const Text& a, const Text& b, const std::string& rounding) const {
    if (style_.latex) return "\\left\\l" + rounding + " \\frac{" + a.text + "}{" + b.text + "} \\right\\r" + rounding;
    return rounding + "(" + (a.binding == Binding::sum ? parenthesised(a.text) : a.text) + "/" +
           (b.binding == Binding::atom ? b.text : parenthesised(b.text)) + ")";
  }

  const std::string& times() const { return style_.times; }
  std::string parenthesised(const std::string& text) const {
    return style_.latex ? "\\left(" + text + "\\right)" : "(" + text + ")";
  }

  ExprStyle style_;
};

/// LaTeX sets a name of several letters as one word.
std::string latex_name(const std::string& plain) {
  std::string escaped;
  for (const char c : plain) {
    if (c == '_' || c == '#' || c == '$' || c == '%' || c == '&') escaped += '\\';
    escaped += c;
  }
  return plain.size() > 1 ? "\\mathit{" + escaped + "}" : escaped;
}

const ExprStyle& plain_style() {
  static const ExprStyle style{[](const std::string& name, int power) { return powered(name, power, false); }};
  return style;
}

const ExprStyle& latex_style() {
  static const ExprStyle style{
      [](const std::string& name, int power) { return powered(latex_name(name), power, true); }, " \\cdot ", true};
  return style;
}

void collect(const ExprNode& node, std::vector<Expr>& found) {
  if (node.a) collect(*node.a, found);
  if (node.b) collect(*node.b, found);
  if (node.kind != ExprKind::named) return;
  for (const Expr& known : found)
    if (compare(known.node(), node) == 0) return;
  found.push_back(Expr::named(node.name, node.first()));
}

}  // namespace

std::string to_string(const Expr& expr, const ExprStyle& style) {
  return Printer(style).factored(polynomial_of(expr)).text;
}

std::string to_string(const Expr& expr) { return to_string(expr, plain_style()); }

std::string to_latex(const Expr& expr) { return to_string(expr, latex_style()); }

std::string to_expanded_string(const Polynomial& polynomial) {
  return Printer(plain_style()).expanded(polynomial).text;
}

std::vector<std::pair<std::string, Expr>> definitions(const Expr& expr) {
  std::vector<Expr> found;
  collect(simplify(expr).node(), found);
  std::vector<std::pair<std::string, Expr>> result;
  for (const Expr& size : found) result.emplace_back(size.node().name, size.node().first());
  return result;
}

}  // namespace tacho
