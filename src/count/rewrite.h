#pragma once
// One formula in other letters: the same expression, so that no second copy of it is needed.
#include <functional>
#include <map>
#include <string>

#include "count/expr.h"

namespace tacho {

/// `expr` with the symbols and derived sizes of these names replaced. A derived size that is not replaced keeps its
/// definition, in which symbols are replaced.
Expr substitute(const Expr& expr, const std::map<std::string, Expr>& replacements);

/// `expr` for sizes near these: each min and max becomes the operand that decides it there, each exact division of one
/// symbol by another the symbol "d/g", which is added to `sizes`, and a sum whose terms are decided alike a product.
/// The value at `sizes` stays. Throws tacho::Error
/// as Expr::evaluate does.
Expr decided_at(const Expr& expr, Bindings& sizes);

/// How a formula is written, where its symbols have other names in print.
struct ExprStyle {
  /// A symbol or derived size to a power of 1 or more: "h²", "5²", "h^{m} h^{m}".
  std::function<std::string(const std::string& name, int power)> factor;
  std::string times = "*";
  bool latex = false;  ///< functions and parentheses for LaTeX's math mode
};

/// Simplified text with common factors in front, as to_string(expr), in this style.
std::string to_string(const Expr& expr, const ExprStyle& style);

}  // namespace tacho
