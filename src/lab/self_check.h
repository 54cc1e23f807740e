#pragma once
// A ledger can close and still be wrong: known delays are planted, and the ledger must return them.
#include <string>
#include <vector>

#include "lab/measure.h"

namespace tacho {

/// One planted delay and where it was found.
struct SelfCheckRow {
  std::string planted;  ///< "in the kernel conv2/matmul/forward"
  std::string account;  ///< "kernel of that node", where it must come back
  int64_t planted_ns = 0;
  int64_t found_ns = 0;             ///< median of the differences, with against without
  int64_t low_ns = 0, high_ns = 0;  ///< interval from their spread
  int64_t pairs = 0;
  int tries = 0;
  bool holds = false;
  bool noisy = false;  ///< it does not hold because the interval is too wide to tell a millisecond from half of one
};

struct SelfCheck {
  int64_t batch = 0;  ///< examples per step: short steps, so that a busy machine disturbs few of them
  std::vector<SelfCheckRow> rows;
  bool holds() const;
};

/// Steps (of at most 16 examples) with and without a planted millisecond in alternation, for each of the four places: a
/// kernel, a barrier, the input, one thread. Up to three tries each. Throws tacho::Error where a ledger does not close.
SelfCheck self_check(const StepOptions& options, const Dataset& data, const MeasureOptions& measuring);

/// One line a row, with its interval; at most 80 columns.
std::string to_text(const SelfCheck& check);

}  // namespace tacho
