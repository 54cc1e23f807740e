#pragma once
// The normal form: a polynomial whose variables ("atoms") are sizes and simplified functions. Internal to this folder.
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "count/expr.h"

namespace tacho {

/// An atom (symbol, named, division, min, max or sum) to a positive power.
struct Factor {
  Expr atom;
  int power;
};
/// A product of factors, sorted by compare(), each atom once; empty is 1.
using Monomial = std::vector<Factor>;

/// Higher degree first, then by the first factor that differs.
struct MonomialOrder {
  bool operator()(const Monomial& a, const Monomial& b) const;
};
/// Coefficients by monomial, none of them zero; empty is 0.
using Polynomial = std::map<Monomial, int64_t, MonomialOrder>;

/// The normal form of `expr`. Throws tacho::Error where a coefficient overflows.
Polynomial polynomial_of(const Expr& expr);
/// The expression of a polynomial.
Expr expression_of(const Polynomial& polynomial);
/// Adds scale * monomial; overflow-checked.
void add_term(Polynomial& sum, const Monomial& monomial, int64_t scale);
/// The product of two polynomials; overflow-checked.
Polynomial multiply(const Polynomial& a, const Polynomial& b);
/// The value, where there is none but a constant term.
std::optional<int64_t> constant_of(const Polynomial& polynomial);
/// Whether `divisor` divides `monomial`: every power at most as large.
bool divides(const Monomial& divisor, const Monomial& monomial);
/// monomial / divisor, which must divide it.
Monomial quotient(const Monomial& monomial, const Monomial& divisor);
/// Its terms as text, without factors in front.
std::string to_expanded_string(const Polynomial& polynomial);

}  // namespace tacho
