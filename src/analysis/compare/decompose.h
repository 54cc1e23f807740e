#pragma once
// The difference of a group's times, split by what its time is a product of.
#include <cstdint>

namespace tacho {

/// One side of a group: its share of the step's wall time is work x cost x share.
struct GroupTime {
  int64_t wall_ns = 0;  ///< share of the step's wall time
  double work = 1;      ///< counted operations; of both sides in the same terms
  double threads = 1;   ///< that share the work
};

/// B less A, in nanoseconds that sum to wall_ns of B less that of A.
struct GroupDifference {
  int64_t work_ns = 0, rate_ns = 0, parallelism_ns = 0;
};

/// Wall time is work (counts) x rate (thread time for each) x 1/threads. What each factor contributes is its Shapley
/// value: its effect averaged over every order in which the three can be changed from A to B. So the parts sum to the
/// difference, and B against A is A against B with the sign turned.
GroupDifference decompose(const GroupTime& a, const GroupTime& b);

}  // namespace tacho
