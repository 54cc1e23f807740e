#include "analysis/why/attribution.h"

#include <algorithm>

namespace tacho {
namespace {

int64_t median_of(const std::vector<WaySample>& samples) {
  std::vector<int64_t> ns;
  for (const WaySample& sample : samples) ns.push_back(sample.ns);
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

  term.samples_low_ns = term.samples_high_ns = term.orders_low_ns = term.orders_high_ns = term.ns;
  term.rounds = std::min(term.before->rounds.size(), term.after->rounds.size());
  for (size_t r = 0; r < term.rounds; ++r) {
    const int64_t ns = term.before->round_ns(r) - term.after->round_ns(r);
    term.samples_low_ns = std::min(term.samples_low_ns, ns);
    term.samples_high_ns = std::max(term.samples_high_ns, ns);
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

bool faster_in_every_round(const MeasuredWay& way, const MeasuredWay& than) {
  const size_t rounds = std::min(way.rounds.size(), than.rounds.size());
  for (size_t r = 0; r < rounds; ++r)
    if (way.round_ns(r) >= than.round_ns(r)) return false;
  return rounds > 1;
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

int64_t MeasuredWay::round_ns(size_t round) const { return median_of(rounds.at(round)); }

int64_t MeasuredWay::steps() const {
  int64_t steps = 0;
  for (const auto& round : rounds) steps += int64_t(round.size());
  return steps;
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
    if (&way != why.to && faster_in_every_round(way, *why.to) &&
        (!why.fastest || way.step_ns() < why.fastest->step_ns()))
      why.fastest = &way;
  return why;
}

}  // namespace tacho
