#include "count/expr.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "count/checked.h"
#include "count/node.h"
#include "count/polynomial.h"

namespace tacho {
namespace {

/// The index of a sum around the expression being evaluated; innermost first.
struct Scope {
  const std::string* index;
  int64_t value;
  const Scope* outer;
};

int64_t lookup(const std::string& name, const Bindings& bindings, const Scope* scope) {
  for (; scope; scope = scope->outer)
    if (*scope->index == name) return scope->value;
  if (const auto value = bindings.get(name)) return *value;
  std::string bound;
  for (const auto& binding : bindings) bound += (bound.empty() ? "" : ", ") + binding.first;
  fail("symbol '", name, "' has no value; bound are: ", bound.empty() ? "none" : bound);
}

int64_t evaluate_node(const ExprNode& node, const Bindings& bindings, const Scope* scope) {
  switch (node.kind) {
    case ExprKind::constant:
      return node.value;
    case ExprKind::symbol:
      return lookup(node.name, bindings, scope);
    case ExprKind::named: {
      const int64_t value = evaluate_node(*node.a, bindings, scope);
      if (value < 0) fail("expected a size ", node.name, " of at least 0, got ", value);
      return value;
    }
    case ExprKind::sum: {
      const int64_t count = evaluate_node(*node.a, bindings, scope);
      int64_t total = 0;
      for (int64_t i = 0; i < count; ++i) {
        const Scope inner{&node.name, i, scope};
        total = checked_add(total, evaluate_node(*node.b, bindings, &inner));
      }
      return total;
    }
    default:
      return apply(node.kind, evaluate_node(*node.a, bindings, scope), evaluate_node(*node.b, bindings, scope));
  }
}

/// Where N, K, C..., and the documents' l, h, d... stand before all other sizes, and sizes before functions.
size_t priority(const ExprNode& node) {
  static constexpr std::array kFirst{"N",   "K", "C",    "KH", "KW", "OH", "OW",     "l",      "g",  "h", "w",
                                     "d/g", "d", "d'/g", "d'", "a",  "b",  "a_conv", "b_conv", "a'", "b'"};
  if (node.kind != ExprKind::symbol && node.kind != ExprKind::named) return kFirst.size() + 1;
  return size_t(std::find(kFirst.begin(), kFirst.end(), node.name) - kFirst.begin());
}

template <class T>
int three_way(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

int compare_operands(const ExprNode::Operand& a, const ExprNode::Operand& b) {
  if (!a || !b) return three_way(bool(a), bool(b));
  return compare(*a, *b);
}

bool is_constant(const Expr& expr, int64_t value) {
  return expr.node().kind == ExprKind::constant && expr.node().value == value;
}

/// Folds constants now, so that counts that are zero cost nothing; what would throw is left for evaluate to report.
Expr binary(ExprKind kind, const Expr& a, const Expr& b) {
  if (a.node().kind == ExprKind::constant && b.node().kind == ExprKind::constant) {
    try {
      return apply(kind, a.node().value, b.node().value);
    } catch (const Error&) {
      return ExprNode::make(kind, a, b);
    }
  }
  return ExprNode::make(kind, a, b);
}

}  // namespace

int64_t apply(ExprKind kind, int64_t a, int64_t b) {
  switch (kind) {
    case ExprKind::add:
      return checked_add(a, b);
    case ExprKind::subtract:
      return checked_sub(a, b);
    case ExprKind::multiply:
      return checked_mul(a, b);
    case ExprKind::floor_div:
      return checked_floor_div(a, b);
    case ExprKind::ceil_div:
      return checked_ceil_div(a, b);
    case ExprKind::min:
      return std::min(a, b);
    case ExprKind::max:
      return std::max(a, b);
    default:
      break;
  }
  TACHO_CHECK(false, "not a binary operation: ", int(kind));
  return 0;
}

bool depends_on(const ExprNode& node, const std::string& name) {
  if (node.kind == ExprKind::symbol) return node.name == name;
  if (node.a && depends_on(*node.a, name)) return true;
  const bool hidden = node.kind == ExprKind::sum && node.name == name;
  return node.b && !hidden && depends_on(*node.b, name);
}

int compare(const ExprNode& a, const ExprNode& b) {
  if (&a == &b) return 0;
  if (const int order = three_way(priority(a), priority(b))) return order;
  if (const int order = a.name.compare(b.name)) return order;
  if (const int order = three_way(a.kind, b.kind)) return order;
  if (const int order = three_way(a.value, b.value)) return order;
  if (const int order = compare_operands(a.a, b.a)) return order;
  return compare_operands(a.b, b.b);
}

void Bindings::set(std::string_view name, int64_t value) {
  if (value < 0) fail("expected a size ", name, " of at least 0, got ", value);
  if (const auto bound = get(name)) {
    if (*bound != value) fail("size ", name, " is both ", *bound, " and ", value, "; its operands must agree");
    return;
  }
  values_.emplace_back(name, value);
}

Expr::Expr(int64_t value) {
  // Most members of a count are zero: they share one node.
  static const auto zero = std::make_shared<const ExprNode>(ExprNode{ExprKind::constant, 0, "", nullptr, nullptr});
  node_ =
      value == 0 ? zero : std::make_shared<const ExprNode>(ExprNode{ExprKind::constant, value, "", nullptr, nullptr});
}

Expr Expr::symbol(std::string name) { return ExprNode::make(ExprKind::symbol, 0, std::move(name)); }

Expr Expr::named(std::string name, Expr definition) { return ExprNode::make_named(std::move(name), definition); }

Expr Expr::sum(std::string index, Expr count, Expr body) {
  return ExprNode::make(ExprKind::sum, std::move(index), count, body);
}

Expr operator+(Expr a, Expr b) {
  if (is_constant(a, 0)) return b;
  if (is_constant(b, 0)) return a;
  return binary(ExprKind::add, a, b);
}

Expr operator-(Expr a, Expr b) {
  if (is_constant(b, 0)) return a;
  return binary(ExprKind::subtract, a, b);
}

Expr operator*(Expr a, Expr b) {
  if (is_constant(a, 0) || is_constant(b, 0)) return 0;
  if (is_constant(a, 1)) return b;
  if (is_constant(b, 1)) return a;
  return binary(ExprKind::multiply, a, b);
}

Expr floor_div(Expr a, Expr b) { return is_constant(b, 1) ? a : binary(ExprKind::floor_div, a, b); }
Expr ceil_div(Expr a, Expr b) { return is_constant(b, 1) ? a : binary(ExprKind::ceil_div, a, b); }
Expr min(Expr a, Expr b) { return binary(ExprKind::min, a, b); }
Expr max(Expr a, Expr b) { return binary(ExprKind::max, a, b); }

int64_t Expr::evaluate(const Bindings& bindings) const { return evaluate_node(*node_, bindings, nullptr); }

std::optional<int64_t> Expr::constant() const {
  if (node_->kind == ExprKind::constant) return node_->value;
  return constant_of(polynomial_of(*this));
}

}  // namespace tacho
