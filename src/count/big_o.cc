// Growth of an expression: an upper bound for sizes of at least one, by dropping what is dominated.
#include <algorithm>

#include "count/expr.h"
#include "count/node.h"
#include "count/polynomial.h"

namespace tacho {
namespace {

/// What the indices of the sums around grow like: an index is below its count.
struct GrowthScope {
  const std::string* index;
  const Polynomial* bound;
  const GrowthScope* outer;
};

Polynomial growth(const Polynomial& polynomial, const GrowthScope* scope);

const Polynomial& one() {
  static const Polynomial polynomial{{Monomial{}, 1}};
  return polynomial;
}

/// Coefficients 1, and no term that divides another.
Polynomial leading(const Polynomial& polynomial) {
  Polynomial result;
  for (const auto& [monomial, coefficient] : polynomial) {
    const bool dominated = std::any_of(polynomial.begin(), polynomial.end(), [&m = monomial](const auto& other) {
      return divides(m, other.first) && !divides(other.first, m);
    });
    if (!dominated) result.emplace(monomial, 1);
  }
  return result;
}

/// Whether every term of a divides one of b.
bool dominated_by(const Polynomial& a, const Polynomial& b) {
  return std::all_of(a.begin(), a.end(), [&](const auto& small) {
    return std::any_of(b.begin(), b.end(), [&](const auto& large) { return divides(small.first, large.first); });
  });
}

bool depends_on_any(const ExprNode& node, const GrowthScope* scope) {
  for (; scope; scope = scope->outer)
    if (depends_on(node, *scope->index)) return true;
  return false;
}

Polynomial growth_of_quotient(const Expr& atom, const GrowthScope* scope) {
  const Expr dividend = atom.node().first(), divisor = atom.node().second();
  const Polynomial above = growth(polynomial_of(dividend), scope);
  // A divisor is at least 1, so the dividend bounds the quotient where nothing better can be said.
  if (divisor.constant() || depends_on_any(divisor.node(), scope)) return above;
  return polynomial_of(floor_div(expression_of(above), divisor));
}

Polynomial growth_of_min(const Expr& a, const Expr& b, const GrowthScope* scope) {
  if (a.constant() || b.constant()) return one();
  const Polynomial left = growth(polynomial_of(a), scope), right = growth(polynomial_of(b), scope);
  if (dominated_by(left, right)) return left;
  if (dominated_by(right, left)) return right;
  return polynomial_of(min(expression_of(left), expression_of(right)));
}

Polynomial growth_of_atom(const Expr& atom, const GrowthScope* scope) {
  const ExprNode& node = atom.node();
  switch (node.kind) {
    case ExprKind::symbol:
      for (; scope; scope = scope->outer)
        if (*scope->index == node.name) return *scope->bound;
      return {{Monomial{{atom, 1}}, 1}};
    case ExprKind::floor_div:
    case ExprKind::ceil_div:
      return growth_of_quotient(atom, scope);
    case ExprKind::min:
      return growth_of_min(node.first(), node.second(), scope);
    case ExprKind::max: {
      Polynomial both = growth(polynomial_of(node.first()), scope);
      for (const auto& [monomial, coefficient] : growth(polynomial_of(node.second()), scope))
        both.emplace(monomial, coefficient);
      return leading(both);
    }
    case ExprKind::sum: {
      const Polynomial count = growth(polynomial_of(node.first()), scope);
      const GrowthScope inner{&node.name, &count, scope};
      return leading(multiply(count, growth(polynomial_of(node.second()), &inner)));
    }
    default:
      return {{Monomial{{atom, 1}}, 1}};  // a derived size stays its name
  }
}

/// Never empty: what is not positive anywhere still is a constant.
Polynomial growth(const Polynomial& polynomial, const GrowthScope* scope) {
  Polynomial result = one();
  for (const auto& [monomial, coefficient] : polynomial) {
    if (coefficient < 0) continue;
    Polynomial product = one();
    for (const Factor& factor : monomial) {
      const Polynomial atom = growth_of_atom(factor.atom, scope);
      for (int i = 0; i < factor.power; ++i) product = leading(multiply(product, atom));
    }
    for (const auto& [term, unused] : product) result.emplace(term, 1);
  }
  return leading(result);
}

}  // namespace

std::string big_o(const Expr& expr) { return "O(" + to_expanded_string(growth(polynomial_of(expr), nullptr)) + ")"; }

}  // namespace tacho
