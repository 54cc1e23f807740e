#include "lab/why.h"

#include <algorithm>

#include "base/clock.h"
#include "device/cpu.h"
#include "lab/visit.h"

namespace tacho {
namespace {

constexpr double kSlowSeconds = 1;      // a longer step is measured in two rounds, one step each
constexpr double kTooSlowSeconds = 10;  // a longer one is not measured for the ranges alone
constexpr int kSlowRounds = 2, kOtherRounds = 2;

/// Better kernels first, then what the graph makes possible, then threads: each switch after those it builds on.
const std::vector<std::string>& default_order() {
  static const std::vector<std::string> kOrder = {"dtype",     "backend", "gemm",   "convolution",
                                                  "execution", "tune",    "layout", "memory-plan",
                                                  "schedule",  "fusion",  "lanes",  "threads"};
  return kOrder;
}

/// Every switch at the value it comes to, so that turning one changes no other's default.
Switches every_switch(const Switches& given) { return switches_of(resolve(given)); }

bool has_convolutions(const NetworkSpec& network) {
  return std::any_of(network.layers.begin(), network.layers.end(),
                     [](const LayerSpec& layer) { return layer.kind.find("conv") != std::string::npos; });
}

std::vector<Turn> turns_between(const Switches& from, const Switches& to, const std::optional<PlantedTurn>& planted) {
  std::vector<Turn> turns;
  for (const auto& [name, value] : from.set)
    if (value != to.set.at(name)) turns.push_back({name, value, to.set.at(name)});
  if (planted) turns.push_back({planted->name, planted->where, "none"});
  if (turns.empty()) fail("why: both ends are the same way; turn a switch by --from SWITCH=VALUE");
  return turns;
}

std::vector<int> wished(const std::vector<Turn>& turns, const std::vector<std::string>& given) {
  std::vector<std::string> names = given;
  for (const std::string& name : default_order())
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  std::vector<int> wish;
  for (const std::string& name : names) {
    const auto is = [&](const auto& known) { return known.name == name; };
    if (std::none_of(all_switches().begin(), all_switches().end(), is)) fail("--order: unknown switch '", name, "'");
    const auto turn = std::find_if(turns.begin(), turns.end(), is);
    if (turn == turns.end()) continue;  // both ends agree on it
    const int index = int(turn - turns.begin());
    if (std::find(wish.begin(), wish.end(), index) != wish.end()) fail("--order names ", name, " twice");
    wish.push_back(index);
  }
  if (wish.size() < turns.size()) wish.push_back(int(turns.size()) - 1);  // the planted one is no switch
  return wish;
}

/// The combinations between two ways.
class Combinations {
 public:
  Combinations(Switches from, std::vector<Turn> turns, bool planted)
      : from_(std::move(from)), turns_(std::move(turns)), switches_(turns_.size() - (planted ? 1 : 0)) {}

