// Whether `why` puts a planted delay into the term of the turn that removes it, and there into the right kind.
#include <algorithm>

#include "analysis/why/attribution.h"
#include "lab/self_check_rows.h"
#include "lab/why.h"

namespace tacho {
namespace {

constexpr const char* kTurn = "planted";

/// A real switch to turn beside the delay: one that changes neither the kernels' names nor their number much, so that
/// nothing has to be chosen by measurement first.
Switches with_another_switch(const Switches& to, const Way& way) {
  Switches from = to;
  if (way.procedural) set_switch(from, "dtype", way.dtype == DType::float64 ? "float32" : "float64");
  else set_switch(from, "memory-plan", way.memory_plan ? "off" : "on");
  return from;
}

struct ExpectedTerm {
  std::string part;
  int64_t ns = 0, tolerance_ns = kResolutionNs;
  std::function<bool(const StepPart&)> counts;
};

ExpectedTerm expected(const PlantPlace& place, const Way& way, const std::vector<StepPart>& kernel) {
  const int64_t shared = kPlantNs / way.threads;
  const auto account = [](const std::string& name) {
    return [name](const StepPart& part) { return part.kind == "outside" && part.op == name; };
  };
  // What the others do while one thread asks for data (they sleep, and wake up late) is not planted.
  if (place.kind == Plant::at_input)
    return {text_of(kTurn, ", outside, input"), shared, kResolutionNs, account("input")};
  if (place.kind == Plant::at_barrier) {
    if (way.procedural && way.threads > 1)
      return {text_of(kTurn, ", outside, sync and idle"), kPlantNs, kPlantNs / 10,
              [=](const StepPart& part) { return account("sync")(part) || account("idle")(part); }};
    return {text_of(kTurn, ", outside, sync"), kPlantNs, at_barrier_tolerance_ns(way.threads), account("sync")};
  }
  // A fused kernel's time is divided among its members: the delay comes back in all of them together.
  return {text_of(kTurn, ", ", kernel[0].kind, ", ", kernel[0].op), shared, kResolutionNs,
          [kernel](const StepPart& part) { return std::find(kernel.begin(), kernel.end(), part) != kernel.end(); }};
}

SelfCheckRow row_of(const PlantPlace& place, const StepOptions& step, const Dataset& data, const WhyOptions& base,
                    const std::vector<StepPart>& kernel) {
  WhyOptions options = base;
  options.planted = PlantedTurn{kTurn, place.words, [&](Feed& feed) { return plant_at(place, feed); }};
  const WhyRecord record = measure_why(step, data, options);
  const Why why = attribute(record);
  const auto term =
      std::find_if(why.terms.begin(), why.terms.end(), [](const WhyTerm& t) { return t.turn.name == kTurn; });
  const ExpectedTerm part = expected(place, step.way, kernel);
  SelfCheckRow row{"why", place.words, part.part, part.ns};
  for (const auto& [name, ns] : term->parts)
    if (part.counts(name)) row.found_ns += ns;
  const RoundRange range = range_over_rounds(*term->before, *term->after, [&](const WaySample& sample) {
    int64_t sum = 0;
    for (const auto& [name, ns] : sample.parts)
      if (part.counts(name)) sum += ns;
    return sum;
  });
  row.low_ns = std::min(range.low_ns, row.found_ns) - part.tolerance_ns;
  row.high_ns = std::max(range.high_ns, row.found_ns) + part.tolerance_ns;
  row.samples = int64_t(term->rounds);
  judge(row);
  return row;
}

/// What the ledger's parts call the kernel.
std::vector<StepPart> parts_of(const std::string& path, const StepOptions& step, const Dataset& data,
                               const MeasureOptions& measuring) {
  Feed feed(step, data, measuring.learning_rate, measuring.seed);
  feed.step();
  const Executor& executor = feed.session().executor();
  const std::vector<NodeRow> rows = executor.rows();
  const auto parts = parts_of_rows(executor.source(), rows);
  for (size_t r = 0; r < rows.size(); ++r) {
    if (rows[r].path != path) continue;
    std::vector<StepPart> named;
    for (const RowPart& part : parts[r]) named.push_back(to_step_part(part));
    return named;
  }
  fail("self-check: this way has no kernel ", path);
}

}  // namespace

void add_why_rows(SelfCheck& check, const StepOptions& step, const Dataset& data, const MeasureOptions& measuring,
                  const std::string& path, const SelfCheckProgress& progress) {
  WhyOptions options;
  options.to = switches_of(step.way);
  options.from = with_another_switch(options.to, step.way);
  options.other_orders = 1;
  options.learning_rate = measuring.learning_rate;
  options.seed = measuring.seed;
  const std::vector<StepPart> kernel = parts_of(path, step, data, measuring);
  for (const PlantPlace& place : plant_places(path, step.way.threads)) {
    progress(place.words);
    check.rows.push_back(try_again([&] { return row_of(place, step, data, options, kernel); }));
  }
}

}  // namespace tacho
