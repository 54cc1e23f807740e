#pragma once
// Threads that run a step's tasks, and the ledger's only writer.
#include <atomic>
#include <exception>
#include <memory>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "pool/plant.h"
#include "trace/ledger.h"

namespace tacho {

class Pool;

/// What a task knows of the thread that runs it.
class Worker {
 public:
  /// 0 is the caller of Pool::run.
  int thread() const { return thread_; }

  /// Runs `body` inside the account `kernel` of `node`. Exceptions pass through with the account closed.
  template <class Body>
  void kernel(int32_t node, Body&& body) {
    const KernelScope scope(*this, node);
    body();
  }
  /// Polls `done` until it holds, in the account `communication`: for kernels that return before their work is
  /// finished.
  template <class Done>
  void wait_for(Done&& done) {
    change(Account::communication);
    while (!done()) pause();
    change(Account::dispatch);
  }

 private:
  friend class Pool;
  struct KernelScope {
    KernelScope(Worker& worker, int32_t node) : worker_(worker) {
      worker.change(Account::kernel, node);
      if (worker.plant_) worker.plant_in_kernel(node);
    }
    ~KernelScope() {
      worker_.change(Account::dispatch);
      if (worker_.record_) worker_.kernel_end_ = worker_.record_->transitions().size();
    }
    Worker& worker_;
  };
  void change(Account account, int32_t node = -1) {
    if (record_) record_->change(now_ns(), account, node);
  }
  void change_at(int64_t at_ns, Account account) {
    if (record_) record_->change(at_ns > record_->last_change_ns() ? at_ns : record_->last_change_ns(), account);
  }
  /// No task is left in the stage: `sync`. Right behind a kernel (nothing has run since but the look for a task) it
  /// begins where the kernel ended, without a timestamp of its own: one in three of a stage of one task.
  void rest() {
    if (!record_) return;
    if (kernel_end_ == record_->transitions().size()) record_->rename_last(Account::sync);
    else change(Account::sync);
  }
  void plant_in_kernel(int32_t node);
  static void pause();

  Pool* pool_ = nullptr;
  ThreadRecord* record_ = nullptr;
  const Plant* plant_ = nullptr;
  size_t kernel_end_ = 0;  ///< changes in the record when the last kernel had ended
  int thread_ = 0;
};

/// Which tasks must be over before a task may begin, for programs without stages.
struct TaskGraph {
  std::vector<int> predecessors;             ///< how many, per task
  std::vector<std::vector<int>> successors;  ///< per task
};

/// Stages of independent tasks with a barrier after each stage; or, where `graph` is given, the tasks of stage 0 as
/// soon as those they depend on are over, without barriers.
class Program {
 public:
  virtual ~Program() = default;
  /// Null for programs of stages.
  virtual const TaskGraph* graph() const { return nullptr; }
  virtual int stages() const = 0;
  virtual int tasks(int stage) const = 0;
  virtual void run(int stage, int task, Worker& worker) = 0;
};

class Pool {
 public:
  /// `threads` in all, the caller included; throws tacho::Error unless 1 <= threads <= 1024 and the system starts them.
  explicit Pool(int threads);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int threads() const { return int(workers_.size()); }

  /// Runs every task of every stage, in stage order; tasks of a stage run in any order on any thread. Rethrows the
  /// first exception of a task after all threads have arrived; the stages behind it are skipped.
  void run(Program& program);

  /// Everything from now on is recorded in `ledger`, from `begin` to `finish`.
  void begin(Ledger& ledger);
  /// End of a step, stamped by the coordinator.
  void end_step();
  /// Closes the ledger with an end that all threads share.
  void finish();
  bool measuring() const { return ledger_ != nullptr; }

  /// Runs `body` on the caller in the account `input`: waiting for data.
  template <class Body>
  void wait_for_input(Body&& body) {
    Worker& caller = workers_[0];
    caller.change(Account::input);
    struct Back {
      Worker& worker;
      ~Back() { worker.change(Account::dispatch); }
    } back{caller};
    body();
    plant_in_input();
  }
  /// Runs `body` on the caller in the account `profiler`: bookkeeping of the measurement.
  template <class Body>
  void bookkeeping(Body&& body) {
    Worker& caller = workers_[0];
    caller.change(Account::profiler);
    struct Back {
      Worker& worker;
      ~Back() { worker.change(Account::dispatch); }
    } back{caller};
    body();
  }

  /// Plants a delay once per step from now on; `{}` removes it.
  void plant(const Plant& plant);

 private:
  friend class Worker;
  struct alignas(64) Stage {
    std::atomic<int> next{0};
    std::atomic<int> left{0};
    int tasks = 0;
    int64_t published_ns = 0;  ///< when its tasks became ready
  };
  void worker_loop(int thread);
  void set_up(Program& program);
  void work(Worker& worker);
  void run_stages(Worker& worker);
  void set_up_graph(const TaskGraph& graph);
  void run_graph(Worker& worker);
  void push_ready(int task);
  int take_ready(int64_t& since);
  void arrive(Worker& worker, int stage);
  void publish_stage(int stage);
  void run_task(Worker& worker, int stage, int task);
  void plant_in_input();
  bool fire(Plant::Kind kind);
  template <class Condition>
  bool wait_until(std::atomic<int>& word, Condition&& ready);

  std::vector<Worker> workers_;
  std::vector<std::thread> threads_;
  std::unique_ptr<Stage[]> stages_;
  int stage_capacity_ = 0, stage_count_ = 0;
  /// Ready tasks of a graph in the order in which they became ready: every task is pushed once, so the queue is an
  /// array.
  struct Ready {
    std::atomic<int> task{-1};
    int64_t since_ns = 0;
  };
  const TaskGraph* graph_ = nullptr;
  std::unique_ptr<Ready[]> ready_;
  std::unique_ptr<std::atomic<int>[]> waiting_;  ///< predecessors that are not over yet
  int graph_capacity_ = 0;
  std::atomic<int> ready_begin_{0}, ready_end_{0}, graph_done_{0}, graph_signal_{0};
  std::atomic<bool> graph_over_{false};
  Program* program_ = nullptr;
  std::atomic<int> current_stage_{0};  ///< stages below are complete
  std::atomic<int> generation_{0};     ///< increases with every run; -1 ends the threads
  std::atomic<bool> active_{false};    ///< a run is under way: threads may join it
  std::atomic<int> inside_{0};  ///< threads, beside the caller, that are in a run (or finding out that there is none)
  std::atomic<bool> failed_{false};
  std::exception_ptr failure_;
  int64_t run_published_ns_ = 0, run_ended_ns_ = 0;
  Ledger* ledger_ = nullptr;
  Plant plant_;
  std::atomic<bool> plant_fired_{false};
  int spins_ = 0;
};

/// Spins, then sleeps on `word` until `ready(value)`. Returns whether it slept.
template <class Condition>
bool Pool::wait_until(std::atomic<int>& word, Condition&& ready) {
  for (int i = 0; i < spins_; ++i) {
    if (ready(word.load())) return false;
    Worker::pause();
  }
  for (int value = word.load(); !ready(value); value = word.load()) word.wait(value);
  return true;
}

}  // namespace tacho