  Way way(TurnSet made) const {
    Switches switches = from_;
    for (size_t t = 0; t < switches_; ++t)
      if (made >> t & 1) switches.set[turns_[t].name] = turns_[t].to;
    return resolve(switches);
  }
  /// Whether there is a delay, and its turn was not made.
  bool has_plant(TurnSet made) const { return switches_ < turns_.size() && !(made >> switches_ & 1); }
  /// "" where the combination is possible and says something about the switch that was turned last.
  std::string refusal(TurnSet made) const {
    for (const char* name : {"gemm", "convolution", "layout", "tune"}) {
      const int backend = turn_of("backend"), other = turn_of(name);
      if (backend < 0 || other < 0 || !(made >> other & 1) || (made >> backend & 1)) continue;
      const std::string& value = turns_[size_t(other)].to;
      if (value == "auto" || value == "on" || (value == "off" && other == turn_of("tune")))
        return text_of("--", name, " ", value, " chooses among --backend, which must be turned first");
    }
    try {
      way(made);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

 private:
  int turn_of(const std::string& name) const {
    for (size_t t = 0; t < turns_.size(); ++t)
      if (turns_[t].name == name) return int(t);
    return -1;
  }
  Switches from_;
  std::vector<Turn> turns_;
  size_t switches_;  ///< turns that are switches; a planted one stands behind them
};

std::vector<TurnSet> ways_on(const TurnOrder& order) {
  std::vector<TurnSet> ways = {0};
  for (int turn : order.turns) ways.push_back(ways.back() | TurnSet{1} << turn);
  return ways;
}

/// Visits ways in rounds.
class Rounds {
 public:
  Rounds(const StepOptions& step, const Dataset& data, const WhyOptions& options, const Combinations& combinations,
         WhyRecord& record)
      : step_(step), data_(data), options_(options), combinations_(combinations), record_(record) {}

  void run() {
    first_round();
    // Every other round runs backwards, so that a steady drift adds nothing to a difference of medians.
    std::vector<TurnSet> order;
    for (const auto& [made, way] : record_.ways) order.push_back(made);
    for (int round = 1; round < options_.rounds; ++round) {
      std::reverse(order.begin(), order.end());
      for (TurnSet made : order)
        if (round < rounds_of(made)) visit_way(made);
    }
  }

 private:
  bool on_main(TurnSet made) const {
    const std::vector<TurnSet> main = ways_on(record_.main);
    return std::find(main.begin(), main.end(), made) != main.end();
  }
  int rounds_of(TurnSet made) const {
    const MeasuredWay& way = record_.ways.at(made);
    const double seconds = double(way.step_ns()) / 1e9;
    const bool main = on_main(made);
    if (!way.warmed_up || (!main && seconds > kTooSlowSeconds)) return 1;
    return std::min(options_.rounds, seconds > kSlowSeconds ? kSlowRounds : main ? options_.rounds : kOtherRounds);
  }

  void first_round() {
    for (TurnSet made : ways_on(record_.main)) visit_way(made);
    std::vector<TurnOrder> kept;
    for (const TurnOrder& order : record_.others) {
      std::string too_slow;
      for (TurnSet made : ways_on(order)) {
        if (!record_.ways.count(made)) visit_way(made);
        const MeasuredWay& way = record_.ways.at(made);
        if (on_main(made) || double(way.step_ns()) < kTooSlowSeconds * 1e9) continue;
        too_slow = text_of("one step of its way '", way.label, "' takes ", way.step_ns() / 1'000'000'000, " s");
        break;
      }
      if (too_slow.empty()) kept.push_back(order);
      else record_.left_out.push_back(too_slow);
    }
    record_.others = kept;
    // A way that only a dropped order passes stays: it was measured, and may be the fastest.
  }

  void visit_way(TurnSet made) {
    StepOptions step = step_;
    step.way = combinations_.way(made);
    const std::string label = to_string(step.way) + ", " + std::to_string(step.way.threads) +
                              (step.way.threads == 1 ? " thread" : " threads");
    if (options_.progress) options_.progress(label, share_done(), seconds_left());
    const int64_t begin = now_ns();
    VisitOptions visiting;
    visiting.learning_rate = options_.learning_rate, visiting.seed = options_.seed;
    if (combinations_.has_plant(made)) visiting.plant = options_.planted->plant;
    const Visit measured = visit(step, data_, visiting);
    MeasuredWay& way = record_.ways[made];
    way.label = label;
    way.switches = step.way.switches;
    way.warmed_up = measured.warmed_up;
    way.rounds.push_back(quicker_samples(step_samples(measured.record)));
    // The last visit predicts the next: a first one may have chosen kernels by measurement.
    visit_ns_[made] = now_ns() - begin;
  }

  /// Visits that are over, and the time of those to come; both only known once each way was visited.
  std::pair<int64_t, int64_t> done_and_left_ns() const {
    int64_t done = 0, left = 0;
    for (const auto& [made, ns] : visit_ns_) {
      const auto over = int64_t(record_.ways.at(made).rounds.size());
      done += ns * over;
      left += ns * std::max<int64_t>(rounds_of(made) - over, 0);
    }
    return {done, left};
  }
  bool first_round_over() const {
    return !record_.ways.empty() && std::any_of(record_.ways.begin(), record_.ways.end(),
                                                [](const auto& w) { return w.second.rounds.size() > 1; });
  }
  double share_done() const {
    const auto [done, left] = done_and_left_ns();
    return first_round_over() ? double(done) / double(std::max<int64_t>(done + left, 1)) : 0;
  }
  double seconds_left() const { return first_round_over() ? double(done_and_left_ns().second) / 1e9 : -1; }

  const StepOptions& step_;
  const Dataset& data_;
  const WhyOptions& options_;
  const Combinations& combinations_;
  WhyRecord& record_;
  std::map<TurnSet, int64_t> visit_ns_;
};

}  // namespace

Switches switches_of(const Way& way) {
  Switches all;
  for (const auto& [name, value] : way.switches) {
    std::string plain = value;
    plain.erase(std::remove(plain.begin(), plain.end(), ' '), plain.end());  // "simd, blas" is printed for people
    all.set[name] = plain;
  }
  return all;
}

Switches slowest_way(const Switches& to) {
  Switches from;
  for (const char* name : {"dtype", "lanes"})
    if (to.set.count(name)) from.set[name] = to.set.at(name);
  set_switch(from, "execution", "procedural");
  set_switch(from, "convolution", "gather");
  set_switch(from, "gemm", "reference");
  set_switch(from, "backend", "reference");
  set_switch(from, "layout", "nchw");
  set_switch(from, "threads", "1");
  return from;
}

WhyRecord measure_why(const StepOptions& step, const Dataset& data, const WhyOptions& options) {
  Switches from = every_switch(options.from);
  const Switches to = every_switch(options.to);
  if (!has_convolutions(step.network)) from.set["convolution"] = to.set.at("convolution");  // it would turn nothing
  WhyRecord record;
  record.network = step.network.name;
  record.data = data.name;
  record.optimizer = step.kind == StepKind::train ? std::string(name_of(step.optimizer.kind)) : "";
  record.machine = this_cpu().model;
  record.cores = this_cpu().cores;
  record.batch = step.batch;
  record.dtype = dtype_name(resolve(to));
  record.turns = turns_between(from, to, options.planted);
  const Combinations combinations(from, record.turns, options.planted.has_value());
  const Refuse refuse = [&](TurnSet made) { return combinations.refusal(made); };
  record.main = possible_order(record.turns, wished(record.turns, options.order), refuse);
  record.others = other_orders(record.turns, record.main, options.other_orders, refuse);
  Rounds(step, data, options, combinations, record).run();
  return record;
}

}  // namespace tacho
