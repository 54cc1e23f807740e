// Whether `compare` puts a planted delay into the right kind of term.
#include <algorithm>

#include "analysis/compare/compare.h"
#include "analysis/compare/match.h"
#include "analysis/render_json.h"
#include "analysis/report.h"
#include "io/traces/read_trace.h"
#include "lab/differences.h"
#include "lab/self_check_rows.h"
#include "trace/statistics.h"

namespace tacho {
namespace {

// Every step of so many is sampled into the result.
constexpr int64_t kSteps = 200;

/// The steps of an alternation that have the delay, or those that have not.
StepProfile steps_with(const StepProfile& all, bool planted) {
  StepProfile kept = all;
  kept.file = planted ? "with the delay" : "without it";
  kept.steps_ns.clear(), kept.sampled.clear();
  std::vector<size_t> chosen;
  for (size_t s = 0; s < all.sampled.size(); ++s) {
    if (has_change(all.sampled[s]) != planted) continue;
    chosen.push_back(s);
    kept.sampled.push_back(int64_t(kept.steps_ns.size()));
    kept.steps_ns.push_back(all.steps_ns[size_t(all.sampled[s])]);
  }
  const auto choose = [&](std::vector<int64_t>& samples) {
    std::vector<int64_t> some;
    for (size_t s : chosen) some.push_back(samples[s]);
    samples = std::move(some);
  };
  for (ProfiledOperation& operation : kept.operations) choose(operation.samples_ns);
  for (ProfiledAccount& account : kept.accounts) choose(account.samples_ns);
  kept.median = size_t(median_index(kept.steps_ns));
  check_closed(kept, kept.file);
  return kept;
}

/// Measured, written as JSON and read again: everything that lies between a user's run and `tacho compare`.
Comparison compare_planted(const StepOptions& step, const Dataset& data, MeasureOptions measuring,
                           const PlantPlace& place) {
  measuring.steps = kSteps;
  measuring.ceilings = measuring.apart = false;
  Plant plant;
  measuring.before_step = [&](Feed& feed, int64_t s) {
    if (s == 0) plant = plant_at(place, feed);
    feed.pool().plant(has_change(s) ? plant : Plant{});
  };
  const RunRecord record = measure(step, data, measuring);
  const StepProfile all = parse_analyze_result(to_json(make_report(record)).dump(), "self-check");
  return compare(steps_with(all, false), steps_with(all, true));
}

/// The group of the row that does `path`.
const ComparedGroup& group_of(const Comparison& comparison, const std::string& path) {
  const auto does = [&](const ProfiledOperation& operation) {
    return std::any_of(operation.parts.begin(), operation.parts.end(),
                       [&](const ProfiledPart& part) { return part.id == path; });
  };
  size_t group = 0;
  for (const MatchedGroup& matched : match(comparison.a, comparison.b)) {
    if (!matched.matched()) continue;
    for (size_t row : matched.a)
      if (does(comparison.a.operations[row])) return comparison.groups[group];
    ++group;
  }
  fail("self-check: compare has no row for ", path);
}

TermValue operator+(const TermValue& a, const TermValue& b) {
  return {a.ns + b.ns, a.low_ns.value_or(a.ns) + b.low_ns.value_or(b.ns),
          a.high_ns.value_or(a.ns) + b.high_ns.value_or(b.ns)};
}

struct Expected {
  std::string term;
  int64_t ns = 0, tolerance_ns = kResolutionNs;
  TermValue found;
};

/// Where the delay belongs. A delay of one thread leaves the others waiting or gives them its tasks: that is not known
/// beforehand; what the thread itself has more is.
Expected expected(const Comparison& comparison, const PlantPlace& place, const StepOptions& step) {
  const int64_t shared = kPlantNs / step.way.threads;
  if (place.kind == Plant::at_input) {
    for (const ComparedAccount& account : comparison.accounts)
      if (account.name == name_of(Account::input) && account.bucket == ProfiledAccount::idle)
        return {"idle, its part waiting for data", shared, kResolutionNs, account.difference};
    fail("self-check: compare has no account ", name_of(Account::input));
  }
  if (place.kind == Plant::at_barrier) {
    // A thread that slept through a statement of procedural execution waits in idle, and waking up costs something of
    // the next: a tenth is let pass, as the ledger's rows do.
    if (step.way.procedural && step.way.threads > 1)
      return {"parallelism and idle", kPlantNs, kPlantNs / 10, comparison.parallelism + comparison.idle};
    return {"parallelism (waiting)", kPlantNs, at_barrier_tolerance_ns(step.way.threads), comparison.parallelism};
  }
  return {"rate of that operation", shared, kResolutionNs, group_of(comparison, place.path).rate};
}

SelfCheckRow row_of(const PlantPlace& place, const StepOptions& step, const Dataset& data,
                    const MeasureOptions& measuring) {
  const Comparison comparison = compare_planted(step, data, measuring, place);
  const Expected term = expected(comparison, place, step);
  SelfCheckRow row{"compare", place.words, term.term, term.ns, term.found.ns};
  row.low_ns = term.found.low_ns.value_or(term.found.ns) - term.tolerance_ns;
  row.high_ns = term.found.high_ns.value_or(term.found.ns) + term.tolerance_ns;
  row.samples = int64_t(comparison.b.steps_ns.size());
  judge(row);
  return row;
}

/// Both sides execute the same: nothing may be told to differ in work, and nothing may be left over.
SelfCheckRow nothing_else(const StepOptions& step, const Dataset& data, const MeasureOptions& measuring,
                          const PlantPlace& place) {
  const Comparison comparison = compare_planted(step, data, measuring, place);
  const TermValue sum = comparison.work + comparison.unmatched_sum;
  SelfCheckRow row{"compare", place.words, "work and unmatched", 0, sum.ns, *sum.low_ns, *sum.high_ns};
  row.samples = int64_t(comparison.b.steps_ns.size());
  judge(row);
  return row;
}

}  // namespace

void add_compare_rows(SelfCheck& check, const StepOptions& step, const Dataset& data, const MeasureOptions& measuring,
                      const std::string& path, const SelfCheckProgress& progress) {
  const std::vector<PlantPlace> places = plant_places(path, step.way.threads);
  for (const PlantPlace& place : places) {
    progress(place.words);
    check.rows.push_back(try_again([&] { return row_of(place, step, data, measuring); }));
  }
  check.rows.push_back(nothing_else(step, data, measuring, places.front()));
}

}  // namespace tacho
