#pragma once
// Symbolic integer expressions: one object that is the exact count, the printed formula and its O().
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "count/bindings.h"

namespace tacho {

struct ExprNode;

/// Symbolic integer expression over sizes: immutable, cheap to copy (a shared node). Symbols and named expressions are
/// sizes, so at least zero, which simplification relies on; intermediate values may be negative.
class Expr {
 public:
  /// The constant `value`; implicit, so that `2 * Expr::symbol("N") - 1` reads as it should.
  Expr(int64_t value = 0);
  /// A size that Bindings give a value, such as "N".
  static Expr symbol(std::string name);
  /// A derived size, such as "OH": prints as its name, evaluates its definition.
  static Expr named(std::string name, Expr definition);
  /// The sum of `body` for index = 0 .. count-1 (zero where count <= 0). `index` is a symbol visible in `body` only and
  /// hides any other of that name there, so choose one ("i") that no size has.
  static Expr sum(std::string index, Expr count, Expr body);

  friend Expr operator+(Expr a, Expr b);
  friend Expr operator-(Expr a, Expr b);
  friend Expr operator*(Expr a, Expr b);
  /// a / b rounded down (towards minus infinity).
  friend Expr floor_div(Expr a, Expr b);
  /// a / b rounded up (towards plus infinity).
  friend Expr ceil_div(Expr a, Expr b);
  friend Expr min(Expr a, Expr b);
  friend Expr max(Expr a, Expr b);

  /// The exact value. Throws tacho::Error for an unbound symbol (naming it), a division by zero, a value or an
  /// intermediate one that does not fit 64 bits, and a named size that comes out negative.
  int64_t evaluate(const Bindings& bindings) const;
  /// Whether this is zero for all sizes, as far as simplification can tell.
  bool is_zero() const { return constant() == 0; }
  /// The value, where simplification leaves a constant; otherwise nothing.
  std::optional<int64_t> constant() const;

  /// What stands behind it; for this folder's own walks over expressions.
  const ExprNode& node() const { return *node_; }

 private:
  friend struct ExprNode;
  explicit Expr(std::shared_ptr<const ExprNode> node) : node_(std::move(node)) {}
  std::shared_ptr<const ExprNode> node_;
};

/// The same expression as a sum of products, like terms collected: two ways of writing a polynomial become one. Terms
/// that vanish take their errors with them (0 * floor(N/0) is 0). Throws tacho::Error where a coefficient overflows.
Expr simplify(const Expr& expr);

/// Simplified text with common factors in front: "N*K*OH*OW*(C*KH*KW - 1)". Derived sizes print by name. The order is
/// fixed: N, K, C, KH, KW, OH, OW, then alphabetical, then functions.
std::string to_string(const Expr& expr);
/// The same for LaTeX's math mode, without delimiters.
std::string to_latex(const Expr& expr);

/// An upper bound of its growth, for sizes of at least one: "O(N*K*C*KH*KW*OH*OW)". Coefficients, negative and
/// dominated terms are dropped, incomparable terms stay as a sum, a constant gives "O(1)".
std::string big_o(const Expr& expr);

/// The derived sizes that the simplified expression uses with their definitions, innermost first: the legend of a
/// formula.
std::vector<std::pair<std::string, Expr>> definitions(const Expr& expr);

}  // namespace tacho
