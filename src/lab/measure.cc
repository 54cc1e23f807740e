#include "lab/measure.h"

#include <sys/resource.h>

#include <ctime>

#include "base/clock.h"
#include "device/cpu.h"
#include "lab/apart.h"
#include "lab/feed.h"
#include "machine/rate_now.h"
#include "nn/parameters.h"

namespace tacho {
namespace {

int64_t peak_rss_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;
}

/// Whether another step is wanted: everything here is bookkeeping and stands in that account.
class Budget {
 public:
  explicit Budget(const MeasureOptions& options)
      : steps_(options.steps.value_or(options.seconds ? INT64_MAX : 200)),
        end_ns_(options.steps ? INT64_MAX : now_ns() + int64_t(options.seconds.value_or(5.0) * 1e9)) {}
  bool more(int64_t done) const { return done < steps_ && (done < 3 || now_ns() < end_ns_); }

 private:
  int64_t steps_, end_ns_;
};

}  // namespace

void describe_run(RunRecord& record, const StepOptions& options, const Dataset& data) {
  record.network = options.network.name;
  for (const LayerSpec& layer : options.network.layers) record.layers.push_back(layer.name);
  record.input_shape = options.network.input;
  record.input_shape.insert(0, options.batch);
  record.parameters = parameter_count(parameters_of(options.network, options.way.dtype));
  record.batch = options.batch;
  record.dtype = dtype_name(options.way);
  record.threads = options.way.threads;
  record.training = options.kind == StepKind::train;
  record.optimizer = record.training ? std::string(name_of(options.optimizer.kind)) : "";
  record.loss = record.training ? std::string(name_of(options.loss.kind)) : "";
  record.data = data.name;
  record.measured_at = int64_t(std::time(nullptr));
  record.machine = this_cpu().model;
  record.cores = this_cpu().cores;
  record.switches = options.way.switches;
  record.way = to_string(options.way);
}

void describe_executor(RunRecord& record, Session& session) {
  Executor& executor = session.executor();
  record.source = executor.source();
  record.rows = executor.rows();
  record.build_ns = session.build_ns();
  record.plan_ns = session.plan_ns();
  record.schedule = executor.schedule();
  record.planned_bytes = executor.planned_bytes();
  record.sum_of_sizes_bytes = executor.sum_of_sizes_bytes();
  record.peak_rss_bytes = peak_rss_bytes();
  if (const Plan* plan = executor.plan()) {
    if (plan->slice_examples > 0)
      record.slices = plan->slices, record.slice_examples = plan->slice_examples,
      record.most_slices = plan->most_slices();
    record.memory = memory_map(*plan, record.threads);
  }
}

RunRecord measure(const StepOptions& options, const Dataset& data, const MeasureOptions& measuring) {
  const auto say = [&](const char* what) {
    if (measuring.progress) measuring.progress(what);
  };
  RunRecord record;
  describe_run(record, options, data);
  if (measuring.ceilings)
    record.profile = this_machine_profile(record.threads, [&](double share, const std::string& what) {
      say(text_of("ceilings of this machine, once: ", int(share * 100), " %, ", what).c_str());
    });
  say("building");
  Feed feed(options, data, measuring.learning_rate, measuring.seed);
  say("warming up");
  record.warmup = warm_up(feed, std::max<int64_t>(measuring.warmup, 1), 1.0);
  record.stamp_cost_ns = timestamp_cost_ns();
  say("measuring");
  const int64_t outside = feed.prefetch_cpu_ns();
  const Budget budget(measuring);
  feed.pool().begin(record.ledger);
  bool more = true;
  for (int64_t done = 0; more;) {
    if (measuring.before_step) feed.pool().bookkeeping([&] { measuring.before_step(feed, done); });
    feed.step();
    feed.pool().end_step();
    feed.pool().bookkeeping([&] { more = budget.more(++done); });
  }
  feed.pool().finish();
  record.exchange = exchange_rate_now(record.threads);
  record.ledger.outside.push_back({"prefetch", feed.prefetch_cpu_ns() - outside});

  describe_executor(record, feed.session());
  if (measuring.apart) record.apart = measure_apart(record, feed.session().executor(), options, data, measuring);
  return record;
}

}  // namespace tacho
