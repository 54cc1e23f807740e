#include "analysis/causal.h"

namespace tacho {
namespace {

class Columns {
 public:
  explicit Columns(int64_t step_ns) : step_ns_(step_ns), places_(ms_places(step_ns)) {}
  std::string ms(int64_t ns) const { return fixed(double(ns) / 1e6, places_); }
  std::string percent_of_step(int64_t ns) const { return fixed(100 * double(ns) / double(step_ns_), 1); }
  std::string between(int64_t low, int64_t high) const { return ms(low) + ".." + ms(high); }

 private:
  int64_t step_ns_;
  int places_;
};

}  // namespace

std::string render_causal(const Report& report, const Causal& causal, const Paint& paint) {
  const Columns columns(causal.step_ns);
  const int threads = report.threads();
  std::string text = paint.bold("CAUSAL GAIN") + text_of("  what the step of ", columns.ms(causal.step_ns),
                                                         " ms would save, measured; ", threads,
                                                         threads == 1 ? " thread\n" : " threads\n");
  text += "  if it were free      share ms     %   gain ms     %     interval    replay\n";
  for (const CausalRow& row : causal.rows)
    text += "  " + left(row.label, 19) + right(columns.ms(row.share_ns), 10) +
            right(columns.percent_of_step(row.share_ns), 6) + right(columns.ms(row.free_gain_ns), 10) +
            right(columns.percent_of_step(row.free_gain_ns), 6) + right(columns.between(row.low_ns, row.high_ns), 15) +
            right(columns.ms(row.replayed_gain_ns), 10) + "\n";
  bool floors = false;
  std::string no_virtual;
  for (const CausalRow& row : causal.rows) floors = floors || row.has_floor;
  if (floors) {
    text += "  if at its floor          replay ms     %  others held ms     %     interval\n";
    for (const CausalRow& row : causal.rows) {
      if (!row.has_floor) continue;
      text += "  " + left(row.label, 19) + right(columns.ms(row.floor_gain_ns), 15) +
              right(columns.percent_of_step(row.floor_gain_ns), 6);
      if (row.no_virtual.empty())
        text += right(columns.ms(row.virtual_gain_ns), 16) + right(columns.percent_of_step(row.virtual_gain_ns), 6) +
                right(columns.between(row.virtual_low_ns, row.virtual_high_ns), 14);
      else no_virtual = row.no_virtual;
      text += "\n";
    }
  }
  text += wrap(
      "  share: its kernels' time over the threads; gain: steps with and without its kernel in alternation, "
      "its results those of a former step (interval: three standard errors of the median); replay: the "
      "schedule played with its time taken out",
      80, 2);
  if (floors)
    text += wrap(
        "  others held: each time it is over, the other threads wait for what it would have saved; the step "
        "less those waits is the step with a faster operation",
        80, 2);
  if (!no_virtual.empty()) text += wrap("  others not held: " + no_virtual, 80, 2);
  return text +
         wrap(text_of("  the schedule played with a measured step's own times: ", columns.ms(causal.replayed_step_ns),
                      " ms, the step took ", columns.ms(causal.measured_step_ns), " ms"),
              80, 2);
}

Json causal_to_json(const Causal& causal) {
  Json rows = Json::array();
  for (const CausalRow& row : causal.rows) {
    Json json = {{"node", row.node},         {"label", row.label},
                 {"share_ns", row.share_ns}, {"free_gain_ns", row.free_gain_ns},
                 {"low_ns", row.low_ns},     {"high_ns", row.high_ns},
                 {"pairs", row.pairs},       {"replayed_gain_ns", row.replayed_gain_ns},
                 {"step_ns", causal.step_ns}};
    if (row.has_floor) {
      json["floor_gain_ns"] = row.floor_gain_ns;
      if (row.no_virtual.empty()) {
        json["virtual_gain_ns"] = row.virtual_gain_ns;
        json["virtual_low_ns"] = row.virtual_low_ns;
        json["virtual_high_ns"] = row.virtual_high_ns;
      }
    }
    rows.push_back(std::move(json));
  }
  return rows;
}

}  // namespace tacho
