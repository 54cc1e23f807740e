#include <algorithm>
#include <cstdio>
#include <memory>

#include "analysis/chrome_trace.h"
#include "analysis/render_json.h"
#include "analysis/render_text.h"
#include "base/atomic_file.h"
#include "cli/command.h"
#include "cli/common_flags.h"
#include "cli/self_check_json.h"
#include "lab/causal.h"
#include "lab/measure.h"
#include "lab/price.h"
#include "lab/recording_cost.h"
#include "lab/self_check.h"
#include "lab/versions.h"
#include "lab/ways.h"

namespace tacho {
namespace {

struct AnalyzeFlags {
  CommonFlags common;
  std::optional<int64_t> steps;
  std::optional<double> seconds;
  std::optional<std::string> against;  ///< SWITCH=VALUE
  std::optional<std::string> trace;    ///< file
  int64_t causal_top = 8;              ///< operations
  bool inference = false, self_check = false, verify = false, ways = true, apart = true, causal = false, gains = true;
};

/// What the user would type to run this again: only what is not at its default.
std::string command_for(const AnalyzeFlags& flags) {
  const CommonFlags& common = flags.common;
  std::string text = "tacho analyze" + network_words(common);
  const auto add = [&](const char* flag, const std::string& value) {
    text += " --" + std::string(flag) + " " + (value.find(' ') == std::string::npos ? value : "'" + value + "'");
  };
  if (common.data) add("data", *common.data);
  if (common.batch_size != CommonFlags{}.batch_size) add("batch-size", std::to_string(common.batch_size));
  if (common.optimizer.kind != CommonFlags{}.optimizer.kind)
    add("optimizer", std::string(name_of(common.optimizer.kind)));
  const LossOptions& loss = common.loss;
  if (loss.kind != LossOptions{}.kind) add("loss", std::string(name_of(loss.kind)));
  if (loss.label_smoothing != LossOptions{}.label_smoothing) add("label-smoothing", text_of(loss.label_smoothing));
  if (loss.huber_delta != LossOptions{}.huber_delta) add("huber-delta", text_of(loss.huber_delta));
  for (const auto& [name, value] : common.switches.set) add(name.c_str(), value);
  if (flags.inference) text += " --inference";
  return text;
}

/// One line on standard error, only on a terminal; each replaces the one before.
std::function<void(const char*)> progress_line(const CommonFlags& flags) {
  if (flags.quiet || !is_terminal(2)) return nullptr;
  return [](const char* what) { std::fprintf(stderr, "\r\x1b[K%s ...", what), std::fflush(stderr); };
}

void clear(const MeasureOptions& measuring) {
  if (measuring.progress) std::fputs("\r\x1b[K", stderr), std::fflush(stderr);
}

Json verified_to_json(const std::vector<Verified>& verified) {
  Json rows = Json::array();
  const auto gain = [](const Gain& g) { return Json{{"low", g.low_ns}, {"median", g.median_ns}, {"high", g.high_ns}}; };
  for (const Verified& v : verified) {
    Json operations = Json::array();
    for (const VerifiedRow& row : v.rows)
      operations.push_back({{"node", row.priced.node},
                            {"kernel", row.priced.kernel},
                            {"alone_ns", row.priced.alone_ns},
                            {"estimated_ns", row.priced.estimated_ns},
                            {"measured_ns", row.measured_ns}});
    rows.push_back({{"switch", {{"name", v.turn}, {"value", v.value}}},
                    {"estimated_gain_ns", gain(v.estimated)},
                    {"estimated_of_ns", v.estimated_of_ns},
                    {"measured_gain_ns", gain(v.measured)},
                    {"step_ns", v.step_ns},
                    {"pairs", v.pairs},
                    {"off", v.off()},
                    {"holds", v.holds()},
                    {"operations", operations}});
  }
  return rows;
}

/// What a comparison with another day's result must know.
Json with_versions(const Report& report) {
  Json json = to_json(report);
  json["versions"] = versions();
  return json;
}

int run_self_check(const AnalyzeFlags& flags, const RunSetup& setup, const MeasureOptions& measuring) {
  const SelfCheck check = self_check(setup.step, setup.data, measuring);
  if (measuring.progress) measuring.progress("what recording costs");
  const RecordingCost cost = recording_cost(setup.step, setup.data, measuring);
  clear(measuring);
  if (flags.common.text_wanted()) std::fputs((to_text(check) + to_text(cost)).c_str(), stdout);
  write_json(flags.common, self_check_to_json(check, cost).dump(1));
  return check.holds() && !cost.too_much() ? 0 : 1;
}

/// The same step with one switch turned.
struct Turned {
  std::string name, value;
  StepOptions step;
};

Turned turn(const AnalyzeFlags& flags, const StepOptions& base) {
  const std::string& text = *flags.against;
  const size_t equals = text.find('=');
  if (equals == std::string::npos) fail("--against expects SWITCH=VALUE, for example gemm=reference, got '", text, "'");
  Turned turned{text.substr(0, equals), text.substr(equals + 1), base};
  Switches switches = flags.common.switches;
  set_switch(switches, turned.name, turned.value);
  turned.step.way = resolve(switches);
  return turned;
}

int run(const AnalyzeFlags& flags) {
  RunSetup setup = setup_from(flags.common);
  if (flags.inference) setup.step.kind = StepKind::inference;
  std::optional<Turned> turned;
  if (flags.against) turned = turn(flags, setup.step);  // its mistakes before anything runs
  if (flags.causal && turned) fail("--causal and --against are two measurements: ask for one of them");
  if (flags.causal) check_causal(setup.step);
  MeasureOptions measuring;
  measuring.steps = flags.steps, measuring.seconds = flags.seconds;
  measuring.learning_rate = flags.common.learning_rate;
  measuring.seed = uint64_t(flags.common.seed);
  measuring.progress = progress_line(flags.common);
  if (flags.self_check) return run_self_check(flags, setup, measuring);

  measuring.ceilings = true;
  measuring.apart = flags.apart && !turned;
  RunRecord record = measure(setup.step, setup.data, measuring);
  record.command = command_for(flags);
  if (flags.ways && !flags.against)
    record.ways = measure_ways(setup.step, flags.common.switches, setup.data, make_report(record), measuring);
  Report report = make_report(record);
  if (flags.trace) write_file_atomic(*flags.trace, chrome_trace(report).dump() + "\n");
  std::vector<Verified> verified;
  if (flags.verify || (flags.gains && !flags.against))
    price_findings(report, setup.step, flags.common.switches, setup.data, measuring,
                   flags.verify ? &verified : nullptr);
  const Paint paint{use_color(flags.common.color, 1)};
  if (!turned) {
    std::optional<Causal> causal;
    if (flags.causal) causal = measure_causal(setup.step, setup.data, report, int(flags.causal_top), measuring);
    clear(measuring);
    if (flags.common.text_wanted()) {
      std::fputs(render_text(report, paint).c_str(), stdout);
      if (causal) std::fputs(("\n" + render_causal(report, *causal, paint)).c_str(), stdout);
      if (flags.verify) std::fputs(("\n" + to_text(verified)).c_str(), stdout);
    }
    Json json = with_versions(report);
    if (causal) json["causal"] = causal_to_json(*causal);
    if (flags.verify) json["verified"] = verified_to_json(verified);
    write_json(flags.common, json.dump(1));
    return std::all_of(verified.begin(), verified.end(), [](const Verified& v) { return v.holds(); }) ? 0 : 1;
  }
  RunRecord other_record = measure(turned->step, setup.data, measuring);
  other_record.command = record.command + " --" + turned->name + " " + turned->value;
  const Report other = make_report(other_record);
  clear(measuring);
  if (flags.common.text_wanted()) {
    const std::string text = render_header(report, paint) + "\n" + render_step(report, paint) + "\n" +
                             render_against(report, other, turned->name, turned->value, paint);
    std::fputs(text.c_str(), stdout);
  }
  Json json = with_versions(report);
  json["against"] = with_versions(other);
  write_json(flags.common, json.dump(1));
  return 0;
}

std::function<int()> declare(FlagSet& set) {
  auto flags = std::make_shared<AnalyzeFlags>();
  add_common_flags(set, flags->common, kAllFlags);
  set.heading("Measurement");
  set.value("--steps", "N", "measured steps (as many as fit 5 seconds, at most 200)",
            [&f = *flags](const std::string& text) { f.steps = parse_integer("--steps", text, 1, 1'000'000); });
  set.value("--seconds", "S", "measure for so long",
            [&f = *flags](const std::string& text) { f.seconds = parse_number("--seconds", text, 0.01, 86'400); });
  set.flag("--inference", "the forward part only", flags->inference);
  const auto on_or_off = [&](const char* name, const char* help, bool& value) {
    set.value(name, "on|off", help, [name, &value](const std::string& text) {
      if (text != "on" && text != "off") fail(name, " expects on or off, got '", text, "'");
      value = text == "on";
    });
  };
  on_or_off("--ways", "measure the same step executed other ways too (on)", flags->ways);
  on_or_off("--apart", "each kernel by itself and the step on one thread too: why above the floor (on)", flags->apart);
  set.value("--against", "SWITCH=VALUE", "the same step with one switch turned, side by side",
            [&f = *flags](const std::string& text) { f.against = text; });
  set.flag("--causal", "what the step would save without each of its largest operations", flags->causal);
  set.integer("--causal-top", "how many of them (8)", flags->causal_top, 1, 1000);
  set.flag("--self-check", "plant known delays; ledger, compare and why must return them (exit code 1 if not)",
           flags->self_check);
  on_or_off("--gains", "price what each finding's switch or batch would save (on)", flags->gains);
  set.flag("--verify", "turn the findings' switches and compare with the estimates (exit code 1 if one is off by 10 %)",
           flags->verify);
  add_trace_flag(
      set, flags->trace,
      text_of("a Chrome trace for Perfetto: the median step and those around it, at most ", kMostTracedSteps));
  return [flags] { return run(*flags); };
}

}  // namespace

extern const Command command_analyze{
    .name = "analyze",
    .alias = "",
    .summary = "where a training step's time goes, theory beside practice",
    .examples =
        "tacho analyze                             simplenn-4 on built-in digits\n"
        "tacho analyze --convolution gather --execution procedural   the documents' way\n"
        "tacho analyze --against dtype=float64     one switch turned, side by side\n"
        "tacho analyze --causal --ways off         what each large operation really costs\n"
        "tacho analyze --verify                    are the estimated gains true?\n"
        "tacho analyze --self-check                are planted delays found? what does recording cost?\n",
    .declare = declare,
};

}  // namespace tacho
