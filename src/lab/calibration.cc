#include "lab/calibration.h"

#include <ctime>
#include <filesystem>

#include "analysis/estimate/model.h"
#include "analysis/replay.h"
#include "base/atomic_file.h"
#include "base/clock.h"
#include "device/identity.h"
#include "device/kernel_identity.h"
#include "lab/pace.h"
#include "lab/step_timing.h"
#include "plan/tuning.h"

namespace tacho {
namespace {

constexpr size_t kLargestFile = size_t{256} << 20;

/// Measures every kernel that a plan asks for once, and notes where it stands.
class NotedTimes final : public KernelTimes {
 public:
  explicit NotedTimes(Calibration& calibration) : calibration_(calibration) {}

  int64_t ns(const KernelCall& call, const std::string& key) override {
    if (const auto known = by_key_.find(key); known != by_key_.end()) return known->second;
    const int64_t ns = std::max<int64_t>(measure(call), 1);
    by_key_[key] = ns;
    KernelPoint point = point_of(call);
    KernelFamily& family = calibration_.families[point.family];
    family.op = point.op;
    family.names = std::move(point.names);
    family.samples.push_back({point.x, point.executed, point.bytes, double(ns), calibration_.networks});
    by_sizes_[{point.family, sizes_of(point, family)}] = family.samples.back();
    return ns;
  }

  /// Of a call that was measured; null where none was.
  const KernelSample* of(const KernelPoint& point) const {
    const auto family = calibration_.families.find(point.family);
    if (family == calibration_.families.end()) return nullptr;
    const auto known = by_sizes_.find({point.family, sizes_of(point, family->second)});
    return known == by_sizes_.end() ? nullptr : &known->second;
  }

 private:
  /// The place without what the kernel executes, which a plan says for all slices together, rounded.
  static std::vector<double> sizes_of(const KernelPoint& point, const KernelFamily& family) {
    std::vector<double> sizes;
    for (size_t c = 0; c < point.x.size(); ++c)
      if (family.names[c] != "executed") sizes.push_back(point.x[c]);
    return sizes;
  }

  Calibration& calibration_;
  std::map<std::string, int64_t> by_key_;
  std::map<std::pair<std::string, std::vector<double>>, KernelSample> by_sizes_;
};

void note_step(Calibration& calibration, int number, int threads, const Plan& plan, const StepTiming& timing,
               const NotedTimes& alone, const std::string& label, const Pace& pace) {
  for (size_t n = 0; n < plan.nodes.size(); ++n) {
    const NodeCalls calls = calls_of(plan, int(n));
    if (calls.parts.empty()) continue;
    // A node whose last slice is smaller gives one equation for two times: the full slices carry it.
    double share = 0;
    for (const NodeCalls::Part& part : calls.parts)
      share += double(part.calls) * double(part.examples) / double(calls.parts.front().examples);
    const KernelPoint& point = calls.parts.front().point;
    const KernelSample* sample = alone.of(point);
    calibration.nodes.push_back({point.family, point.op, number, threads, sample ? sample->x : point.x,
                                 std::vector<double>(std::begin(calls.context), std::end(calls.context)),
                                 point.executed, point.bytes, sample ? sample->ns : 0,
                                 double(timing.node_ns[n]) / std::max(share, 1.0), std::max(share, 1.0)});
  }
  StepSample step{number,
                  threads,
                  label,
                  step_calls_of(plan),
                  timing.step.median,
                  replay(plan, item_times_of_nodes(plan, timing.node_ns), threads).wall_ns,
                  timing.dispatch_ns,
                  pace};
  calibration.steps.push_back(step);
}

void save(const Calibration& calibration) {
  const std::string path = calibration_path();
  if (path.empty()) fail("there is no folder to keep the calibration in; set TACHO_HOME to one");
  std::error_code error;
  std::filesystem::create_directories(cache_folder(), error);
  if (error) fail(cache_folder(), ": ", error.message(), "; set TACHO_HOME to a folder that can be written");
  write_file_atomic(path, calibration_to_json(calibration) + "\n");
}

}  // namespace

std::string calibration_path() { return machine_file("kernels"); }

std::optional<Calibration> kept_calibration() {
  const std::string path = calibration_path();
  std::error_code error;
  if (path.empty() || !std::filesystem::exists(path, error)) return std::nullopt;
  try {
    Calibration calibration = calibration_from_json(read_file(path, kLargestFile), path);
    if (calibration.identity != machine_identity()) return std::nullopt;
    return calibration;
  } catch (const Error&) {
    return std::nullopt;
  }
}

Calibration calibrate(const CalibrationOptions& options) {
  Calibration calibration;
  if (std::optional<Calibration> kept = kept_calibration();
      kept && !options.again && kept->kernels == kernel_identity() && kept->threads >= options.threads &&
      kept->wanted == options.cases)
    calibration = std::move(*kept);
  calibration.identity = machine_identity();
  calibration.kernels = kernel_identity();
  calibration.wanted = options.cases;
  calibration.threads = std::max(calibration.threads, options.threads);
  int64_t saved = now_ns();
  for (int number = calibration.networks; number < options.cases; ++number) {
    const CalibrationCase chosen = calibration_case(number);
    const std::string label = text_of(chosen.network.name, ", batch ", chosen.batch);
    if (options.progress && !options.progress(number, options.cases, label)) break;
    StepOptions step;
    step.network = chosen.network;
    calibration.networks = number;
    step.batch = chosen.batch;
    NotedTimes times(calibration);
    for (int threads = 1; threads <= options.threads; ++threads) {
      Switches switches;
      set_switch(switches, "threads", std::to_string(threads));
      step.way = resolve(switches);
      step.times = &times;
      TimedStep timed(step);
      const SteadyStep steady = measure_steady(timed, options.seconds, threads, usual_pace(calibration, threads));
      note_step(calibration, number, threads, timed.plan(), steady.timing, times, label, steady.pace);
    }
    calibration.networks = number + 1;
    calibration.measured_at = int64_t(std::time(nullptr));
    constexpr int64_t kSaveEvery = 10'000'000'000;  // nanoseconds: what a kill may cost
    if (now_ns() - saved < kSaveEvery) continue;
    save(calibration);
    saved = now_ns();
  }
  // Curves that have seen a network say too little of how far off they are elsewhere.
  if (calibration.complete()) {
    calibration.left_out = error_of(CostModel(calibration).left_out());
    calibration.spoilt = judge(calibration);
  }
  save(calibration);
  return calibration;
}

}  // namespace tacho
