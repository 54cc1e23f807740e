#pragma once
// A ledger can close and still be wrong, and so can what is concluded from it: known delays are planted, and the
// ledger, `compare` and `why` must return them.
#include <string>
#include <vector>

#include "lab/measure.h"

namespace tacho {

/// One planted delay and where it was found.
struct SelfCheckRow {
  std::string reader;   ///< "ledger", "compare" or "why": who must return it
  std::string planted;  ///< "in the kernel conv2/matmul/forward"
  std::string account;  ///< "kernel of that node": where it must come back
  /// How much must come back there. In the ledger thread time; in `compare` and `why` a share of the step, so that of
  /// what one of n threads has more an n-th counts.
  int64_t planted_ns = 0;
  int64_t found_ns = 0;             ///< the ledger: median of the differences, with against without; else the term
  int64_t low_ns = 0, high_ns = 0;  ///< interval from their spread; of `compare` and `why` the one that they print
  int64_t samples = 0;              ///< pairs of steps; of `compare` steps of each side, of `why` rounds
  int tries = 0;
  bool holds = false;
  bool noisy = false;  ///< it does not hold because the interval is too wide to tell a millisecond from half of one
};

struct SelfCheck {
  int64_t batch = 0;  ///< examples per step: short steps, so that a busy machine disturbs few of them
  int threads = 1;
  std::vector<SelfCheckRow> rows;
  bool holds() const;
};

/// Steps (of at most 16 examples) with and without a planted millisecond in alternation, for each of the four places: a
/// kernel, a barrier, the input, one thread. The ledger must return it in its account; `compare`, given the steps
/// without it and those with it, in the kind of term that such a delay is; `why`, where the delay is a turn of its own
/// beside a real switch, in that turn's term and kind of operation. Up to three tries each. Throws tacho::Error where a
/// ledger or a comparison does not close.
SelfCheck self_check(const StepOptions& options, const Dataset& data, const MeasureOptions& measuring);

/// Two lines a row, with its interval; at most 80 columns.
std::string to_text(const SelfCheck& check);

}  // namespace tacho
