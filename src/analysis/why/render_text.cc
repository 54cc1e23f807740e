#include <algorithm>
#include <cmath>

#include "analysis/why/render.h"

namespace tacho {
namespace {

constexpr size_t kBar = 14, kTurn = 25;

/// Milliseconds of one table: whole units of the last place, so that differences of what is printed are printed too.
class Milliseconds {
 public:
  explicit Milliseconds(int64_t shortest_step_ns)
      : places_(ms_places(shortest_step_ns)), unit_(places_ == 3 ? 1000 : 10'000) {}
  int64_t in_units(int64_t ns) const { return int64_t(std::llround(double(ns) / double(unit_))); }
  std::string of_units(int64_t count) const { return (count < 0 ? "-" : "") + units(std::abs(count), places_); }
  std::string operator()(int64_t ns) const { return of_units(in_units(ns)); }

 private:
  int places_;
  int64_t unit_;
};

/// Of the printed steps, so that the column sums to what is printed below it.
int64_t less_units(const WhyTerm& term, const Milliseconds& ms) {
  return ms.in_units(term.before->step_ns()) - ms.in_units(term.after->step_ns());
}

std::string factor_text(double factor) { return factor >= 9.995 ? fixed(factor, 1) : fixed(factor, 2); }

std::string header(const Why& why, const Milliseconds& ms, const Paint& paint) {
  const WhyRecord& record = *why.record;
  const bool training = !record.optimizer.empty();
  std::string text = paint.bold(
      wrap(text_of("tacho why  ", record.network, ", ", record.data, ": ", training ? "training step" : "inference",
                   ", batch ", record.batch, ", ", record.dtype, training ? ", " + record.optimizer : ""),
           80, 2));
  text +=
      wrap(text_of("  machine  ", record.machine, ", ", record.cores, record.cores == 1 ? " core" : " cores"), 80, 11);
  text += wrap("  from     " + why.from->label, 80, 11);
  text += wrap("  to       " + why.to->label, 80, 11);
  const double factor = double(why.from->step_ns()) / double(std::max<int64_t>(why.to->step_ns(), 1));
  return text + "\n" +
         paint.bold(text_of("STEP  ", ms(why.from->step_ns()), " ms → ", ms(why.to->step_ns()),
                            " ms: ", factor_text(factor >= 1 ? factor : 1 / factor),
                            factor >= 1 ? " times as fast" : " times as slow")) +
         "\n";
}

/// What is left of the longest step ('#'), and what this switch took away ('-') or added ('+').
std::string bar(int64_t before_ns, int64_t after_ns, int64_t longest_ns) {
  const auto cells = [&](int64_t ns) { return size_t(std::llround(double(ns) / double(longest_ns) * double(kBar))); };
  const size_t before = cells(before_ns), after = cells(after_ns), both = std::min(before, after);
  return std::string(both, '#') + std::string(std::max(before, after) - both, after > before ? '+' : '-');
}

std::string turn_text(const Turn& turn) {
  const std::string from = width_of(turn.from) > kTurn / 2 ? left(turn.from, kTurn / 2) : turn.from;
  return left(from + " → " + turn.to, kTurn);
}

std::string waterfall(const Why& why, const Milliseconds& ms, const Paint& paint) {
  int64_t longest = std::max<int64_t>(why.from->step_ns(), 1);
  for (const WhyTerm& term : why.terms) longest = std::max(longest, term.after->step_ns());
  std::string text = "\n" + paint.bold(left("WATERFALL  one switch after another", 39)) + right("step ms", 10) +
                     right("less", 9) + right("factor", 7) + " # left\n";
  text += "  " + left("from", 37) + right(ms(why.from->step_ns()), 10) + std::string(17, ' ') +
          bar(why.from->step_ns(), why.from->step_ns(), longest) + "\n";
  int64_t less = 0;
  for (const WhyTerm& term : why.terms) {
    const int64_t part = less_units(term, ms);
    less += part;
    text += "  " + left(term.turn.name, 11) + " " + turn_text(term.turn) + right(ms(term.after->step_ns()), 10) +
            right(ms.of_units(part), 9) + right(factor_text(term.factor), 7) + " " +
            bar(term.before->step_ns(), term.after->step_ns(), longest) + "\n";
  }
  const double factor = double(why.from->step_ns()) / double(std::max<int64_t>(why.to->step_ns(), 1));
  return text +
         paint.bold("  " + left("all switches", 37) + right(ms(why.to->step_ns()), 10) + right(ms.of_units(less), 9) +
                    right(factor_text(factor), 7)) +
         "\n";
}

std::string range(int64_t low, int64_t high, const Milliseconds& ms) { return ms(low) + " … " + ms(high); }

std::string ranges(const Why& why, const Milliseconds& ms, const Paint& paint) {
  const size_t orders = why.record->others.size() + 1;
  std::string text = "\n" + paint.bold(left("RANGES  ms less", 18)) + right("here", 10) + right("in its rounds", 25) +
                     right(text_of("in ", orders, orders == 1 ? " order" : " orders"), 26) + "\n";
  size_t fewest = SIZE_MAX, most = 0;
  for (const WhyTerm& term : why.terms) {
    fewest = std::min(fewest, term.rounds), most = std::max(most, term.rounds);
    text += "  " + left(term.turn.name, 16) + right(ms.of_units(less_units(term, ms)), 10) +
            right(term.rounds > 1 ? range(term.samples_low_ns, term.samples_high_ns, ms) : "one round", 25) +
            right(orders > 1 ? range(term.orders_low_ns, term.orders_high_ns, ms) : "-", 26) + "\n";
  }
  text += wrap(text_of("  rounds: every way in turn, ", fewest == most ? text_of(most) : text_of(fewest, " to ", most),
                       " times; any round of the way before against any behind, wider where they are fewer than 5. "
                       "orders: what the switch is worth "
                       "turned earlier or later, others being as they are then"),
               80, 2);
  return text;
}

const char* column_name(const std::string& kind) {
  static const std::map<std::string, const char*> kNames = {
      {"product", "prod."}, {"index", "index"},         {"pooling", "pool"}, {"activation", "activ."},
      {"bias", "bias"},     {"normalization", "norm."}, {"loss", "loss"},    {"update", "update"},
      {"other", "other"},   {"outside", "out"}};
  return kNames.at(kind);
}

/// Columns are the kinds that take any time; each row's sum to its term.
std::string kinds(const Why& why, const Paint& paint) {
  const auto from = by_kind(why.from->median().parts), to = by_kind(why.to->median().parts);
  std::vector<std::string> shown;
  for (const std::string& kind : step_kinds()) {
    const auto takes = [&](const auto& sums) { return sums.count(kind) && sums.at(kind) >= 1000; };
    bool any = takes(from) || takes(to);
    for (const WhyTerm& term : why.terms) any = any || takes(by_kind(term.after->median().parts));
    if (any) shown.push_back(kind);
  }
  const size_t width = std::min<size_t>(8, (80 - 14) / std::max<size_t>(shown.size(), 1));
  std::string text = "\n" + paint.bold("KINDS  ms less");  // as wide as a row's name
  for (const std::string& kind : shown) text += right(column_name(kind), width);
  text += "\n";
  const auto row = [&](const std::string& name, const std::map<std::string, int64_t>& sums) {
    std::string line = "  " + left(name, 12);
    for (const std::string& kind : shown) {
      const auto found = sums.find(kind);
      const std::string number = found == sums.end() ? "-" : short_number(double(found->second) / 1e6);
      line += right(number == "-0.00" ? "0.00" : number, width);
    }
    return line + "\n";
  };
  text += row("from", from);
  for (const WhyTerm& term : why.terms) text += row(term.turn.name, by_kind(term.parts));
  text += row("to", to);
  return text + wrap(
                    "  from and to: the step's parts, per thread. A kernel that does several operations counts as its "
                    "main one; out: outside kernels (dispatch, waiting, input, idle)",
                    80, 2);
}

std::string notes(const Why& why) {
  const WhyRecord& record = *why.record;
  std::string text = "\n";
  for (const Postponed& p : record.main.postponed)
    text += wrap("  " + record.turns[size_t(p.turn)].name + " waited for its place: " + p.reason, 80, 4);
  for (const std::string& reason : record.left_out) text += wrap("  an order was left out: " + reason, 80, 4);
  for (const auto* way : {why.from, why.to})
    if (!way->warmed_up) text += wrap("  a single step, without warm-up: " + way->label, 80, 4);
  int64_t steps = INT64_MAX, most = 0;
  for (const auto& [made, way] : record.ways) steps = std::min(steps, way.steps()), most = std::max(most, way.steps());
  text += wrap(text_of("  ", record.ways.size(), " ways, ", steps, " to ", most,
                       " steps each; a term is a difference of two medians, and the terms sum to the whole exactly"),
               80, 2);
  if (why.fastest) {
    std::string turned;
    for (size_t s = 0; s < why.fastest->switches.size(); ++s)
      if (const auto& [name, value] = why.fastest->switches[s]; value != why.to->switches[s].second)
        turned += (turned.empty() ? "" : ", ") + name + " " + value;
    text += wrap(text_of("  faster than the end, its slowest round than the end's fastest: the end with ", turned, ", ",
                         fixed(double(why.fastest->step_ns()) / 1e6, 3), " ms"),
                 80, 2);
  }
  return text;
}

}  // namespace

std::string render_text(const Why& why, const Paint& paint) {
  const Milliseconds ms(why.to->step_ns());
  return header(why, ms, paint) + waterfall(why, ms, paint) + ranges(why, ms, paint) + kinds(why, paint) + notes(why);
}

}  // namespace tacho
