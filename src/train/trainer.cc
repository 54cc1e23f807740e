#include "train/trainer.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "data/prefetch.h"
#include "train/network_json.h"
#include "train/train_log.h"

namespace tacho {
namespace {

int64_t steps_in(int64_t epochs, int64_t examples, int64_t batch) {
  if (epochs > std::numeric_limits<int64_t>::max() / 2 / examples)
    fail("--epochs ", epochs, " of ", examples, " examples are too many steps");
  return (epochs * examples + batch - 1) / batch;
}

Checkpoint describe(const TrainOptions& options, const Dataset& data) {
  Checkpoint checkpoint;
  checkpoint.network = options.step.network;
  checkpoint.dtype = options.step.way.dtype;
  checkpoint.loss = options.step.loss;
  checkpoint.optimizer = options.step.optimizer;
  checkpoint.learning_rate = options.learning_rate;
  checkpoint.batch = options.step.batch;
  checkpoint.examples = data.train_size();
  checkpoint.seed = options.seed;
  checkpoint.shuffle = options.shuffle;
  checkpoint.normalization = data.normalization;
  checkpoint.class_labels = data.class_labels;
  for (const auto& entry : options.step.way.switches)
    if (entry.first != "threads") checkpoint.switches.push_back(entry);
  return checkpoint;
}

/// The loop's state; one object per call of train().
class Training {
 public:
  Training(const TrainOptions& options, const Dataset& data)
      : options_(options),
        data_(data),
        pool_(options.step.way.threads),
        last_step_(options.max_steps.value_or(steps_in(options.epochs, data.train_size(), options.step.batch))) {
    start();
  }

  TrainResult run();

 private:
  void start();
  void save();
  void validate(int64_t epoch, bool log);
  void after_step(int64_t epoch, int64_t step_ns);
  void begin_recording(int64_t step);
  void end_recording();

