// The memory plan's peaks in words.
#include <cstdio>

#include "base/error.h"
#include "plan/arena.h"
#include "plan/memory_map.h"

namespace tacho {
namespace {

std::string wide_megabytes(int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%9.3f MB", double(bytes) / 1e6);
  return text;
}

/// The end of a path that is too long says more than its begin.
std::string name_in(const std::string& name, size_t width) {
  if (name.size() <= width) return name + std::string(width - name.size(), ' ');
  return "..." + name.substr(name.size() - (width - 3));
}

std::string text_of_block(const MemoryBlock& block, int64_t live_bytes) {
  char share[32];
  std::snprintf(share, sizeof share, "%6.1f %%", 100 * double(arena_bytes(block.bytes)) / double(live_bytes));
  return "  " + name_in(block.name + (block.kind == MemoryBlock::partial ? " (partial sums)" : ""), 54) +
         wide_megabytes(block.bytes) + share + "\n";
}

std::string text_of_arena(const MemoryMap& map, const MemoryArena& arena, size_t most) {
  const MemoryPeak peak = peak_of(map, arena);
  if (peak.position < 0) return "";
  char head[160];
  std::snprintf(head, sizeof head, "%s: %.3f MB%s; fullest with %.3f MB at\n",
                arena.name == "shared" ? "shared by all threads" : "of each thread", double(arena.bytes) / 1e6,
                arena.copies > 1 ? text_of(" x ", arena.copies).c_str() : "", double(peak.live_bytes) / 1e6);
  std::string text = text_of(head, "  ", map.order[size_t(peak.position)], "\n");
  int64_t others = 0;
  for (size_t i = 0; i < peak.blocks.size(); ++i) {
    const MemoryBlock& block = arena.blocks[size_t(peak.blocks[i])];
    if (i < most) text += text_of_block(block, peak.live_bytes);
    else others += arena_bytes(block.bytes);
  }
  if (others > 0)
    text += text_of_block({MemoryBlock::value, text_of(peak.blocks.size() - most, " more"), {}, {}, others},
                          peak.live_bytes);
  if (arena.bytes > peak.live_bytes)
    text += text_of_block({MemoryBlock::value, "gaps between lifetimes", {}, {}, arena.bytes - peak.live_bytes},
                          peak.live_bytes);
  return text;
}

}  // namespace

std::string to_text(const MemoryMap& map, size_t most) {
  std::string text;
  for (const MemoryArena& arena : map.arenas) text += text_of_arena(map, arena, most);
  return text.empty() ? "" : "MEMORY AT ITS PEAK  share of what is alive there\n" + text;
}

}  // namespace tacho
