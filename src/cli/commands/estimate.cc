#include "analysis/estimate/estimate.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "analysis/text.h"
#include "cli/command.h"
#include "cli/common_flags.h"
#include "cli/terminal.h"
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

std::string as_json(const StepEstimate& estimate, const StepOptions& step) {
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
              {"batch_size", step.batch},
              {"dtype", std::string(name_of(step.way.dtype))},
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
              ", batch ", step.batch, ", ", name_of(step.way.dtype), ", ", step.way.threads,
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

int run_backtest(const EstimateFlags& flags) {
  const int threads = resolve(flags.common.switches).threads;
  const std::optional<Calibration> calibration = kept_calibration();
  if (!calibration || !calibration->complete())
    fail(
        "--backtest compares calibrated estimates, and this machine has no complete calibration; 'tacho machine "
        "--kernels' makes it");
  const MachineProfile profile = profile_for(flags, threads);
  const CostModel model(*calibration);
  std::vector<BacktestCase> done = flags.resume ? kept_backtest() : std::vector<BacktestCase>{}, shown;
  const bool text = flags.common.text_wanted() && !flags.common.quiet;
  if (text) std::printf("BACKTEST  ms a step                   estimated  measured  error  roofline  error\n");
  for (BacktestCase& chosen : backtest_cases(threads)) {
    if (chosen.network.find(flags.only) == std::string::npos) continue;
    const auto same = std::find_if(done.begin(), done.end(), [&](const BacktestCase& c) {
      return c.network == chosen.network && c.batch == chosen.batch && c.threads == chosen.threads;
    });
    if (same != done.end()) {
      chosen = *same;
    } else {
      run_backtest_case(chosen, model, profile, 0.45);
      done.push_back(chosen);
      keep_backtest(done);
    }
    shown.push_back(chosen);
    const auto off = [&](int64_t ns) { return 100 * (double(ns) / double(chosen.measured_ns) - 1); };
    if (text) {
      std::printf("  %-20.20s %4lld, %d thr. %9.3f %9.3f %+5.0f%% %9.3f %+5.0f%%\n", chosen.network.c_str(),
                  static_cast<long long>(chosen.batch), chosen.threads, double(chosen.estimated_ns) / 1e6,
                  double(chosen.measured_ns) / 1e6, off(chosen.estimated_ns), double(chosen.roofline_ns) / 1e6,
                  off(chosen.roofline_ns));
      std::fflush(stdout);
    }
  }
  if (shown.empty()) fail("--only ", flags.only, ": no such configuration; leave it out to see all");
  const BacktestError error = error_of(shown, false), roofline = error_of(shown, true);
  std::vector<BacktestCase> toml;
  int64_t inside = 0;
  for (const BacktestCase& c : shown) {
    if (c.toml) toml.push_back(c);
    inside += c.low_ns <= c.measured_ns && c.measured_ns <= c.high_ns;
  }
  if (text) {
    std::printf("\n%zu configurations: mean error %.1f %%, median %.1f, worst %.1f; roofline %.1f, %.1f, %.1f\n",
                shown.size(), error.mean * 100, error.median * 100, error.worst * 100, roofline.mean * 100,
                roofline.median * 100, roofline.worst * 100);
    std::printf("%lld of %zu within their interval; TOML networks: mean error %.1f %% of %zu\n",
                static_cast<long long>(inside), shown.size(), error_of(toml, false).mean * 100, toml.size());
  }
  Json cases = Json::array();
  for (const BacktestCase& c : shown)
    cases.push_back({{"network", c.network},
                     {"batch_size", c.batch},
                     {"threads", c.threads},
                     {"estimated_ns", c.estimated_ns},
                     {"low_ns", c.low_ns},
                     {"high_ns", c.high_ns},
                     {"measured_ns", c.measured_ns},
                     {"measured_mad_ns", c.mad_ns},
                     {"samples", c.samples},
                     {"roofline_ns", c.roofline_ns}});
  const auto as_object = [](const BacktestError& e) {
    return Json{{"mean", e.mean}, {"median", e.median}, {"worst", e.worst}};
  };
  write_json(flags.common, Json{{"schema", "tacho.backtest"},
                                {"schema_version", 1},
                                {"machine", profile.processor},
                                {"cases", cases},
                                {"within_interval", inside},
                                {"error", as_object(error)},
                                {"roofline_error", as_object(roofline)}}
                               .dump(2));
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
  else if (step.way.dtype != DType::float32)
    reasons.push_back("kernels are calibrated for float32: these are the plain roofline's times");
  std::optional<CostModel> model;
  if (reasons.empty()) model.emplace(*calibration);
  std::optional<ModelTimes> times;
  if (model && step.way.tune) step.times = &times.emplace(*model);
  // Without a model nobody may measure kernels either: by the backends' order.
  if (!model) step.way.tune = false;
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
  write_json(flags.common, as_json(estimate, step));
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
                                  "tacho estimate net.toml --threads 1 --json -\n"
                                  "tacho estimate --backtest              how far off is it here?",
                                  declare};

}  // namespace tacho
