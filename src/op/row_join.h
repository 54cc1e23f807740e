#pragma once
// What a kernel of partial results may be besides (op/kernel.h): one whose lanes can be joined row by row, in one pass
// over the partials, by several threads, each block of rows right before somebody reads it.
#include <cstddef>

#include "op/kernel.h"

namespace tacho {

/// The same place in each lane's partial: `count` of them, `step` elements apart.
template <class T>
struct Lanes {
  const T* first = nullptr;
  int64_t step = 0, count = 0;
  const T* operator[](int64_t lane) const { return first + lane * step; }
  /// Another type's elements `bytes` behind these.
  template <class To>
  Lanes<To> at(size_t bytes) const {
    static_assert(sizeof(T) == 1);
    return {reinterpret_cast<const To*>(first + bytes), step / int64_t(sizeof(To)), count};
  }
};

class RowJoin {
 public:
  virtual ~RowJoin() = default;
  /// False where this group's partial is none that can: more than one output, or no sum.
  virtual bool joins_rows() const { return true; }
  /// Parts begin at multiples of so many rows of the result's outermost axis.
  virtual int64_t row_step() const { return 1; }
  /// Rows `rows.begin` to `rows.begin + rows.count` of the partial output from all lanes' partials, which stay as they
  /// are: the bits of combine() by a binary tree over the lanes, and finish(). `result` is those rows' view.
  virtual void join_rows(const Lanes<std::byte>& lanes, const Slice& rows, const View& result) const = 0;
};

/// Null where this kernel joins its lanes only as a whole.
inline const RowJoin* row_join_of(const Kernel& kernel) {
  const auto* join = dynamic_cast<const RowJoin*>(&kernel);
  return join && join->joins_rows() ? join : nullptr;
}

/// sum[i] = the sum of all lanes' element i by a binary tree over the lanes, for n elements; at least one lane.
void sum_lanes(const Lanes<float>& lanes, int64_t n, float* sum);
void sum_lanes(const Lanes<double>& lanes, int64_t n, double* sum);

}  // namespace tacho
