#pragma once
// The plain form of a partial result (op/kernel.h), for kernels that need none of their own: a count of rows, then the
// partial outputs themselves, row-major. Allocates only when constructed.
#include <vector>

#include "op/group.h"
#include "op/row_join.h"

namespace tacho {

/// Layout and combination of one group's partial outputs. In memory: a header of 64 bytes, then every operand in state
/// `partial` (also one that nobody reads outside the group: a merge may need it), each at a multiple of 64 bytes.
class OutputPartial {
 public:
  /// Looks at the members' outputs; a group without partial outputs has zero bytes().
  explicit OutputPartial(const Group& group);

  /// Bytes of one partial, a multiple of 64.
  size_t bytes() const { return bytes_; }
  /// Neutral: no slice has been seen.
  void begin(void* partial) const;
  /// True until the first add_rows().
  bool empty(const void* partial) const;
  /// Says that the partial now covers one more slice of `rows` rows.
  void add_rows(void* partial, int64_t rows) const;
  /// Where operand `operand` (an index into Group::operands, in state partial) lies in the partial.
  View view(void* partial, int operand) const;
  /// Joins `from` into `into`, which covers the rows before it: sums and maxima elementwise in index order, merges by
  /// the operation's rule. An empty one changes nothing.
  void combine(void* into, const void* from) const;
  /// Copies each partial output to its view; outputs that are not partial are left alone. A partial that saw no slice
  /// gives zeros.
  void finish(const void* partial, std::span<const View> outputs) const;
  /// Whether there is one output, a floating sum with rows; then RowJoin::join_rows() for it.
  bool joins_rows() const;
  void join_rows(const Lanes<std::byte>& lanes, const Slice& rows, const View& result) const;

 private:
  struct Entry {
    int operand = 0;
    TensorType type;
    PartialKind kind = PartialKind::sum;
    size_t offset = 0;
    int output = -1;  ///< index into Group::outputs; -1 where nobody outside reads it
  };
  /// A member whose outputs are merged together: entry of each of its outputs, -1 for the others.
  struct Merge {
    const OpDef* op = nullptr;
    Attributes attributes;
    SmallVector<int, kMaxOperands> entries;
  };
  View view(const void* partial, const Entry& entry) const;

  std::vector<Entry> entries_;
  std::vector<Merge> merges_;
  size_t bytes_ = 0;
};

/// A kernel whose partial results have this form: `run` and `accumulate` are left to it.
class OutputPartialKernel : public Kernel, public RowJoin {
 public:
  explicit OutputPartialKernel(const Group& group) : partial_(group) {}
  size_t partial_bytes() const override { return partial_.bytes(); }
  void begin(void* partial) const override { partial_.begin(partial); }
  void combine(void* into, const void* from) const override { partial_.combine(into, from); }
  void finish(const void* partial, std::span<const View> outputs) const override { partial_.finish(partial, outputs); }
  bool joins_rows() const override { return partial_.joins_rows(); }
  void join_rows(const Lanes<std::byte>& lanes, const Slice& rows, const View& result) const override {
    partial_.join_rows(lanes, rows, result);
  }

 protected:
  OutputPartial partial_;
};

/// Rounds up to a multiple of 64 bytes, the alignment of everything that kernels place in a workspace or a partial.
constexpr size_t aligned_bytes(size_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace tacho
