#pragma once
// Ways to multiply two matrices side by side: counts, times, exponents, and where Strassen's begins to pay.
#include <optional>
#include <string>
#include <vector>

#include "analysis/render_json.h"
#include "analysis/scaling/power_fit.h"
#include "analysis/text.h"

namespace tacho {

/// C (m x n) = A (m x k) B (k x n).
struct ProductSize {
  std::string group;  ///< "square", "recurrent", "transformer", "convolution", "given"
  std::string name;   ///< "512", "d 256, 32 x 20 rows", "conv2 of simplenn-4"
  int64_t m = 0, k = 0, n = 0;
};

/// One way at one size.
struct MatmulTime {
  std::string way, skipped;        ///< why it was not measured; empty where it was
  Tally count;                     ///< performed (of a library: what the definition requires)
  bool counted = false;            ///< by our own algorithm; false: stated for a library
  std::vector<int64_t> rounds_ns;  ///< of one product, per round
  double error = 0;                ///< largest difference to the double product over its largest element

  int64_t median_ns() const;
};

struct MatmulRow {
  ProductSize size;
  std::vector<MatmulTime> ways;
  const MatmulTime* of(const std::string& way) const;  ///< null where it was not measured
};

struct MatmulRecord {
  std::string command = "tacho matmul", machine;
  DType dtype = DType::float32;
  int64_t cutoff = 0;
  double ceiling_flop_per_s = 0, ceiling_spread = 0;          ///< measured, one thread
  std::vector<std::string> left_out;                          ///< ways that this machine does not have, with the reason
  std::vector<std::pair<std::string, std::string>> strassen;  ///< a Strassen way and the way that is its base
  std::vector<MatmulRow> rows;
};

/// Time against n over the square sizes.
struct MatmulFit {
  std::string way;
  std::optional<PowerFit> fit;
  double count_exponent = 0;  ///< of the operations performed, fitted to the same sizes
};

/// The least square size from which on Strassen's way was faster than its base in every round.
struct Crossover {
  std::string way, base;
  std::optional<int64_t> n;
  int64_t up_to = 0;  ///< the largest size where both were measured; 0 for none
};

struct Matmul {
  const MatmulRecord* record = nullptr;  ///< must outlive the result
  std::vector<MatmulFit> fits;
  std::vector<Crossover> crossovers;
};
Matmul analyze_matmul(const MatmulRecord& record);

std::string render_text(const Matmul& matmul, const Paint& paint = {});
/// `schema` "tacho.matmul" first; docs/matmul.md says what the fields mean.
Json to_json(const Matmul& matmul);

}  // namespace tacho
