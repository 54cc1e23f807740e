#include "analysis/estimate/estimate.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "analysis/text.h"
#include "cli/command.h"
#include "cli/common_flags.h"
#include "cli/terminal.h"
#include "device/kernel_identity.h"
#include "lab/backtest.h"
#include "lab/calibration.h"

namespace tacho {
namespace {

using Json = nlohmann::ordered_json;

struct EstimateFlags {
  CommonFlags common;
  bool inference = false, extrapolate = false, backtest = false, resume = false;
  std::string only;
};

MachineProfile profile_for(const EstimateFlags& flags, int threads) {
  if (std::optional<MachineProfile> kept = kept_profile(threads)) return *kept;
  if (!flags.common.quiet && is_terminal(2)) std::fprintf(stderr, "\r\033[Kmeasuring this machine's ceilings ...");
  const MachineProfile profile = measure_machine(threads, {});
  keep_profile(profile);
  if (!flags.common.quiet && is_terminal(2)) std::fprintf(stderr, "\r\033[K");
  return profile;
}

Json interval_json(const Interval& time) {
  return {{"median_ns", time.median_ns}, {"low_ns", time.low_ns}, {"high_ns", time.high_ns}};
}

std::string as_json(const StepEstimate& estimate, const StepOptions& step, const CommonFlags& flags) {
  Json operations = Json::array(), switches = Json::object();
  for (const auto& [name, value] : step.way.switches) switches[name] = value;
  for (const OperationEstimate& o : estimate.operations)
    operations.push_back({{"node", o.node},
                          {"op", o.op},
                          {"phase", name_of(o.phase)},
                          {"kernel", o.kernel},
                          {"median_ns", o.time.median_ns},
                          {"low_ns", o.time.low_ns},
                          {"high_ns", o.time.high_ns},
                          {"roofline_ns", o.roofline_ns}});
  return Json{{"schema", "tacho.estimate"},
              {"schema_version", 1},
              {"network", step.network.name},
              {"input_shape", step.network.input},
              {"width", flags.width.value_or(1)},
              {"depth", flags.depth.value_or(1)},
              {"batch_size", step.batch},
              {"dtype", dtype_name(step.way)},
              {"threads", step.way.threads},
              {"switches", switches},
              {"calibrated", estimate.calibrated},
              {"reasons", estimate.reasons},
              {"outside", estimate.outside},
              {"step", interval_json(estimate.step)},
              {"roofline_ns", estimate.roofline_ns},
              {"operations", operations}}
      .dump(2);
}

void print(const StepEstimate& estimate, const StepOptions& step) {
  constexpr size_t kShown = 10;
  const std::string head =
      text_of("tacho estimate  ", step.network.name, ": ", step.kind == StepKind::train ? "training step" : "inference",
              ", batch ", step.batch, ", ", dtype_name(step.way), ", ", step.way.threads,
              step.way.threads == 1 ? " thread" : " threads", "; nothing was run");
  std::fputs(wrap(head, 80, 2).c_str(), stdout);
  std::printf("\nSTEP  %.3f ms, nine of ten between %.3f and %.3f\n      plain roofline %.3f ms\n",
              double(estimate.step.median_ns) / 1e6, double(estimate.step.low_ns) / 1e6,
              double(estimate.step.high_ns) / 1e6, double(estimate.roofline_ns) / 1e6);
  std::vector<const OperationEstimate*> order;
  for (const OperationEstimate& o : estimate.operations) order.push_back(&o);
  std::stable_sort(order.begin(), order.end(), [](const OperationEstimate* a, const OperationEstimate* b) {
    return a->time.median_ns > b->time.median_ns;
  });
  std::printf("\nOPERATIONS  of one step, all threads               ms     low    high  roofline\n");
  for (size_t i = 0; i < std::min(kShown, order.size()); ++i)
    std::printf("  %-43.43s %7.3f %7.3f %7.3f   %7.3f\n", order[i]->node.c_str(),
                double(order[i]->time.median_ns) / 1e6, double(order[i]->time.low_ns) / 1e6,
                double(order[i]->time.high_ns) / 1e6, double(order[i]->roofline_ns) / 1e6);
  if (order.size() > kShown) {
    double rest = 0, roofline = 0;
    for (size_t i = kShown; i < order.size(); ++i)
      rest += double(order[i]->time.median_ns), roofline += double(order[i]->roofline_ns);
    std::printf("  %-43.43s %7.3f %7s %7s   %7.3f\n", text_of(order.size() - kShown, " more").c_str(), rest / 1e6, "",
                "", roofline / 1e6);
  }
  for (const std::string& reason : estimate.reasons) std::printf("\n%s\n", wrap("NOTE  " + reason, 80, 6).c_str());
}

/// The cases wanted, with what was measured of them before.
std::vector<BacktestCase> wanted_cases(const EstimateFlags& flags, int threads, const std::vector<BacktestCase>& kept) {
  std::vector<BacktestCase> cases;
  for (BacktestCase& chosen : backtest_cases(threads)) {
    if (chosen.network.find(flags.only) == std::string::npos) continue;
    for (const BacktestCase& c : kept)
      if (c.network == chosen.network && c.batch == chosen.batch && c.threads == chosen.threads) chosen = c;
    cases.push_back(std::move(chosen));
  }
  if (cases.empty()) fail("--only ", flags.only, ": no such configuration; leave it out to see all");
  return cases;
}

int run_backtest(const EstimateFlags& flags) {
  constexpr double kSeconds = 0.25;  // of one round
  const int threads = resolve(flags.common.switches).threads;
  const std::optional<Calibration> calibration = kept_calibration();
  if (!calibration || !calibration->complete())
    fail(
        "--backtest compares calibrated estimates, and this machine has no complete calibration; 'tacho machine "
        "--kernels' makes it");
  const MachineProfile profile = profile_for(flags, threads);
  const CostModel model(*calibration);
  std::vector<BacktestCase> all = flags.resume ? kept_backtest() : std::vector<BacktestCase>{};
  std::vector<BacktestCase> cases = wanted_cases(flags, threads, all);
  const auto keep = [&](const BacktestCase& chosen) {
    std::erase_if(all, [&](const BacktestCase& c) {
      return c.network == chosen.network && c.batch == chosen.batch && c.threads == chosen.threads;
    });
    all.push_back(chosen);
    keep_backtest(all);
  };
  const bool shown = !flags.common.quiet && is_terminal(2);
  const auto progress = [&](const std::string& what) {
    if (shown) std::fprintf(stderr, "\r\033[K%s", what.c_str());
  };
  for (int round = 1; round <= kBacktestRounds + kMoreRounds; ++round)
    for (BacktestCase& chosen : cases) {
      if (int(chosen.rounds.size()) >= round || (round > kBacktestRounds && chosen.has_steady())) continue;
      progress(text_of("round ", round, " of ", kBacktestRounds, ": ", chosen.network, ", batch ", chosen.batch, ", ",
                       chosen.threads, chosen.threads == 1 ? " thread" : " threads"));
      measure_case(chosen, kSeconds, usual_pace(*calibration, chosen.threads));
      keep(chosen);
    }
  for (BacktestCase& chosen : cases) {
    progress("estimating " + chosen.network);
    estimate_case(chosen, model, profile);
  }
  progress("");
  for (const std::string& warning : warnings_of(*calibration, kernel_identity()))
    std::fputs((wrap("NOTE  " + warning, 80, 6) + "\n").c_str(), flags.common.text_wanted() ? stdout : stderr);
  if (flags.common.text_wanted()) std::fputs(backtest_text(cases, profile).c_str(), stdout);
  write_json(flags.common, backtest_json(cases, profile));
  return 0;
}

int run(const EstimateFlags& flags) {
  if (flags.backtest) return run_backtest(flags);
  StepOptions step = step_from(flags.common);
  if (step.batch < 1) fail("--batch-size must be at least 1, got ", step.batch);
  if (step.way.procedural)
    fail("--execution procedural has no plan to estimate from: it runs statement by statement; use --execution graph");
  if (flags.inference) step.kind = StepKind::inference;
  const MachineProfile profile = profile_for(flags, step.way.threads);
  const std::optional<Calibration> calibration = kept_calibration();
  std::vector<std::string> reasons;
  if (!calibration)
    reasons.push_back(
        "not calibrated: these are the plain roofline's times, which no kernel beats; 'tacho machine "
        "--kernels' measures this machine's kernels once");
  else if (!calibration->complete())
    reasons.push_back(text_of("the calibration is incomplete (", calibration->networks, " of ", calibration->wanted,
                              "), so these are the plain roofline's times; 'tacho machine --kernels' goes on with it"));
  else if (dtype_name(step.way) != "float32")
    reasons.push_back("kernels are calibrated for float32: these are the plain roofline's times");
  std::optional<CostModel> model;
  if (reasons.empty()) {
    model.emplace(*calibration);
    reasons = warnings_of(*calibration, kernel_identity());
  }
  std::optional<ModelTimes> times;
  if (model && step.way.tune) step.times = &times.emplace(*model);
  // Without a calibration nobody may measure kernels either: by the ceilings.
  if (!model && step.way.tune) step.way.tune = false, step.way.model = true;
  StepEstimate estimate =
      estimate_step(*plan_of(step), model ? &*model : nullptr, profile, step.way.dtype, step.way.threads);
  if (model && step.way.threads > calibration->threads)
    estimate.outside.push_back(text_of(step.way.threads, " threads, calibrated 1 to ", calibration->threads));
  if (!estimate.outside.empty()) {
    const std::string what =
        text_of(estimate.outside.front(),
                estimate.outside.size() > 1 ? text_of(" (and ", estimate.outside.size() - 1, " more)") : std::string());
    if (!flags.extrapolate) fail("outside of what was calibrated: ", what, "; --extrapolate estimates it all the same");
    reasons.push_back("extrapolated beyond the calibrated range: " + what);
  }
  estimate.reasons = std::move(reasons);
  if (flags.common.text_wanted()) print(estimate, step);
  write_json(flags.common, as_json(estimate, step, flags.common));
  return 0;
}

std::function<int()> declare(FlagSet& set) {
  auto flags = std::make_shared<EstimateFlags>();
  set.heading("Estimate");
  set.flag("--inference", "of the forward part alone", flags->inference);
  set.flag("--extrapolate", "also beyond the sizes that were calibrated", flags->extrapolate);
  set.flag("--backtest", "measure configurations that no fit has seen beside their estimates", flags->backtest);
  set.text("--only", "TEXT", "backtest: configurations whose network's name has TEXT", flags->only);
  set.flag("--resume", "backtest: go on behind what is measured", flags->resume);
  add_common_flags(set, flags->common, kAllFlags);
  return [flags] { return run(*flags); };
}

}  // namespace

extern const Command command_estimate;
const Command command_estimate = {"estimate", "", "the time of a step that was never run",
                                  "tacho estimate resnet18 --batch-size 64\n"
                                  "tacho estimate vgg11 --width 1.5 --depth 2   wider and deeper\n"
                                  "tacho estimate resnet18 --image 3x64x64 --classes 200\n"
                                  "tacho estimate net.toml --threads 1 --json -\n"
                                  "tacho estimate --backtest              how far off is it here?",
                                  declare};

}  // namespace tacho
