#pragma once
// The tree behind an expression. Internal to this folder.
#include <string>
#include <utility>

#include "count/expr.h"

namespace tacho {

enum class ExprKind { constant, symbol, named, add, subtract, multiply, floor_div, ceil_div, min, max, sum };

/// One node. A binary operation has a and b; `named` keeps its definition in a; `sum` its count in a, its body in b.
struct ExprNode {
  /// Null where there is no operand; an Expr, in contrast, always has a node.
  using Operand = std::shared_ptr<const ExprNode>;

  ExprKind kind;
  int64_t value = 0;  // constant
  std::string name;   // symbol, named; the index of sum
  Operand a, b;

  Expr first() const { return Expr(a); }
  Expr second() const { return Expr(b); }

  /// Makes an expression of one node, without any simplification.
  static Expr make(ExprKind kind, int64_t value, std::string name) {
    return Expr(std::make_shared<const ExprNode>(ExprNode{kind, value, std::move(name), nullptr, nullptr}));
  }
  static Expr make(ExprKind kind, const Expr& a, const Expr& b) {
    return Expr(std::make_shared<const ExprNode>(ExprNode{kind, 0, "", a.node_, b.node_}));
  }
  static Expr make(ExprKind kind, std::string name, const Expr& a, const Expr& b) {
    return Expr(std::make_shared<const ExprNode>(ExprNode{kind, 0, std::move(name), a.node_, b.node_}));
  }
  static Expr make_named(std::string name, const Expr& definition) {
    return Expr(
        std::make_shared<const ExprNode>(ExprNode{ExprKind::named, 0, std::move(name), definition.node_, nullptr}));
  }
};

/// The value of one binary operation on integers; throws as Expr::evaluate does.
int64_t apply(ExprKind kind, int64_t a, int64_t b);

/// Whether the symbol `name` occurs in `expr`, also inside definitions.
bool depends_on(const ExprNode& expr, const std::string& name);

/// A total order of expressions by structure: negative, zero or positive. Sizes come first, in printing order.
int compare(const ExprNode& a, const ExprNode& b);

}  // namespace tacho
