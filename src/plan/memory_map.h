#pragma once
// The memory plan as one can read it: what lies where in the arenas, from which node to which, and what makes the peak.
#include <cstdint>
#include <string>
#include <vector>

#include "op/value.h"

namespace tacho {

struct Plan;

/// A piece of an arena with its lifetime in positions (indices into MemoryMap::order), both ends included.
struct MemoryBlock {
  enum Kind : uint8_t {
    value,    ///< results; those that are written over one another are one block
    partial,  ///< the lanes' partial sums of one node
  } kind = value;
  std::string name;                ///< path of the node that writes it first
  std::vector<std::string> reuse;  ///< paths of the nodes whose results take the same place afterwards
  Place place;
  int64_t bytes = 0, offset = 0;
  int begin = 0, end = 0;
};

struct MemoryArena {
  std::string name;    ///< "shared": once per batch; "thread": each thread's own, for the slice it works on
  int64_t copies = 1;  ///< 1, or the number of threads
  int64_t bytes = 0;   ///< of one copy: offsets go from 0 to here
  std::vector<MemoryBlock> blocks;  ///< in the order in which they begin
};

struct MemoryMap {
  std::vector<std::string> order;  ///< paths of the nodes that run, in the order of the schedule
  std::vector<MemoryArena> arenas;
  int64_t threads = 1;
  int64_t workspace_bytes = 0;                                      ///< of each thread, beside the arenas
  int64_t input_bytes = 0, variable_bytes = 0, constant_bytes = 0;  ///< not in the arenas: examples, weights and state

  /// Arenas and workspaces of all threads: Plan::planned_bytes.
  int64_t planned_bytes() const;
};

/// Where an arena is fullest.
struct MemoryPeak {
  int position = -1;        ///< index into MemoryMap::order; -1 for an empty arena
  int64_t live_bytes = 0;   ///< of the blocks alive there, each rounded up to the arena's alignment
  std::vector<int> blocks;  ///< those blocks, largest first
};

MemoryMap memory_map(const Plan& plan, int threads);
MemoryPeak peak_of(const MemoryMap& map, const MemoryArena& arena);

/// The peaks with their largest `most` tensors, at most 80 columns; empty where there is no arena.
std::string to_text(const MemoryMap& map, size_t most = 5);

}  // namespace tacho
