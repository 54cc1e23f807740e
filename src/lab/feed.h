#pragma once
// A session with its data: what every measurement of the lab steps through.
#include "data/prefetch.h"
#include "train/session.h"

namespace tacho {

class Feed {
 public:
  /// `data` must outlive the feed and fit the network.
  Feed(const StepOptions& options, const Dataset& data, double learning_rate, uint64_t seed);

  /// The next training step: its batch (waiting in the account `input`), then the step itself.
  void step();
  int64_t steps() const { return step_; }
  Pool& pool() { return pool_; }
  Session& session() { return session_; }
  const Session& session() const { return session_; }
  VariableStore& variables() { return variables_; }
  /// CPU time of the thread that makes batches.
  int64_t prefetch_cpu_ns() const { return prefetch_.cpu_ns(); }

 private:
  Pool pool_;
  VariableStore variables_;
  Session session_;
  Prefetch prefetch_;
  double learning_rate_;
  int64_t step_ = 0;
};

/// One step to fill the caches, then recorded steps for so long, at least one: their median, and (where `rows` is
/// given) that of each row's thread time. For ways that are measured in turn. All of a turn's steps count alike: were
/// the quicker ones of a turn to count, the way that has more of them in it would seem quicker.
int64_t step_in_turn(Feed& feed, double seconds, std::vector<int64_t>* rows = nullptr);

/// Steps until the last three differ by less than a tenth, at least `least` and for at most `seconds` behind them.
/// Returns their number.
int64_t warm_up(Feed& feed, int64_t least, double seconds);

}  // namespace tacho
