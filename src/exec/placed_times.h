#pragma once
// What a plan's calls take by themselves, with memory as a step would have left it.
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "exec/plan_runner.h"

namespace tacho {

/// Measures nodes one by one, each on all threads at once that have it in a step, in arenas as a step's. Before each
/// timed call its thread goes through memory as the calls before it in the schedule go through theirs, back to as much
/// as all caches hold: what the call reads comes from where it would in a step, and the other threads ask for theirs
/// meanwhile. No other call is made but those whose results it cannot do without: packs, and partial results.
class PlacedTimes {
 public:
  /// Refers to the plan. Takes the memory of a step, and of what is bound to it.
  PlacedTimes(const Plan& plan, int threads);
  /// Times a few calls of each kind of a node's calls: of each length of slice, and those that begin a lane.
  void measure(int node);
  /// All of a node's calls in one step, in thread time: of each kind the undisturbed one (trace/statistics.h) of those
  /// measured, each measure() one: the mean of its calls, on all threads, as in a step, which has the quick and the
  /// slow; times their number. 0 for views, for what runs in no step, and before it was measured.
  int64_t ns(int node) const;
  /// How much the two least of what ns() is made of differ, summed alike; all of it before a second measure().
  int64_t unsure_ns(int node) const;

 private:
  struct Place {
    int thread = 0;
    size_t at = 0;  ///< in that thread's order
  };
  struct Kind {
    int64_t number = 0;
    std::vector<std::vector<size_t>> at;  ///< by thread, places in its order
    std::vector<int64_t> samples;         ///< by measure(): the mean of its few calls
  };
  using Kinds = std::map<std::pair<int64_t, bool>, Kind>;  ///< by length of slice, and whether it begins a lane

  void provide(const Item& item, int thread);
  void make_up(const Item& item, int thread);
  /// What the calls before that one leave in the caches, the latest first.
  std::vector<PlanRunner::Touched> touched_before(const Place& place) const;
  std::vector<int64_t> time_at_once(const std::vector<Place>& places);

  const Plan& plan_;
  PlanRunner runner_;
  std::vector<std::unique_ptr<Buffer>> bound_;
  std::vector<std::vector<Item>> order_;  ///< by thread: its calls in a step
  std::vector<Kinds> kinds_;              ///< by node
  int accumulated_ = -1;                  ///< the node that was measured last, if its partial results are all there
};

}  // namespace tacho
