#include "analysis/chrome_trace.h"

#include <algorithm>
#include <cmath>

#include "analysis/memory_counters.h"

namespace tacho {
namespace {

constexpr int kProcess = 1;

/// Microseconds; a double holds three places of them for three months. A reader that cuts nanoseconds off where others
/// round finds the same one: a span that seems to begin before its neighbour ends is dropped by Perfetto.
double us(int64_t ns) {
  const double us = double(ns) / 1000;
  return int64_t(us * 1000) < ns ? std::nextafter(us, INFINITY) : us;
}

Json metadata(const char* name, int thread, Json args) {
  return {{"ph", "M"}, {"name", name}, {"pid", kProcess}, {"tid", thread}, {"args", std::move(args)}};
}

Json span(const std::string& name, const char* category, int thread, int64_t begin_ns, int64_t ns, Json args) {
  return {{"ph", "X"},     {"name", name},       {"cat", category}, {"pid", kProcess},
          {"tid", thread}, {"ts", us(begin_ns)}, {"dur", us(ns)},   {"args", std::move(args)}};
}

Json kernel_args(const NodeRow& row) {
  return {{"node", row.path},         {"op", row.op},
          {"layer", row.place.layer}, {"phase", name_of(row.place.phase)},
          {"backend", row.backend},   {"kernel", row.kernel_name}};
}

TracedSteps steps_of(const Report& report) {
  const Ledger& ledger = report.record->ledger;
  TracedSteps steps;
  steps.count = std::min(ledger.steps(), kMostTracedSteps);
  steps.first = std::clamp<int64_t>(report.step.median_step - steps.count / 2, 0, ledger.steps() - steps.count);
  steps.edges.push_back(steps.first == 0 ? ledger.begin_ns() : ledger.step_ends()[size_t(steps.first - 1)]);
  for (int64_t s = 0; s < steps.count; ++s) steps.edges.push_back(ledger.step_ends()[size_t(steps.first + s)]);
  return steps;
}

/// A thread's intervals within one step; one that reaches over the step's end is cut there.
void add_thread(Json& events, const Report& report, const TracedSteps& steps, int thread) {
  const RunRecord& record = *report.record;
  const auto& changes = record.ledger.record(thread).transitions();
  const int64_t zero = steps.edges.front(), last = steps.edges.back();
  size_t step = 0;
  for (size_t i = 0; i < changes.size() && changes[i].at_ns < last; ++i) {
    const int64_t end = std::min(i + 1 < changes.size() ? changes[i + 1].at_ns : last, last);
    for (int64_t begin = std::max(changes[i].at_ns, zero); begin < end;) {
      while (steps.edges[step + 1] <= begin) ++step;
      const int64_t until = std::min(end, steps.edges[step + 1]);
      const bool kernel = changes[i].account == Account::kernel;
      const NodeRow* row = kernel ? &record.rows.at(size_t(changes[i].node)) : nullptr;
      events.push_back(span(row ? report.operations.at(size_t(changes[i].node)).label : name_of(changes[i].account),
                            name_of(changes[i].account), thread, begin - zero, until - begin,
                            row ? kernel_args(*row) : Json::object()));
      begin = until;
    }
  }
}

}  // namespace

Json chrome_trace(const Report& report) {
  const RunRecord& record = *report.record;
  const TracedSteps steps = steps_of(report);
  Json events = Json::array();
  events.push_back(
      metadata("process_name", 0, {{"name", text_of("tacho ", record.network, ", batch ", record.batch)}}));
  for (int t = 0; t < record.threads; ++t) {
    events.push_back(metadata("thread_name", t, {{"name", text_of("thread ", t, t == 0 ? " (caller)" : "")}}));
    events.push_back(metadata("thread_sort_index", t, {{"sort_index", t}}));
    // Steps first: a span stands before those within it.
    for (int64_t s = 0; s < steps.count; ++s) {
      const int64_t begin = steps.edges[size_t(s)], ns = steps.edges[size_t(s + 1)] - begin;
      events.push_back(span(text_of("step ", steps.first + s), "step", t, begin - steps.edges.front(), ns,
                            {{"step", steps.first + s}}));
    }
    add_thread(events, report, steps, t);
  }
  add_memory_counters(events, report, steps, kProcess);
  return {{"displayTimeUnit", "ms"},
          {"traceEvents", std::move(events)},
          {"otherData",
           {{"schema", "tacho.trace"},
            {"command", record.command},
            {"machine", record.machine},
            {"first_step", steps.first},
            {"traced_steps", steps.count},
            {"measured_steps", record.ledger.steps()},
            {"median_step", report.step.median_step}}}};
}

}  // namespace tacho
