#include "analysis/memory_counters.h"

#include <algorithm>
#include <cstdint>
#include <map>

namespace tacho {
namespace {

struct Change {
  int64_t at_ns, bytes;  ///< bytes taken, or less than 0: given back
  bool shared;
};

/// A kernel that ran within the traced steps.
struct KernelRunAt {
  int64_t begin_ns, end_ns;
  int32_t row;
};

std::vector<KernelRunAt> kernels_of(const Ledger& ledger, int thread, int64_t begin_ns, int64_t end_ns) {
  const auto& changes = ledger.record(thread).transitions();
  std::vector<KernelRunAt> kernels;
  for (size_t i = 0; i + 1 < changes.size(); ++i)
    if (changes[i].account == Account::kernel && changes[i].at_ns >= begin_ns && changes[i].at_ns < end_ns)
      kernels.push_back({changes[i].at_ns, changes[i + 1].at_ns, changes[i].node});
  return kernels;
}

/// The row at each position of the map: the k-th of a path is the k-th row of it. -1 where there is none.
std::vector<int32_t> rows_by_position(const RunRecord& record) {
  std::map<std::string, std::vector<int32_t>> rows_of;
  for (size_t r = 0; r < record.rows.size(); ++r)
    if (record.rows[r].kind != PlannedNode::view) rows_of[record.rows[r].path].push_back(int32_t(r));
  std::map<std::string, size_t> seen;
  std::vector<int32_t> rows;
  for (const std::string& path : record.memory.order) {
    const std::vector<int32_t>& known = rows_of[path];
    const size_t k = seen[path]++;
    rows.push_back(k < known.size() ? known[k] : -1);
  }
  return rows;
}

/// Blocks of an arena by the rows that begin and end them.
struct BlocksByRow {
  std::multimap<int32_t, size_t> begins, ends;

  BlocksByRow(const MemoryArena& arena, const std::vector<int32_t>& row_at) {
    for (size_t b = 0; b < arena.blocks.size(); ++b) {
      const int32_t begin = row_at.at(size_t(arena.blocks[b].begin)), end = row_at.at(size_t(arena.blocks[b].end));
      if (begin >= 0 && end >= 0) begins.emplace(begin, b), ends.emplace(end, b);
    }
  }
};

/// A thread's own arena: a block lives as long as its slice needs it.
void add_thread_arena(std::vector<Change>& changes, const MemoryArena& arena, const BlocksByRow& blocks,
                      const std::vector<KernelRunAt>& kernels, int64_t step_end) {
  std::vector<bool> live(arena.blocks.size());
  const auto set = [&](size_t block, bool on, int64_t at) {
    if (live[block] == on) return;
    live[block] = on;
    changes.push_back({at, on ? arena.blocks[block].bytes : -arena.blocks[block].bytes, false});
  };
  for (const KernelRunAt& kernel : kernels) {
    for (auto [at, end] = blocks.begins.equal_range(kernel.row); at != end; ++at)
      set(at->second, true, kernel.begin_ns);
    for (auto [at, end] = blocks.ends.equal_range(kernel.row); at != end; ++at) set(at->second, false, kernel.end_ns);
  }
  for (size_t b = 0; b < live.size(); ++b) set(b, false, step_end);
}

/// The shared arena: from the first to the last kernel of all rows between a block's begin and end. Rows of one stage
/// run in any order, so those at its two ends need not be the first and the last.
void add_shared_arena(std::vector<Change>& changes, const MemoryArena& arena, const std::vector<int32_t>& row_at,
                      const std::map<int32_t, std::pair<int64_t, int64_t>>& extent_of) {
  for (const auto& block : arena.blocks) {
    int64_t begin = INT64_MAX, end = INT64_MIN;
    for (int position = int(block.begin); position <= int(block.end); ++position)
      if (const auto found = extent_of.find(row_at.at(size_t(position))); found != extent_of.end())
        begin = std::min(begin, found->second.first), end = std::max(end, found->second.second);
    if (begin >= end) continue;  // nothing of it ran in this step
    changes.push_back({begin, block.bytes, true});
    changes.push_back({end, -block.bytes, true});
  }
}

std::vector<Change> changes_of(const Report& report, const TracedSteps& steps) {
  const RunRecord& record = *report.record;
  const MemoryMap& map = record.memory;
  const std::vector<int32_t> row_at = rows_by_position(record);
  std::vector<Change> changes;
  for (int64_t s = 0; s < steps.count; ++s) {
    const int64_t begin = steps.edges[size_t(s)], end = steps.edges[size_t(s + 1)];
    std::vector<std::vector<KernelRunAt>> kernels;
    std::map<int32_t, std::pair<int64_t, int64_t>> extent_of;  // of each row, over all threads
    for (int t = 0; t < record.threads; ++t) {
      kernels.push_back(kernels_of(record.ledger, t, begin, end));
      for (const KernelRunAt& kernel : kernels.back()) {
        auto& extent = extent_of.try_emplace(kernel.row, kernel.begin_ns, kernel.end_ns).first->second;
        extent = {std::min(extent.first, kernel.begin_ns), std::max(extent.second, kernel.end_ns)};
      }
    }
    for (const MemoryArena& arena : map.arenas) {
      if (arena.name == "shared") {
        add_shared_arena(changes, arena, row_at, extent_of);
        continue;
      }
      const BlocksByRow blocks(arena, row_at);
      for (const auto& thread : kernels) add_thread_arena(changes, arena, blocks, thread, end);
    }
  }
  // At one moment what is given back comes first: a kernel's operands go as the next one's results come.
  std::sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) {
    return a.at_ns != b.at_ns ? a.at_ns < b.at_ns : a.bytes < b.bytes;
  });
  return changes;
}

}  // namespace

void add_memory_counters(Json& events, const Report& report, const TracedSteps& steps, int process) {
  const std::vector<Change> changes = changes_of(report, steps);
  int64_t shared = 0, threads = 0;
  for (size_t i = 0; i < changes.size(); ++i) {
    (changes[i].shared ? shared : threads) += changes[i].bytes;
    if (i + 1 < changes.size() && changes[i + 1].at_ns == changes[i].at_ns) continue;
    const double ts = double(changes[i].at_ns - steps.edges.front()) / 1000;
    const auto counter = [&](const char* name, int64_t bytes) {
      events.push_back(
          {{"ph", "C"}, {"name", name}, {"pid", process}, {"tid", 0}, {"ts", ts}, {"args", {{"bytes", bytes}}}});
    };
    counter("arenas in use", shared + threads);
    counter("arenas in use: shared", shared);
  }
}

}  // namespace tacho
