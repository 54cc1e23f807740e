#include "pool/pool.h"

#include <sched.h>

#include <system_error>

#include "base/error.h"

namespace tacho {
namespace {

/// Busy time in one account; what a planted delay is made of.
void spin_for(int64_t ns) {
  const int64_t end = now_ns() + ns;
  while (now_ns() < end) {
  }
}

int usable_cores() {
  cpu_set_t set;
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

/// Wakes all threads for the last time and waits for them.
void end(std::atomic<int>& generation, std::vector<std::thread>& threads) {
  generation.store(-1, std::memory_order_release);
  generation.notify_all();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

void Worker::pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

void Worker::plant_in_kernel(int32_t node) {
  // One thread's first kernel of all, or the first of a node that is named.
  const bool here =
      (plant_->kind == Plant::in_kernel && plant_->node == node) ||
      (plant_->kind == Plant::in_thread && plant_->thread == thread_ && (plant_->node < 0 || plant_->node == node));
  if (here && pool_->fire(plant_->kind)) spin_for(plant_->ns);
}

Pool::Pool(int threads) {
  if (threads < 1 || threads > 1024) fail("--threads must be between 1 and 1024, got ", threads);
  // Spinning longer than a wake-up costs (tens of microseconds) gains nothing; with more threads than cores it only
  // steals time.
  spins_ = threads <= usable_cores() ? 4000 : 1;
  workers_.resize(size_t(threads));
  for (int t = 0; t < threads; ++t) workers_[size_t(t)].pool_ = this, workers_[size_t(t)].thread_ = t;
  try {
    for (int t = 1; t < threads; ++t) threads_.emplace_back([this, t] { worker_loop(t); });
  } catch (const std::system_error& error) {
    end(generation_, threads_);
    fail("--threads ", threads, ": the system started ", threads_.size() + 1, " of them, then: ", error.what());
  }
}

Pool::~Pool() { end(generation_, threads_); }

void Pool::worker_loop(int thread) {
  Worker& worker = workers_[size_t(thread)];
  for (int seen = 0;;) {
    const bool slept = wait_until(generation_, [&](int value) { return value != seen; });
    seen = generation_.load(std::memory_order_acquire);
    if (seen < 0) return;
    // Come in first, then look whether the run is still on: the caller does it the other way round, so either it waits
    // for this thread or this thread sees that the run is over. A sleeper that wakes too late costs nobody anything.
    inside_.fetch_add(1);
    if (active_.load()) {
      worker.change_at(slept ? now_ns() : run_published_ns_, Account::dispatch);
      work(worker);
      worker.change_at(run_ended_ns_, Account::idle);
    }
    inside_.fetch_sub(1);
    inside_.notify_one();
  }
}

void Pool::set_up(Program& program) {
  program_ = &program;
  failed_.store(false, std::memory_order_relaxed);
  graph_ = program.graph();
  if (graph_) return set_up_graph(*graph_);
  const int count = program.stages();
  if (count > stage_capacity_) {
    stages_ = std::make_unique<Stage[]>(size_t(count));
    stage_capacity_ = count;
  }
  stage_count_ = count;
  for (int s = 0; s < count; ++s) {
    stages_[size_t(s)].tasks = program.tasks(s);
    stages_[size_t(s)].next.store(0, std::memory_order_relaxed);
    stages_[size_t(s)].left.store(stages_[size_t(s)].tasks, std::memory_order_relaxed);
  }
  current_stage_.store(0, std::memory_order_relaxed);
  run_published_ns_ = now_ns();
  publish_stage(0);
}

void Pool::work(Worker& worker) {
  if (graph_) run_graph(worker);
  else run_stages(worker);
}

void Pool::run(Program& program) {
  if (program.stages() == 0 || (program.graph() && program.graph()->predecessors.empty())) return;
  set_up(program);
  if (graph_ && graph_->predecessors.size() == 1) {
    work(workers_[0]);  // a single task is the caller's: the others are not told of it
  } else {
    active_.store(true);
    const int generation = generation_.load(std::memory_order_relaxed);
    generation_.store(generation == INT32_MAX ? 1 : generation + 1, std::memory_order_release);
    if (threads() > 1) generation_.notify_all();
    work(workers_[0]);
    active_.store(false);
    // Nobody may look at the stages any more before they are set up for the next run.
    wait_until(inside_, [](int value) { return value == 0; });
  }
  workers_[0].change_at(run_ended_ns_, Account::dispatch);
  program_ = nullptr;
  if (failed_.load(std::memory_order_acquire)) {
    std::exception_ptr failure = std::move(failure_);
    failure_ = nullptr;
    std::rethrow_exception(failure);
  }
}

/// Makes the first stage from `stage` on that has tasks the current one; past the last, the run has ended.
void Pool::publish_stage(int stage) {
  while (stage < stage_count_ && (stages_[size_t(stage)].tasks == 0 || failed_.load(std::memory_order_relaxed)))
    ++stage;
  const int64_t now = now_ns();
  if (stage < stage_count_) stages_[size_t(stage)].published_ns = now;
  else run_ended_ns_ = now;
  current_stage_.store(stage, std::memory_order_release);
  if (threads() > 1) current_stage_.notify_all();
}

void Pool::run_stages(Worker& worker) {
  for (;;) {
    const int stage = current_stage_.load(std::memory_order_acquire);
    if (stage >= stage_count_) return;
    Stage& s = stages_[size_t(stage)];
    int task = s.next.fetch_add(1, std::memory_order_relaxed);
    bool arrived_last = false;
    while (task < s.tasks) {
      run_task(worker, stage, task);
      task = s.next.fetch_add(1, std::memory_order_relaxed);
      // The change is stamped before completion is published: afterwards the coordinator may close the ledger.
      if (task >= s.tasks) worker.rest();
      if (s.left.fetch_sub(1, std::memory_order_acq_rel) == 1) arrived_last = true;
    }
    if (arrived_last) {
      arrive(worker, stage);
    } else {
      if (worker.record_ && worker.record_->account() != Account::sync &&
          stage == current_stage_.load(std::memory_order_acquire))
        worker.change(Account::sync);
      wait_until(current_stage_, [&](int value) { return value > stage; });
    }
    const int next = current_stage_.load(std::memory_order_acquire);
    if (next < stage_count_) worker.change_at(stages_[size_t(next)].published_ns, Account::dispatch);
  }
}

/// The last thread to arrive at a barrier releases it.
void Pool::arrive(Worker& worker, int stage) {
  if (worker.plant_ && worker.plant_->kind == Plant::at_barrier && fire(Plant::at_barrier)) spin_for(worker.plant_->ns);
  publish_stage(stage + 1);
}

void Pool::run_task(Worker& worker, int stage, int task) {
  if (failed_.load(std::memory_order_relaxed)) return;
  try {
    program_->run(stage, task, worker);
  } catch (...) {
    if (!failed_.exchange(true, std::memory_order_acq_rel)) failure_ = std::current_exception();
  }
}

void Pool::begin(Ledger& ledger) {
  ledger_ = &ledger;
  ledger.prepare(threads());
  const int64_t now = now_ns();
  ledger.begin(threads(), now);
  run_ended_ns_ = now;
  for (Worker& worker : workers_) worker.record_ = &ledger.record(worker.thread_), worker.kernel_end_ = 0;
  plant_fired_.store(false, std::memory_order_relaxed);
}

void Pool::end_step() {
  if (ledger_) ledger_->end_step(now_ns());
  plant_fired_.store(false, std::memory_order_relaxed);
}

void Pool::finish() {
  TACHO_CHECK(ledger_, "no measurement is under way");
  for (Worker& worker : workers_) worker.record_ = nullptr;
  ledger_->close(now_ns());
  ledger_ = nullptr;
}

void Pool::plant(const Plant& plant) {
  plant_ = plant;
  for (Worker& worker : workers_) worker.plant_ = plant.kind == Plant::none ? nullptr : &plant_;
}

bool Pool::fire(Plant::Kind kind) {
  return plant_.kind == kind && !plant_fired_.exchange(true, std::memory_order_relaxed);
}

void Pool::plant_in_input() {
  if (workers_[0].plant_ && plant_.kind == Plant::at_input && fire(Plant::at_input)) spin_for(plant_.ns);
}

}  // namespace tacho
