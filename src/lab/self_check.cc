#include "lab/self_check.h"

#include <algorithm>

#include "analysis/text.h"
#include "lab/self_check_rows.h"

namespace tacho {

void judge(SelfCheckRow& row) {
  const bool inside = row.low_ns <= row.planted_ns && row.planted_ns <= row.high_ns;
  // Where nothing may come back, the yardstick is what was planted elsewhere.
  const double yardstick = double(row.planted_ns > 0 ? row.planted_ns : kPlantNs);
  row.holds = inside && double(row.high_ns - row.low_ns) <= 2 * kWidestShare * yardstick;
  row.noisy = inside && !row.holds;
}

SelfCheckRow try_again(const std::function<SelfCheckRow()>& attempt) {
  SelfCheckRow row;
  for (int tries = 1; tries <= kSelfCheckTries && !row.holds; ++tries) {
    row = attempt();
    row.tries = tries;
  }
  return row;
}

std::vector<PlantPlace> plant_places(const std::string& path, int threads) {
  return {{Plant::in_kernel, "in the kernel " + path, path},
          {Plant::at_barrier, "at a barrier"},
          {Plant::at_input, "at the hand-over of data"},
          {Plant::in_thread, text_of("in the same kernel on thread ", threads - 1, " alone"), path, threads - 1}};
}

Plant plant_at(const PlantPlace& place, const Feed& feed) {
  Plant plant{place.kind, -1, place.thread, kPlantNs};
  if (place.path.empty()) return plant;
  const std::vector<NodeRow> rows = feed.session().executor().rows();
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const NodeRow& row) { return row.path == place.path; });
  if (found == rows.end()) fail("self-check: this way has no kernel ", place.path, " to plant a delay in");
  plant.node = int32_t(found - rows.begin());
  return plant;
}

bool SelfCheck::holds() const {
  return std::all_of(rows.begin(), rows.end(), [](const SelfCheckRow& row) { return row.holds; });
}

SelfCheck self_check(const StepOptions& options, const Dataset& data, const MeasureOptions& measuring) {
  StepOptions small = options;
  small.batch = std::min<int64_t>(options.batch, 16);
  SelfCheck check{small.batch, options.way.threads, {}};
  const auto saying = [&](const std::string& reader) {
    return [&measuring, reader](const std::string& place) {
      if (measuring.progress) measuring.progress((reader + ": planting " + place).c_str());
    };
  };
  std::string path;
  {
    Feed feed(small, data, measuring.learning_rate, measuring.seed);
    warm_up(feed, 3, 1.0);
    const int node = node_to_plant_in(feed);
    add_ledger_rows(check, feed, node, saying("ledger"));
    path = feed.session().executor().rows()[size_t(node)].path;
  }
  add_compare_rows(check, small, data, measuring, path, saying("compare"));
  add_why_rows(check, small, data, measuring, path, saying("why"));
  return check;
}

std::string to_text(const SelfCheck& check) {
  const auto ms = [](int64_t ns) { return fixed(double(ns) / 1e6, 3); };
  std::string text =
      text_of("SELF-CHECK  1.000 ms is planted once a step and must come back where it belongs;\n", "  steps of ",
              check.batch, " examples, ", check.threads, check.threads == 1 ? " thread" : " threads", "\n");
  std::string reader;
  for (const SelfCheckRow& row : check.rows) {
    if (row.reader != reader) {
      reader = row.reader;
      text += reader == "ledger"    ? "LEDGER  thread time in an account, with the delay less without\n"
              : reader == "compare" ? "COMPARE  steps without it against steps with it: terms are shares of the step\n"
                                    : "WHY  the delay as one turn beside a real switch: terms are shares of the step\n";
    }
    text += wrap(text_of(row.holds ? "  holds  " : row.noisy ? "  noisy  " : "  FAILS  ", row.planted), 80, 9);
    std::string line =
        text_of(row.account, ": ", row.found_ns < 0 ? "-" : "+", ms(row.found_ns < 0 ? -row.found_ns : row.found_ns),
                " ms, between ", ms(row.low_ns), " and ", ms(row.high_ns));
    if (row.planted_ns != kPlantNs) line += text_of("; ", ms(row.planted_ns), " expected");
    if (row.tries > 1) line += text_of(" (try ", row.tries, ")");
    text += wrap("         " + line, 80, 11);
  }
  return text + (check.holds() ? "Every planted delay came back.\n"
                               : "Not every planted delay came back (noisy: the machine is too busy to tell).\n");
}

}  // namespace tacho
