#include "lab/sweep.h"

#include <algorithm>
#include <cmath>

#include "device/cpu.h"
#include "lab/visit.h"
#include "nn/scale.h"

namespace tacho {
namespace {

constexpr double kLongestStepSeconds = 60;  // behind a longer step no larger value is measured

/// The examples at another height and width, each pixel the nearest of the original.
Tensor resized(const Tensor& x, int64_t height, int64_t width) {
  const Shape& from = x.shape();
  Tensor to({DType::float32, {from[0], from[1], height, width}});
  const float* in = x.as<float>();
  float* out = to.as<float>();
  for (int64_t image = 0; image < from[0] * from[1]; ++image)
    for (int64_t i = 0; i < height; ++i)
      for (int64_t j = 0; j < width; ++j)
        *out++ = in[(image * from[2] + i * from[2] / height) * from[3] + j * from[3] / width];
  return to;
}

int64_t whole(const std::string& over, double value) {
  if (value < 1 || value != std::floor(value) || value > 1e9)
    fail("--over ", over, ": expected whole numbers from 1, got ", value);
  return int64_t(value);
}

/// The step at one value. Its data are made apart, because they are large.
StepOptions step_at(StepOptions step, const SweepOptions& options, double value) {
  if (options.over == "width") {
    step.network = scale_width(step.network, value);
    return step;
  }
  const int64_t number = whole(options.over, value);
  if (options.over == "batch") step.batch = number;
  if (options.over == "depth") step.network = scale_depth(step.network, number);
  if (options.over == "image") {
    if (step.network.input.size() != 3)
      fail("--over image: '", step.network.name, "' reads examples of ", to_string(step.network.input), ", no images");
    step.network = options.network_for({step.network.input[0], number, number});
  }
  if (options.over == "threads") {
    Switches switches = options.switches;
    set_switch(switches, "threads", std::to_string(number));
    step.way = resolve(switches);
  }
  return step;
}

std::map<SweptName, int64_t> work_of(const StepOptions& step) {
  std::map<SweptName, int64_t> work;
  for (const SourceNode& node : describe(source_graph(step))) work[{node.op, name_of(node.phase)}] += node.work;
  return work;
}

/// Counts at sizes so large that lower terms hardly show; nothing where they do not fit 64 bits.
void count_far(SweepRecord& record, const StepOptions& step, const SweepOptions& options) {
  if (options.over == "threads") return;
  // A deeper network has more nodes, a larger image larger index tables: there less must do.
  const double least = options.over == "depth" || options.over == "image" ? 4 : 64;
  const double largest = options.values.back();
  try {
    for (int i = 0; i < 2; ++i) {
      record.far_value[i] = std::ceil(largest) * least * (i + 1);
      record.far_work[i] = work_of(step_at(step, options, record.far_value[i]));
    }
  } catch (const Error&) {
    for (auto& work : record.far_work) work.clear();
  }
}

SweepVisit visit_at(const StepOptions& step, const Dataset& data, const SweepOptions& options) {
  VisitOptions visiting;
  visiting.learning_rate = options.learning_rate, visiting.seed = options.seed;
  visiting.least_steps = 3;
  const Visit measured = visit(step, data, visiting);
  return sweep_visit(make_report(measured.record));
}

}  // namespace

void check_swept(const std::string& over) {
  static const char* const kKnown[] = {"batch", "width", "depth", "image", "threads"};
  if (std::find(std::begin(kKnown), std::end(kKnown), over) != std::end(kKnown)) return;
  if (over == "sequence")
    fail(
        "--over sequence: this version has no recurrent layers, so no network reads a sequence; sweep batch, width, "
        "depth, image or threads");
  if (over == "optimizer")
    fail("--over optimizer changes the number of steps, not their size: add --until accuracy=0.97");
  fail("--over expects batch, width, depth, image, threads (or, with --until, batch or optimizer), got '", over, "'");
}

SweepRecord measure_sweep(const StepOptions& step, const Dataset& data, const SweepOptions& given) {
  check_swept(given.over);
  SweepOptions options = given;
  std::sort(options.values.begin(), options.values.end());
  options.values.erase(std::unique(options.values.begin(), options.values.end()), options.values.end());
  if (options.values.size() < 2) fail("--values: expected at least two different sizes, got ", options.values.size());

  SweepRecord record;
  record.network = step.network.name, record.data = data.name, record.over = options.over;
  record.optimizer = name_of(step.optimizer.kind);
  record.machine = this_cpu().model, record.way = to_string(step.way);
  record.batch = step.batch, record.threads = step.way.threads, record.dtype = dtype_name(step.way);
  record.l2_bytes = this_cpu().l2_bytes, record.l3_bytes = this_cpu().l3_bytes;
  record.switches = step.way.switches;
  std::vector<StepOptions> steps;  // before anything runs, so that a value that makes no network is said at once
  for (double value : options.values) {
    steps.push_back(step_at(step, options, value));
    parameters_of(steps.back().network, step.way.dtype);
    record.points.push_back({value, {}, ""});
  }
  count_far(record, step, options);

  size_t measured = options.values.size();
  for (int round = 0; round < options.rounds; ++round)
    for (size_t k = 0; k < measured; ++k) {
      const size_t i = round % 2 == 0 ? k : measured - 1 - k;
      SweepPoint& point = record.points[i];
      if (options.progress)
        options.progress(text_of(options.over, " ", point.value),
                         double(size_t(round) * measured + k) / double(size_t(options.rounds) * measured));
      if (options.over == "image") {
        Dataset own = data;
        const Shape& input = steps[i].network.input;
        own.train_x = resized(data.train_x, input[1], input[2]);
        point.rounds.push_back(visit_at(steps[i], own, options));
      } else {
        point.rounds.push_back(visit_at(steps[i], data, options));
      }
      const double seconds = double(point.step_ns()) / 1e9;
      if (round == 0 && seconds > kLongestStepSeconds && i + 1 < measured) {
        for (size_t j = i + 1; j < measured; ++j)
          record.points[j].skipped = text_of("not measured: a step at ", point.value, " takes ", int(seconds), " s");
        measured = i + 1;
      }
    }
  return record;
}

}  // namespace tacho
