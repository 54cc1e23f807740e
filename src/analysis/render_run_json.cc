// The long parts of a result: the median step's timeline and the memory plan, tensor by tensor.
#include <map>

#include "analysis/render_json.h"
#include "analysis/timeline.h"

namespace tacho {

Json timeline_to_json(const Report& report) {
  const RunRecord& record = *report.record;
  Json states = Json::array(), threads = Json::array();
  std::map<std::pair<Account, int32_t>, int> known;
  int number = 0;
  for (const auto& intervals : timeline_of(record.ledger, report.step.median_step)) {
    Json at = Json::array(), state = Json::array();
    for (const TimelineInterval& interval : intervals) {
      const auto [found, fresh] = known.try_emplace({interval.account, interval.node}, int(known.size()));
      if (fresh) {
        const bool kernel = interval.account == Account::kernel;
        const NodeRow* row = kernel ? &record.rows.at(size_t(interval.node)) : nullptr;
        states.push_back({{"account", name_of(interval.account)},
                          {"node", row ? Json(row->path) : Json(nullptr)},
                          {"phase", name_of(row ? row->place.phase : Phase::none)}});
      }
      at.push_back(interval.begin_ns);
      state.push_back(found->second);
    }
    threads.push_back({{"thread", number++}, {"at_ns", at}, {"state", state}});
  }
  return {{"step", report.step.median_step}, {"ns", report.step.median_ns}, {"states", states}, {"threads", threads}};
}

Json memory_to_json(const MemoryMap& map) {
  Json arenas = Json::array();
  for (const MemoryArena& arena : map.arenas) {
    const MemoryPeak peak = peak_of(map, arena);
    Json blocks = Json::array();
    for (const MemoryBlock& block : arena.blocks)
      blocks.push_back({{"node", block.name},
                        {"kind", block.kind == MemoryBlock::partial ? "partial" : "value"},
                        {"layer", block.place.layer},
                        {"phase", name_of(block.place.phase)},
                        {"bytes", block.bytes},
                        {"offset", block.offset},
                        {"first", block.begin},
                        {"last", block.end},
                        {"reuse", block.reuse}});
    arenas.push_back(
        {{"arena", arena.name},
         {"copies", arena.copies},
         {"bytes", arena.bytes},
         {"peak", {{"position", peak.position}, {"live_bytes", peak.live_bytes}, {"tensors", peak.blocks}}},
         {"tensors", blocks}});
  }
  return {{"order", map.order},
          {"workspace_bytes_per_thread", map.workspace_bytes},
          {"input_bytes", map.input_bytes},
          {"variable_bytes", map.variable_bytes},
          {"constant_bytes", map.constant_bytes},
          {"arenas", arenas}};
}

}  // namespace tacho
