#include "io/traces/timeline.h"

#include <algorithm>

namespace tacho {
namespace {

/// The spans that are open on one thread, in the order in which they began.
class OpenSpans {
 public:
  explicit OpenSpans(const std::vector<Span>& spans) : spans_(spans) {}
  void push(size_t span) { open_.push_back(span); }
  void clear() { open_.clear(); }
  /// The innermost one that is open at `at`; -1 for none.
  int64_t innermost(int64_t at) {
    while (!open_.empty() && spans_[open_.back()].end <= at) open_.pop_back();
    return open_.empty() ? -1 : int64_t(open_.back());
  }

 private:
  const std::vector<Span>& spans_;
  std::vector<size_t> open_;
};

}  // namespace

int64_t visit_nested(std::vector<Span>& spans, const std::function<void(size_t span, int64_t parent)>& visit) {
  std::stable_sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
    if (a.thread != b.thread) return a.thread < b.thread;
    return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
  });
  int64_t broken = 0;
  OpenSpans open(spans);
  for (size_t i = 0; i < spans.size(); ++i) {
    if (i > 0 && spans[i].thread != spans[i - 1].thread) open.clear();
    const int64_t parent = open.innermost(spans[i].begin);
    broken += parent >= 0 && spans[size_t(parent)].end < spans[i].end;
    visit(i, parent);
    open.push(i);
  }
  return broken;
}

std::vector<std::vector<Piece>> pieces_by_thread(const std::vector<Span>& spans) {
  std::vector<std::vector<Piece>> threads;
  OpenSpans open(spans);
  int64_t cursor = 0;
  // What is open owns the time up to `until`.
  const auto advance = [&](int64_t until) {
    while (cursor < until) {
      const int64_t inner = open.innermost(cursor);
      if (inner < 0) break;
      const int64_t end = std::min(until, spans[size_t(inner)].end);
      threads.back().push_back({cursor, end, spans[size_t(inner)].owner});
      cursor = end;
    }
    cursor = std::max(cursor, until);
  };
  for (size_t i = 0; i < spans.size(); ++i) {
    if (i == 0 || spans[i].thread != spans[i - 1].thread) {
      if (i > 0) advance(INT64_MAX);
      open.clear();
      threads.emplace_back();
      cursor = spans[i].begin;
    }
    advance(spans[i].begin);
    open.push(i);
  }
  if (!spans.empty()) advance(INT64_MAX);
  return threads;
}

std::map<int, int64_t> share_window(const std::vector<std::vector<Piece>>& threads, int64_t begin, int64_t end,
                                    const std::function<int(int owner)>& rank) {
  struct Cursor {
    const std::vector<Piece>* pieces;
    size_t at;
  };
  std::vector<Cursor> cursors;
  for (const auto& pieces : threads) {
    const auto first =
        std::partition_point(pieces.begin(), pieces.end(), [&](const Piece& p) { return p.end <= begin; });
    cursors.push_back({&pieces, size_t(first - pieces.begin())});
  }
  std::map<int, int64_t> shares;
  std::vector<int> active;
  for (int64_t now = begin; now < end;) {
    int64_t until = end;
    int best = INT32_MAX;
    active.clear();
    for (Cursor& cursor : cursors) {
      while (cursor.at < cursor.pieces->size() && (*cursor.pieces)[cursor.at].end <= now) ++cursor.at;
      if (cursor.at == cursor.pieces->size()) continue;
      const Piece& piece = (*cursor.pieces)[cursor.at];
      if (piece.begin > now) {
        until = std::min(until, piece.begin);
        continue;
      }
      until = std::min(until, piece.end);
      const int its = rank(piece.owner);
      if (its < best) best = its, active.clear();
      if (its == best) active.push_back(piece.owner);
    }
    const int64_t ns = until - now, several = int64_t(active.size());
    if (several == 0) shares[-1] += ns;
    for (int64_t i = 0; i < several; ++i) shares[active[size_t(i)]] += ns / several + (i < ns % several);
    now = until;
  }
  return shares;
}

}  // namespace tacho
