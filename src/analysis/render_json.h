#pragma once
// The contract's fields, for other programs: docs/report.md says what each one means.
#include <nlohmann/json.hpp>
#include <string>

#include "analysis/report.h"

namespace tacho {

using Json = nlohmann::ordered_json;

/// The whole report, `schema` "tacho.analyze" first. What this version does not measure (floors, ceilings, estimated
/// gains) is absent.
Json to_json(const Report& report);

// Parts that other results share.
Json to_json(const Tally& count);
Json switches_to_json(const SwitchValues& switches);
/// The median step of every thread: `at_ns` and the `state` that begins there.
Json timeline_to_json(const Report& report);
/// Every tensor of the arenas with place and lifetime, and the arenas' peaks.
Json memory_to_json(const MemoryMap& map);
/// node, op, label, layer, phase, formula, ... of a required count.
Json required_to_json(const SourceNode& node);

}  // namespace tacho