  const TrainOptions& options_;
  const Dataset& data_;
  Pool pool_;
  int64_t last_step_;
  Checkpoint checkpoint_;  ///< also holds the variables that the sessions change
  int64_t saved_step_ = -1;
  std::unique_ptr<Session> session_;
  std::unique_ptr<Evaluator> evaluator_;
  std::unique_ptr<TrainLog> log_;
  std::unique_ptr<Ledger> ledger_;  ///< while steps are recorded
  int64_t first_recorded_ = 0;      ///< step; 0: none yet
  TrainResult result_;
};

void Training::start() {
  checkpoint_ = describe(options_, data_);
  checkpoint_.variables = initial_variables(options_.step, options_.seed);
  const bool keeps = !options_.checkpoint.empty();
  if (keeps) prepare_checkpoint_folder(options_.checkpoint);
  std::string former_plan;
  StepOptions step = options_.step;
  if (keeps && options_.resume && has_checkpoint(options_.checkpoint)) {
    Checkpoint saved = read_checkpoint(options_.checkpoint);
    check_same_run(saved, options_, data_);
    checkpoint_.variables = std::move(saved.variables);
    checkpoint_.step = saved_step_ = saved.step;
    former_plan = saved.plan;
    step.choices = std::move(saved.choices);
  } else if (!options_.init.empty()) {
    initialize_from(options_.init, options_.step.network, checkpoint_.variables);
  }
  session_ = std::make_unique<Session>(step, pool_, checkpoint_.variables);
  const Plan* plan = session_->executor().plan();
  checkpoint_.plan = plan ? fingerprint_of(*plan) : "procedural";
  if (plan) checkpoint_.choices = choices_of(*plan);
  if (!former_plan.empty() && former_plan != checkpoint_.plan && options_.warn)
    options_.warn(text_of("the checkpoint was trained by another plan (", former_plan, ", now ", checkpoint_.plan,
                          "): training continues, but not to the bit as it would have"));
  if (options_.validation) evaluator_ = std::make_unique<Evaluator>(options_.step, pool_, checkpoint_.variables);
  log_ = std::make_unique<TrainLog>(options_.log, checkpoint_.step);
  // A run that starts afresh must not be resumed from the checkpoint of an older one if it is killed early.
  if (keeps && checkpoint_.step == 0 && saved_step_ < 0) remove_checkpoint(options_.checkpoint);
  result_.first_step = checkpoint_.step + 1;
}

void Training::save() {
  if (options_.checkpoint.empty() || saved_step_ == checkpoint_.step) return;
  log_->flush();
  write_checkpoint(options_.checkpoint, checkpoint_);
  saved_step_ = checkpoint_.step;
}

void Training::validate(int64_t epoch, bool log) {
  if (!evaluator_) return;
  result_.validation = evaluator_->evaluate(evaluation_x(*options_.validation), evaluation_y(*options_.validation));
  if (log) log_->validation(checkpoint_.step, epoch, *result_.validation);
}

void Training::after_step(int64_t epoch, int64_t step_ns) {
  result_.loss = session_->loss();
  if (!std::isfinite(result_.loss))
    fail("the loss of step ", checkpoint_.step, " is ", result_.loss, ": training diverged; try a smaller --lr than ",
         options_.learning_rate);
  const double rate = double(options_.step.batch) * 1e9 / double(step_ns > 0 ? step_ns : 1);
  log_->step(checkpoint_.step, epoch, result_.loss, options_.learning_rate, rate);
  if (options_.progress)
    options_.progress({checkpoint_.step, last_step_, epoch, result_.loss, rate, result_.validation});
}

/// Before a step. A run of few steps is warmed up by fewer, so that one is left.
void Training::begin_recording(int64_t step) {
  if (options_.record.steps <= 0 || first_recorded_ > 0) return;
  if (step < std::min(result_.first_step + options_.record.warmup, last_step_)) return;
  first_recorded_ = step;
  ledger_ = std::make_unique<Ledger>();
  pool_.begin(*ledger_);
}

void Training::end_recording() {
  if (!ledger_) return;
  pool_.finish();
  options_.record.done(*ledger_, *session_, first_recorded_);
  ledger_.reset();
}

TrainResult Training::run() {
  const BatchOrder order(data_.train_size(), options_.step.batch, options_.seed, options_.shuffle);
  const int64_t first = result_.first_step;
  Prefetch prefetch(data_, order, options_.step.way.dtype, first);
  const int64_t begin = now_ns();
  int64_t previous = begin;
  for (int64_t step = first; step <= last_step_; ++step) {
    begin_recording(step);
    const Batch* batch = nullptr;
    pool_.wait_for_input([&] { batch = &prefetch.take(step); });
    session_->run(batch->x.view(), batch->y.view(), options_.learning_rate, step);
    checkpoint_.step = step;
    const int64_t now = now_ns();
    const int64_t epoch = order.epoch_of(step);
    after_step(epoch, now - previous);
    result_.interrupted = options_.stop && options_.stop();
    const bool epoch_ends = order.epoch_of(step + 1) != epoch;
    const bool saves = options_.checkpoint_every > 0 && step % options_.checkpoint_every == 0;
    if (ledger_) {
      pool_.end_step();
      if (result_.interrupted || step == last_step_ || epoch_ends || saves || ledger_->steps() >= options_.record.steps)
        end_recording();
    }
    if (result_.interrupted) break;
    if (step == last_step_) break;
    // Validation first: its line in the log then belongs to what the checkpoint keeps.
    if (epoch_ends) validate(epoch, options_.log_validation);
    if (saves) save();
    previous = now_ns();
  }
  const int64_t done = checkpoint_.step - first + 1;
  if (done > 0) result_.examples_per_s = double(done * options_.step.batch) * 1e9 / double(now_ns() - begin);
  if (!result_.interrupted)
    validate(order.epoch_of(std::max<int64_t>(checkpoint_.step, 1)), options_.log_validation && done > 0);
  save();
  log_->flush();
  if (!options_.checkpoint.empty()) remove_leftovers(options_.checkpoint);
  result_.steps = checkpoint_.step;
  session_.reset();
  evaluator_.reset();
  result_.variables = std::move(checkpoint_.variables);
  return std::move(result_);
}

}  // namespace

void check_same_run(const Checkpoint& saved, const TrainOptions& options, const Dataset& data) {
  const auto differs = [&](const auto& what, const auto& was, const auto& is) {
    if (was != is)
      fail("--resume: the checkpoint in ", options.checkpoint, " was trained with ", what, " ", was, ", this run has ",
           is, "; repeat its flags, or leave --resume out to start afresh");
  };
  differs("--network", saved.network.name, options.step.network.name);
  differs("the network", network_to_json(saved.network).dump(), network_to_json(options.step.network).dump());
  differs("--dtype", saved.precision(), dtype_name(options.step.way));
  differs("--optimizer", name_of(saved.optimizer.kind), name_of(options.step.optimizer.kind));
  differs("--loss", name_of(saved.loss.kind), name_of(options.step.loss.kind));
  differs("--label-smoothing", saved.loss.label_smoothing, options.step.loss.label_smoothing);
  differs("--huber-delta", saved.loss.huber_delta, options.step.loss.huber_delta);
  differs("--batch-size", saved.batch, options.step.batch);
  differs("--seed", saved.seed, options.seed);
  const auto shuffling = [](bool on) { return std::string_view(on ? "on" : "off"); };
  differs("shuffling", shuffling(saved.shuffle), shuffling(options.shuffle));
  differs("training examples:", saved.examples, data.train_size());
  differs("classes:", saved.class_labels.size(), data.class_labels.size());
}

const Tensor& evaluation_x(const Dataset& data) { return data.has_test() ? data.test_x : data.train_x; }
const Tensor& evaluation_y(const Dataset& data) { return data.has_test() ? data.test_y : data.train_y; }

TrainResult train(const TrainOptions& options, const Dataset& data) {
  if (options.max_steps && *options.max_steps < 0) fail("--max-steps must not be negative");
  return Training(options, data).run();
}

}  // namespace tacho
