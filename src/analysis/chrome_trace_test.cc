// The picture says what the ledger says: read back as a program would, span by span.
#include "analysis/chrome_trace.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "data/dataset.h"
#include "lab/measure.h"
#include "nn/builtin.h"

namespace tacho {
namespace {

RunRecord measured(const std::vector<std::pair<std::string, std::string>>& list, int64_t steps) {
  DataSpec spec;
  spec.split = Split{64, 16};
  static const Dataset kDigits = load_dataset(spec);
  StepOptions options;
  options.network = builtin_network("simplenn-4");
  options.batch = 8;
  Switches switches;
  for (const auto& [name, value] : list) set_switch(switches, name, value);
  options.way = resolve(switches);
  MeasureOptions measuring;
  measuring.steps = steps;
  return measure(options, kDigits, measuring);
}

int64_t ns_of(const Json& event, const char* member) { return std::llround(event[member].get<double>() * 1000); }

/// Spans of a thread in the order of their begin, longer first, must lie within one another or apart.
void check_nesting(std::vector<std::pair<int64_t, int64_t>> spans) {
  std::stable_sort(spans.begin(), spans.end(),
                   [](auto a, auto b) { return a.first != b.first ? a.first < b.first : a.second > b.second; });
  std::vector<int64_t> open;
  for (const auto& [begin, end] : spans) {
    while (!open.empty() && open.back() <= begin) open.pop_back();
    if (!open.empty()) {
      ASSERT_LE(end, open.back()) << "a span outlasts the one it began in";
    }
    open.push_back(end);
  }
}

void check_trace(const RunRecord& record) {
  const Report report = make_report(record);
  const Json trace = Json::parse(chrome_trace(report).dump());
  const int64_t first = trace["otherData"]["first_step"], count = trace["otherData"]["traced_steps"];
  EXPECT_EQ(count, std::min(record.ledger.steps(), kMostTracedSteps));
  EXPECT_LE(first, report.step.median_step);
  EXPECT_LT(report.step.median_step, first + count) << "the median step is among them";

  std::map<int, std::vector<std::pair<int64_t, int64_t>>> spans;
  // By thread, account, and path of the node where there is one.
  std::map<std::tuple<int, std::string, std::string>, int64_t> times;
  std::map<int, int> steps;
  for (const Json& event : trace["traceEvents"]) {
    if (event["ph"] != "X") continue;
    const int64_t begin = ns_of(event, "ts"), ns = ns_of(event, "dur");
    EXPECT_GT(ns, 0);
    spans[event["tid"]].emplace_back(begin, begin + ns);
    if (event["cat"] == "step") ++steps[event["tid"]];
    else times[{event["tid"], event["cat"], event["args"].value("node", "")}] += ns;
  }
  EXPECT_EQ(int(spans.size()), record.threads);
  for (const auto& [thread, list] : spans) {
    SCOPED_TRACE(thread);
    check_nesting(list);
    EXPECT_EQ(steps[thread], count);
  }

  std::map<std::tuple<int, std::string, std::string>, int64_t> ledger;
  for (int64_t s = first; s < first + count; ++s)
    for (const LedgerEntry& entry : record.ledger.entries_of_step(s))
      ledger[{entry.thread, name_of(entry.account),
              entry.account == Account::kernel ? record.rows.at(size_t(entry.node)).path : ""}] += entry.ns;
  EXPECT_EQ(times, ledger) << "to the nanosecond";
}

/// Counters of bytes: never below 0, never above the arenas, none in use at the end of the last step.
void check_counters(const RunRecord& record) {
  int64_t most = 0, shared_most = 0, last = -1;
  double at = 0;
  for (const MemoryArena& arena : record.memory.arenas) {
    most += arena.copies * arena.bytes;
    if (arena.name == "shared") shared_most += arena.bytes;
  }
  int64_t peak = 0;
  const Json trace = chrome_trace(make_report(record));
  for (const Json& event : trace["traceEvents"]) {
    if (event["ph"] != "C") continue;
    const int64_t bytes = event["args"]["bytes"];
    const bool shared = event["name"] == "arenas in use: shared";
    EXPECT_GE(bytes, 0);
    EXPECT_LE(bytes, shared ? shared_most : most);
    EXPECT_GE(event["ts"].get<double>(), at) << "in the order of time";
    at = event["ts"];
    if (!shared) last = bytes, peak = std::max(peak, bytes);
  }
  EXPECT_GT(peak, 0);
  EXPECT_EQ(last, 0);
}

TEST(ChromeTraceLedger, CountersStayWithinTheArenas) {
  for (const char* schedule : {"slices", "sequential"}) {
    SCOPED_TRACE(schedule);
    check_counters(measured({{"threads", "2"}, {"schedule", schedule}}, 3));
  }
}

TEST(ChromeTraceLedger, NestsAndHasTheLedgersDurations) {
  for (const char* threads : {"1", "2"}) {
    SCOPED_TRACE(threads);
    check_trace(measured({{"threads", threads}}, 5));
  }
}

TEST(ChromeTraceLedger, OfManyStepsThoseAroundTheMedian) { check_trace(measured({{"threads", "2"}}, 40)); }

TEST(ChromeTraceLedger, ProceduralExecutionToo) {
  check_trace(measured({{"threads", "2"}, {"execution", "procedural"}}, 4));
}

}  // namespace
}  // namespace tacho
