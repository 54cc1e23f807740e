#include "count/polynomial.h"

#include <numeric>

#include "count/checked.h"
#include "count/node.h"

namespace tacho {
namespace {

Polynomial constant_polynomial(int64_t value) {
  Polynomial result;
  add_term(result, Monomial{}, value);
  return result;
}

Polynomial atom_polynomial(const Expr& atom) { return {{Monomial{{atom, 1}}, 1}}; }

Polynomial add(Polynomial a, const Polynomial& b, int64_t scale) {
  for (const auto& [monomial, coefficient] : b) add_term(a, monomial, checked_mul(coefficient, scale));
  return a;
}

Monomial multiply(const Monomial& a, const Monomial& b) {
  Monomial result;
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    const int order = i == a.size() ? 1 : j == b.size() ? -1 : compare(a[i].atom.node(), b[j].atom.node());
    if (order < 0) result.push_back(a[i++]);
    else if (order > 0) result.push_back(b[j++]);
    else result.push_back({a[i].atom, a[i].power + b[j].power}), ++i, ++j;
  }
  return result;
}

/// A sufficient condition on a simplified expression: nothing in it can bring a minus.
bool never_negative(const ExprNode& node) {
  switch (node.kind) {
    case ExprKind::constant:
      return node.value >= 0;
    case ExprKind::symbol:
    case ExprKind::named:
      return true;
    case ExprKind::subtract:
      return false;
    case ExprKind::max:
      return never_negative(*node.a) || never_negative(*node.b);
    case ExprKind::sum:
      return never_negative(*node.b);
    default:
      return never_negative(*node.a) && never_negative(*node.b);
  }
}

bool never_negative(const Polynomial& polynomial) {
  for (const auto& [monomial, coefficient] : polynomial) {
    if (coefficient < 0) return false;
    for (const Factor& factor : monomial)
      if (!never_negative(factor.atom.node())) return false;
  }
  return true;
}

/// floor and ceil: an exact division by a constant goes through, all else is an atom.
Polynomial divide(ExprKind kind, const Polynomial& a, const Polynomial& b) {
  const auto divisor = constant_of(b);
  if (divisor && *divisor != 0) {
    if (const auto value = constant_of(a)) return constant_polynomial(apply(kind, *value, *divisor));
    Polynomial result;
    for (const auto& [monomial, coefficient] : a) {
      if (*divisor == -1 || coefficient % *divisor != 0) break;
      add_term(result, monomial, coefficient / *divisor);
    }
    if (result.size() == a.size()) return result;
  }
  return atom_polynomial(ExprNode::make(kind, expression_of(a), expression_of(b)));
}

/// min and max: decided where the difference has a known sign, as for the multiplications and additions of a product.
Polynomial choose(ExprKind kind, const Polynomial& a, const Polynomial& b) {
  const bool a_larger = never_negative(add(a, b, -1)), b_larger = never_negative(add(b, a, -1));
  if (a_larger) return kind == ExprKind::max ? a : b;
  if (b_larger) return kind == ExprKind::max ? b : a;
  Expr first = expression_of(a), second = expression_of(b);
  if (compare(first.node(), second.node()) > 0) std::swap(first, second);
  return atom_polynomial(ExprNode::make(kind, first, second));
}

/// A body without the index is multiplied; all else is an atom.
Polynomial sum_up(const std::string& index, const Polynomial& count, const Polynomial& body) {
  const Expr term = expression_of(body);
  if (body.empty()) return {};
  if (!depends_on(term.node(), index) && never_negative(count)) return multiply(count, body);
  return atom_polynomial(ExprNode::make(ExprKind::sum, index, expression_of(count), term));
}

}  // namespace

bool MonomialOrder::operator()(const Monomial& a, const Monomial& b) const {
  const auto degree = [](const Monomial& m) {
    return std::accumulate(m.begin(), m.end(), 0, [](int sum, const Factor& factor) { return sum + factor.power; });
  };
  if (degree(a) != degree(b)) return degree(a) > degree(b);
  for (size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (const int order = compare(a[i].atom.node(), b[i].atom.node())) return order < 0;
    if (a[i].power != b[i].power) return a[i].power > b[i].power;
  }
  return a.size() < b.size();
}

void add_term(Polynomial& sum, const Monomial& monomial, int64_t scale) {
  if (scale == 0) return;
  const auto [place, is_new] = sum.try_emplace(monomial, scale);
  if (is_new) return;
  place->second = checked_add(place->second, scale);
  if (place->second == 0) sum.erase(place);
}

Polynomial multiply(const Polynomial& a, const Polynomial& b) {
  Polynomial result;
  for (const auto& [left, left_coefficient] : a)
    for (const auto& [right, right_coefficient] : b)
      add_term(result, multiply(left, right), checked_mul(left_coefficient, right_coefficient));
  return result;
}

std::optional<int64_t> constant_of(const Polynomial& polynomial) {
  if (polynomial.empty()) return 0;
  const auto& [monomial, coefficient] = *polynomial.begin();
  if (monomial.empty()) return coefficient;
  return std::nullopt;
}

bool divides(const Monomial& divisor, const Monomial& monomial) {
  size_t at = 0;
  for (const Factor& factor : divisor) {
    while (at < monomial.size() && compare(monomial[at].atom.node(), factor.atom.node()) < 0) ++at;
    if (at == monomial.size() || compare(monomial[at].atom.node(), factor.atom.node()) != 0) return false;
    if (monomial[at].power < factor.power) return false;
  }
  return true;
}

Monomial quotient(const Monomial& monomial, const Monomial& divisor) {
  Monomial result;
  size_t at = 0;
  for (const Factor& factor : monomial) {
    int power = factor.power;
    if (at < divisor.size() && compare(divisor[at].atom.node(), factor.atom.node()) == 0) power -= divisor[at++].power;
    if (power > 0) result.push_back({factor.atom, power});
  }
  return result;
}

Polynomial polynomial_of(const Expr& expr) {
  const ExprNode& node = expr.node();
  switch (node.kind) {
    case ExprKind::constant:
      return constant_polynomial(node.value);
    case ExprKind::symbol:
      return atom_polynomial(expr);
    case ExprKind::named:
      return atom_polynomial(Expr::named(node.name, simplify(node.first())));
    default:
      break;
  }
  const Polynomial a = polynomial_of(node.first()), b = polynomial_of(node.second());
  switch (node.kind) {
    case ExprKind::add:
      return add(a, b, 1);
    case ExprKind::subtract:
      return add(a, b, -1);
    case ExprKind::multiply:
      return multiply(a, b);
    case ExprKind::floor_div:
    case ExprKind::ceil_div:
      return divide(node.kind, a, b);
    case ExprKind::min:
    case ExprKind::max:
      return choose(node.kind, a, b);
    default:
      return sum_up(node.name, a, b);
  }
}

Expr expression_of(const Polynomial& polynomial) {
  Expr total = 0;
  for (const auto& [monomial, coefficient] : polynomial) {
    Expr product = coefficient;
    for (const Factor& factor : monomial)
      for (int i = 0; i < factor.power; ++i) product = product * factor.atom;
    total = total + product;
  }
  return total;
}

Expr simplify(const Expr& expr) { return expression_of(polynomial_of(expr)); }

}  // namespace tacho
