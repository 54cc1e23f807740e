#include "lab/time_to_accuracy.h"

#include <algorithm>
#include <cmath>

#include "base/clock.h"
#include "device/cpu.h"
#include "lab/feed.h"
#include "train/evaluation.h"
#include "train/trainer.h"

namespace tacho {
namespace {

StepOptions step_for(StepOptions step, const std::string& over, const std::string& value) {
  if (over == "optimizer") {
    step.optimizer.kind = optimizer_kind_of(value);
    check_optimizer(step.optimizer);
    return step;
  }
  char* end = nullptr;
  const long long batch = std::strtoll(value.c_str(), &end, 10);
  if (value.empty() || *end || batch < 1) fail("--values: expected batch sizes from 1, got '", value, "'");
  step.batch = batch;
  return step;
}

AccuracyRun train_until(const StepOptions& step, const Dataset& data, double learning_rate, uint64_t seed,
                        const AccuracyOptions& options) {
  AccuracyRun run;
  run.seed = seed;
  Feed feed(step, data, learning_rate, seed);
  Evaluator evaluator(step, feed.pool(), feed.variables());
  const int64_t epoch = std::max<int64_t>((data.train_size() + step.batch - 1) / step.batch, 1);
  const int64_t every = std::max<int64_t>(epoch / options.checks_an_epoch, 1);
  for (int64_t last = epoch * options.most_epochs; run.steps < last;) {
    const int64_t begin = now_ns();
    feed.step();
    run.training_ns += now_ns() - begin;
    ++run.steps;
    if (run.steps % every != 0 && run.steps != last) continue;
    run.diverged = !std::isfinite(feed.session().loss());
    if (run.diverged) return run;
    run.accuracy = evaluator.evaluate(evaluation_x(data), evaluation_y(data)).accuracy;
    run.reached = run.accuracy >= options.target;
    if (run.reached) return run;
  }
  return run;
}

}  // namespace

AccuracyRecord measure_time_to_accuracy(const StepOptions& step, const Dataset& data, const AccuracyOptions& options) {
  AccuracyRecord record;
  record.network = step.network.name, record.data = data.name, record.over = options.over;
  record.machine = this_cpu().model, record.way = to_string(step.way), record.threads = step.way.threads;
  record.optimizer = name_of(step.optimizer.kind), record.batch = step.batch, record.dtype = dtype_name(step.way);
  record.target = options.target, record.most_epochs = options.most_epochs;
  record.train_examples = data.train_size(), record.test_examples = evaluation_x(data).shape()[0];
  std::vector<StepOptions> steps;  // mistakes before anything runs
  for (const auto& [value, learning_rate] : options.values) {
    steps.push_back(step_for(step, options.over, value));
    record.points.push_back({value, learning_rate, {}});
  }
  for (int64_t s = 0; s < options.seeds; ++s)
    for (size_t i = 0; i < steps.size(); ++i) {
      AccuracyPoint& point = record.points[i];
      if (options.progress)
        options.progress(text_of(options.over, " ", point.value, ", training ", s + 1, " of ", options.seeds));
      point.runs.push_back(train_until(steps[i], data, point.learning_rate, options.seed + uint64_t(s), options));
    }
  return record;
}

}  // namespace tacho
