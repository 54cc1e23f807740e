#include "count/rewrite.h"

#include <optional>

#include "count/node.h"

namespace tacho {
namespace {

constexpr int64_t kMostTerms = 1000;  // windows have few taps; a longer sum stays as it is

Expr combine(ExprKind kind, const Expr& a, const Expr& b) {
  switch (kind) {
    case ExprKind::add:
      return a + b;
    case ExprKind::subtract:
      return a - b;
    case ExprKind::multiply:
      return a * b;
    case ExprKind::floor_div:
      return floor_div(a, b);
    case ExprKind::ceil_div:
      return ceil_div(a, b);
    case ExprKind::min:
      return min(a, b);
    default:
      return max(a, b);
  }
}

/// Whether nothing in it is a division, a minimum or the like: of two operands of one value the better to read.
bool is_plain(const ExprNode& node) {
  switch (node.kind) {
    case ExprKind::constant:
    case ExprKind::symbol:
    case ExprKind::named:
      return true;
    case ExprKind::add:
    case ExprKind::subtract:
    case ExprKind::multiply:
      return is_plain(*node.a) && is_plain(*node.b);
    default:
      return false;
  }
}

/// The body's value for every index, where it is decided alike for all of them; else the sum itself.
Expr decided_sum(const Expr& sum, Bindings& sizes) {
  const ExprNode& node = sum.node();
  const int64_t count = node.first().evaluate(sizes);
  if (count < 1 || count > kMostTerms || sizes.get(node.name)) return sum;
  std::optional<Expr> common;
  for (int64_t i = 0; i < count; ++i) {
    Bindings inner = sizes;
    inner.set(node.name, i);
    const Expr term = simplify(decided_at(node.second(), inner));
    if (depends_on(term.node(), node.name) || (common && compare(common->node(), term.node()) != 0)) return sum;
    common = term;
  }
  return decided_at(node.first(), sizes) * *common;
}

bool is_symbol(const Expr& expr) { return expr.node().kind == ExprKind::symbol; }

}  // namespace

Expr substitute(const Expr& expr, const std::map<std::string, Expr>& replacements) {
  const ExprNode& node = expr.node();
  const auto found = replacements.find(node.name);
  switch (node.kind) {
    case ExprKind::constant:
      return expr;
    case ExprKind::symbol:
      return found == replacements.end() ? expr : found->second;
    case ExprKind::named:
      return found == replacements.end() ? Expr::named(node.name, substitute(node.first(), replacements))
                                         : found->second;
    case ExprKind::sum: {
      std::map<std::string, Expr> inner = replacements;
      inner.erase(node.name);  // the index hides a size of that name
      return Expr::sum(node.name, substitute(node.first(), replacements), substitute(node.second(), inner));
    }
    default:
      return combine(node.kind, substitute(node.first(), replacements), substitute(node.second(), replacements));
  }
}

Expr decided_at(const Expr& expr, Bindings& sizes) {
  const ExprNode& node = expr.node();
  switch (node.kind) {
    case ExprKind::constant:
    case ExprKind::symbol:
    case ExprKind::named:
      return expr;
    case ExprKind::sum:
      return decided_sum(expr, sizes);
    default:
      break;
  }
  const Expr a = decided_at(node.first(), sizes), b = decided_at(node.second(), sizes);
  if (node.kind == ExprKind::min || node.kind == ExprKind::max) {
    const int64_t first = a.evaluate(sizes), second = b.evaluate(sizes);
    if (first == second) return is_plain(a.node()) ? a : b;
    return (first > second) == (node.kind == ExprKind::max) ? a : b;
  }
  const bool division = node.kind == ExprKind::floor_div || node.kind == ExprKind::ceil_div;
  if (division && is_symbol(a) && is_symbol(b) && a.evaluate(sizes) % b.evaluate(sizes) == 0) {
    const std::string name = a.node().name + "/" + b.node().name;
    sizes.set(name, a.evaluate(sizes) / b.evaluate(sizes));
    return Expr::symbol(name);
  }
  return combine(node.kind, a, b);
}

}  // namespace tacho
