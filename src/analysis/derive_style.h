#pragma once
// How formulas are written in a derivation: in letters, with numbers put in, and the same for LaTeX.
#include <string>

#include "count/rewrite.h"

namespace tacho {

/// "h²·d".
ExprStyle letter_style();
/// "3²·32", with the numbers of `sizes`, which must outlive the style.
ExprStyle number_style(const Bindings& sizes);
/// "h^{m} h^{m} d^{m}", as the documents write it.
ExprStyle latex_letter_style();
/// "3 \cdot 3 \cdot 32".
ExprStyle latex_number_style(const Bindings& sizes);

/// What a kind of count is called in a table: "mul", "exp" for transcendental ones.
std::string short_kind(const std::string& kind);

}  // namespace tacho
