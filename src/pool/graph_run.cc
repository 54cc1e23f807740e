// Programs without stages: a task begins as soon as those it depends on are over.
#include "pool/pool.h"

namespace tacho {

void Pool::set_up_graph(const TaskGraph& graph) {
  const int count = int(graph.predecessors.size());
  if (count > graph_capacity_) {
    ready_ = std::make_unique<Ready[]>(size_t(count));
    waiting_ = std::make_unique<std::atomic<int>[]>(size_t(count));
    graph_capacity_ = count;
  }
  ready_begin_.store(0, std::memory_order_relaxed);
  ready_end_.store(0, std::memory_order_relaxed);
  graph_done_.store(0, std::memory_order_relaxed);
  graph_over_.store(false, std::memory_order_relaxed);
  for (int t = 0; t < count; ++t) {
    ready_[size_t(t)].task.store(-1, std::memory_order_relaxed);
    waiting_[size_t(t)].store(graph.predecessors[size_t(t)], std::memory_order_relaxed);
  }
  run_published_ns_ = now_ns();
  for (int t = 0; t < count; ++t)
    if (graph.predecessors[size_t(t)] == 0) push_ready(t);
}

void Pool::push_ready(int task) {
  Ready& place = ready_[size_t(ready_end_.fetch_add(1))];
  place.since_ns = now_ns();
  place.task.store(task, std::memory_order_release);
  graph_signal_.fetch_add(1);
  if (threads() > 1) graph_signal_.notify_all();
}

/// The task that has been ready longest, and since when; -1 where none is.
int Pool::take_ready(int64_t& since) {
  int begin = ready_begin_.load();
  do {
    if (begin >= ready_end_.load()) return -1;
  } while (!ready_begin_.compare_exchange_weak(begin, begin + 1));
  Ready& place = ready_[size_t(begin)];
  int task = place.task.load(std::memory_order_acquire);
  while (task < 0) {  // its place was taken a moment before it was filled
    Worker::pause();
    task = place.task.load(std::memory_order_acquire);
  }
  since = place.since_ns;
  return task;
}

void Pool::run_graph(Worker& worker) {
  const int count = int(graph_->predecessors.size());
  int64_t since = 0;
  for (int task = take_ready(since);;) {
    if (task < 0) {
      const int seen = graph_signal_.load();
      if (graph_over_.load()) return;
      task = take_ready(since);
      if (task >= 0) {
        worker.change_at(since, Account::dispatch);
        continue;
      }
      if (worker.record_ && worker.record_->account() != Account::sync) worker.change(Account::sync);
      wait_until(graph_signal_, [&](int value) { return value != seen; });
      continue;
    }
    run_task(worker, 0, task);
    for (int next : graph_->successors[size_t(task)])
      if (waiting_[size_t(next)].fetch_sub(1, std::memory_order_acq_rel) == 1) push_ready(next);
    task = take_ready(since);
    if (task < 0) worker.change(Account::sync);
    if (graph_done_.fetch_add(1) + 1 == count) {
      run_ended_ns_ = now_ns();
      graph_over_.store(true);
      graph_signal_.fetch_add(1);
      if (threads() > 1) graph_signal_.notify_all();
      return;
    }
  }
}

}  // namespace tacho
