#include "cli/self_check_json.h"

#include "device/cpu.h"

namespace tacho {

Json self_check_to_json(const SelfCheck& check, const RecordingCost& cost) {
  Json rows = Json::array();
  for (const SelfCheckRow& row : check.rows)
    rows.push_back({{"reader", row.reader},
                    {"planted", row.planted},
                    {"account", row.account},
                    {"planted_ns", row.planted_ns},
                    {"found_ns", row.found_ns},
                    {"low_ns", row.low_ns},
                    {"high_ns", row.high_ns},
                    {"samples", row.samples},
                    {"tries", row.tries},
                    {"holds", row.holds},
                    {"noisy", row.noisy}});
  return {{"schema", "tacho.self-check"},
          {"schema_version", 2},
          {"machine", {{"model", this_cpu().model}, {"cores", this_cpu().cores}}},
          {"batch_size", check.batch},
          {"threads", check.threads},
          {"holds", check.holds()},
          {"rows", rows},
          {"recording_cost",
           {{"batch_size", cost.batch},
            {"plain_ns", cost.plain_ns},
            {"plain_mad_ns", cost.plain_mad_ns},
            {"recorded_ns", cost.recorded_ns},
            {"recorded_mad_ns", cost.recorded_mad_ns},
            {"cost_ns", cost.cost_ns},
            {"low_ns", cost.low_ns},
            {"high_ns", cost.high_ns},
            {"share", cost.share(cost.cost_ns)},
            {"pairs", cost.pairs},
            {"steps_per_turn", cost.steps},
            {"timestamps_per_step", cost.timestamps},
            {"stamp_cost_ns", cost.stamp_ns},
            {"counted_share", cost.counted_share()},
            {"too_much", cost.too_much()}}}};
}

}  // namespace tacho
