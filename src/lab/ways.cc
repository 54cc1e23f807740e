#include "lab/ways.h"

#include <algorithm>

#include "analysis/text.h"
#include "lab/visit.h"

namespace tacho {
namespace {

constexpr int64_t kWaySteps = 3;

std::string value_of(const SwitchValues& switches, const char* name) {
  for (const auto& [known, value] : switches)
    if (known == name) return value;
  return "";
}

/// "procedural gather blas": what differs between the ways.
std::string label_of(const StepOptions& options) {
  const Way& way = options.way;
  bool convolutions = false;
  for (const LayerSpec& layer : options.network.layers) convolutions = convolutions || layer.kind == "conv2d";
  const std::string convolution = convolution_of(way) + " ";
  return std::string(way.procedural ? "procedural " : "graph ") + (convolutions ? convolution : "") +
         (way.gemm == "auto" ? way.backends.front() : way.gemm);
}

struct Wanted {
  const char *execution, *convolution, *gemm;
};

/// The user's switches with these three turned; what procedural execution rules out is left to its default.
Switches turned(Switches switches, const Wanted& wanted) {
  for (const char* name : {"fusion", "memory-plan", "schedule"})
    if (std::string(wanted.execution) == "procedural") switches.set.erase(name);
  set_switch(switches, "execution", wanted.execution);
  set_switch(switches, "convolution", wanted.convolution);
  set_switch(switches, "gemm", wanted.gemm);
  // A direct convolution is nobody's product: that the reference runs it is said by --backend.
  if (std::string(wanted.convolution) == "direct" && std::string(wanted.gemm) == "reference")
    set_switch(switches, "backend", "reference");
  return switches;
}

/// What a step of so few examples takes, in seconds.
double seconds_of_few(StepOptions options, int64_t batch, const Dataset& data, VisitOptions visiting) {
  options.batch = batch;
  visiting.most_steps = 1;
  return double(visit(options, data, visiting).record.ledger.step_ns().front()) / 1e9;
}

OtherWay measure_way(const StepOptions& options, const Dataset& data, const MeasureOptions& measuring, double seconds) {
  const double most_step_seconds = seconds / 3;  // one of warm-up, perhaps a second, one that is measured
  OtherWay way;
  way.label = label_of(options);
  way.switches = options.way.switches;
  VisitOptions visiting;
  visiting.most_steps = kWaySteps;
  visiting.seconds = visiting.cold_seconds = most_step_seconds;
  visiting.learning_rate = measuring.learning_rate, visiting.seed = measuring.seed;
  // The reference takes 40 to 80 times as long as we do (simplenn-4, resnet18): not one step of its own is made where
  // fewer examples say that it is too long.
  constexpr int64_t kFew = 2;
  if (options.way.gemm == "reference" && options.batch > kFew)
    if (const double few = seconds_of_few(options, kFew, data, visiting);
        few * double(options.batch) > most_step_seconds * double(kFew)) {
      way.skipped = text_of("skipped: a step of ", kFew, " examples takes ", short_number(few), " s");
      return way;
    }
  const Visit visited = visit(options, data, visiting);
  if (!visited.warmed_up) {
    way.skipped = text_of("skipped: one step takes ", short_number(double(visited.first_ns) / 1e9), " s");
    return way;
  }
  OtherWay measured = way_of(make_report(visited.record));
  measured.label = way.label;
  return measured;
}

}  // namespace

OtherWay way_of(const Report& report) {
  OtherWay way;
  way.switches = report.record->switches;
  way.median_ns = report.step.median_ns;
  way.repetitions = report.step.repetitions;
  int64_t products = 0;
  for (const auto& [phase, row] : report.phases) products += row.products_step_ns;
  way.products_ns = products / report.threads();
  way.rest_ns = way.median_ns - way.products_ns;
  if (const auto forward = report.phases.find(Phase::forward); forward != report.phases.end()) {
    way.forward_products_ns = forward->second.products_step_ns / report.threads();
    way.forward_ns = forward->second.step_ns / report.threads();
  }
  return way;
}

std::vector<OtherWay> measure_ways(const StepOptions& options, const Switches& switches, const Dataset& data,
                                   const Report& own, const MeasureOptions& measuring, double seconds) {
  OtherWay this_run = way_of(own);
  this_run.label = label_of(options);
  this_run.this_run = true;
  const std::string convolution = value_of(options.way.switches, "convolution");
  const Wanted same{"procedural", convolution.c_str(), options.way.gemm.c_str()};
  bool convolutions = false;
  for (const LayerSpec& layer : options.network.layers) convolutions = convolutions || layer.kind == "conv2d";
  std::vector<Wanted> story = {
      {"procedural", "gather", "reference"}, {"procedural", "gather", "blas"}, same,
      {"graph", "gather", "blas"},           {"graph", "im2col", "blas"},      {"graph", "direct", "reference"}};
  // Without convolutions only execution and the library differ.
  if (!convolutions)
    story = {{"procedural", "auto", "reference"}, {"procedural", "auto", "blas"}, same, {"graph", "auto", "reference"}};
  std::vector<OtherWay> ways;
  const auto known = [&](const std::string& label) {
    for (const OtherWay& way : ways)
      if (way.label == label) return true;
    return label == this_run.label;
  };
  for (const Wanted& wanted : story) {
    StepOptions other = options;
    try {
      other.way = resolve(turned(switches, wanted));
    } catch (const Error&) {
      continue;  // a way that this machine does not have (no OpenBLAS) is no part of the story
    }
    if (known(label_of(other))) continue;
    if (measuring.progress) measuring.progress(label_of(other).c_str());
    ways.push_back(measure_way(other, data, measuring, seconds));
  }
  // Slowest first, so that the list reads from the documents' own program to the best way; skipped ones at the top.
  ways.push_back(this_run);
  std::stable_sort(ways.begin(), ways.end(), [](const OtherWay& a, const OtherWay& b) {
    if (a.skipped.empty() != b.skipped.empty()) return !a.skipped.empty();
    return a.median_ns > b.median_ns;
  });
  return ways;
}

}  // namespace tacho
