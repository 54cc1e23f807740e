#include "analysis/why/attribution.h"

#include <algorithm>
#include <cmath>

namespace tacho {
namespace {

using Part = std::function<int64_t(const WaySample&)>;

int64_t whole(const WaySample& sample) { return sample.ns; }

int64_t median_of(const std::vector<WaySample>& samples, const Part& part) {
  std::vector<int64_t> ns;
  for (const WaySample& sample : samples) ns.push_back(part(sample));
  return ns[size_t(median_index(ns))];
}

/// Before and after `turn` in an order.
std::pair<TurnSet, TurnSet> around(const TurnOrder& order, int turn) {
  TurnSet made = 0;
  for (int t : order.turns) {
    if (t == turn) break;
    made |= TurnSet{1} << t;
  }
  return {made, made | TurnSet{1} << turn};
}

WhyTerm term_of(const WhyRecord& record, int turn) {
  WhyTerm term;
  term.turn = record.turns[size_t(turn)];
  const auto [before, after] = around(record.main, turn);
  term.before = &record.ways.at(before), term.after = &record.ways.at(after);
  term.ns = term.before->step_ns() - term.after->step_ns();
  term.factor = double(term.before->step_ns()) / double(std::max<int64_t>(term.after->step_ns(), 1));
  term.parts = term.before->median().parts;
  for (const auto& [part, ns] : term.after->median().parts) term.parts[part] -= ns;

  term.orders_low_ns = term.orders_high_ns = term.ns;
  term.rounds = std::min(term.before->rounds.size(), term.after->rounds.size());
  const RoundRange range = range_over_rounds(*term.before, *term.after, whole);
  term.samples_low_ns = std::min(term.ns, range.low_ns), term.samples_high_ns = std::max(term.ns, range.high_ns);
  for (const auto& [kind, ns] : by_kind(term.parts)) {
    const RoundRange found = range_over_rounds(*term.before, *term.after, [&kind = kind](const WaySample& sample) {
      int64_t sum = 0;
      for (const auto& [part, part_ns] : sample.parts)
        if (part.kind == kind) sum += part_ns;
      return sum;
    });
    term.kinds[kind] = {std::min(ns, found.low_ns), std::max(ns, found.high_ns)};
  }
  for (const TurnOrder& order : record.others) {
    const auto [b, a] = around(order, turn);
    const int64_t ns = record.ways.at(b).step_ns() - record.ways.at(a).step_ns();
    term.orders_low_ns = std::min(term.orders_low_ns, ns);
    term.orders_high_ns = std::max(term.orders_high_ns, ns);
  }
  term.low_ns = std::min(term.samples_low_ns, term.orders_low_ns);
  term.high_ns = std::max(term.samples_high_ns, term.orders_high_ns);
  term.orders_decide = term.orders_high_ns - term.orders_low_ns > term.samples_high_ns - term.samples_low_ns;
  return term;
}

/// Round against round would call every fourth of equal ways faster where there are two.
bool surely_faster(const MeasuredWay& way, const MeasuredWay& than) {
  int64_t slowest = 0, fastest = INT64_MAX;
  for (size_t r = 0; r < way.rounds.size(); ++r) slowest = std::max(slowest, way.round_ns(r));
  for (size_t r = 0; r < than.rounds.size(); ++r) fastest = std::min(fastest, than.round_ns(r));
  return slowest < fastest && std::min(way.rounds.size(), than.rounds.size()) > 1;
}

/// By how many times its width a range of so many rounds is widened on each side, so that it holds the difference of
/// the centres 99 times of 100, as that of five does (simulated, 200,000 times each, normal samples).
double widening(size_t rounds) {
  switch (rounds) {
    case 2:
      return 3.5;
    case 3:
      return 0.6;
    case 4:
      return 0.15;
    default:
      return 0;
  }
}

}  // namespace

const WaySample& MeasuredWay::median() const {
  std::vector<const WaySample*> all;
  std::vector<int64_t> ns;
  for (const auto& round : rounds)
    for (const WaySample& sample : round) all.push_back(&sample), ns.push_back(sample.ns);
  TACHO_CHECK(!all.empty(), label, " has no step");
  return *all[size_t(median_index(ns))];
}

int64_t MeasuredWay::round_ns(size_t round) const { return median_of(rounds.at(round), whole); }

int64_t MeasuredWay::steps() const {
  int64_t steps = 0;
  for (const auto& round : rounds) steps += int64_t(round.size());
  return steps;
}

RoundRange range_over_rounds(const MeasuredWay& before, const MeasuredWay& after, const Part& part) {
  const size_t rounds = std::min(before.rounds.size(), after.rounds.size());
  const auto extremes = [&](const MeasuredWay& way) {
    RoundRange range{INT64_MAX, INT64_MIN};
    for (size_t r = 0; r < rounds; ++r) {
      const int64_t ns = median_of(way.rounds[r], part);
      range.low_ns = std::min(range.low_ns, ns), range.high_ns = std::max(range.high_ns, ns);
    }
    return range;
  };
  const RoundRange b = extremes(before), a = extremes(after);
  RoundRange range{b.low_ns - a.high_ns, b.high_ns - a.low_ns};
  const double more = widening(rounds) * double(range.high_ns - range.low_ns);
  range.low_ns -= std::llround(more), range.high_ns += std::llround(more);
  return range;
}

Why attribute(const WhyRecord& record) {
  Why why;
  why.record = &record;
  why.from = &record.ways.at(0);
  TurnSet all = 0;
  for (int turn : record.main.turns) all |= TurnSet{1} << turn;
  why.to = &record.ways.at(all);
  for (int turn : record.main.turns) why.terms.push_back(term_of(record, turn));
  for (const auto& [turned, way] : record.ways)
    if (&way != why.to && surely_faster(way, *why.to) && (!why.fastest || way.step_ns() < why.fastest->step_ns()))
      why.fastest = &way;
  return why;
}

}  // namespace tacho
