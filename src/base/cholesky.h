#pragma once
// Small dense systems with a symmetric positive definite matrix: n x n, row-major, the lower triangle used.
#include <cstddef>
#include <vector>

namespace tacho {

/// In place: the lower triangle L of A = L L^T. False where A is not positive definite.
bool factorise(std::vector<double>& a, size_t n);
/// b becomes L^-1 b; L^-T b.
void solve_lower(const std::vector<double>& l, size_t n, std::vector<double>& b);
void solve_upper(const std::vector<double>& l, size_t n, std::vector<double>& b);
/// Of A^-1.
std::vector<double> diagonal_of_inverse(const std::vector<double>& l, size_t n);

}  // namespace tacho
