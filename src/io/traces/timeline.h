#pragma once
// Spans of several threads as a partition of wall time: at each moment one owner, so that nothing is counted twice.
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

namespace tacho {

/// A span on one thread and whom its own time (less that of spans within it) belongs to.
struct Span {
  int64_t begin = 0, end = 0;
  int thread = 0;
  int owner = -1;  ///< set by the visitor of assign_owners
};

/// Sorts spans by thread, then begin, the longer first, and calls `visit(span index, parent index or -1)` for each in
/// that order: the parent is the span that began last among those of its thread that are still open. Returns how many
/// spans outlast the span they began in (broken nesting).
int64_t visit_nested(std::vector<Span>& spans, const std::function<void(size_t span, int64_t parent)>& visit);

/// A part of wall time that belongs to one owner.
struct Piece {
  int64_t begin = 0, end = 0;
  int owner = -1;
};

/// Each thread's spans as pieces that do not overlap, the innermost span's owner owning each moment; threads in order.
/// `spans` as visit_nested left them.
std::vector<std::vector<Piece>> pieces_by_thread(const std::vector<Span>& spans);

/// Nanoseconds of [begin, end) by owner; -1 is time in no span. Moments at which several threads have an owner are
/// split among them evenly, those of a lower `rank` (0: works, 1: only holds others) first; the sum is end - begin.
std::map<int, int64_t> share_window(const std::vector<std::vector<Piece>>& threads, int64_t begin, int64_t end,
                                    const std::function<int(int owner)>& rank);

}  // namespace tacho
