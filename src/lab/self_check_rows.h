#pragma once
// What the parts of the self-check share; nobody else includes this.
#include <functional>

#include "lab/feed.h"
#include "lab/self_check.h"

namespace tacho {

constexpr int kSelfCheckTries = 3;
constexpr int64_t kPlantNs = 1'000'000;
// A spin ends at the first clock reading behind its end, and the switches around it are stamped: a twentieth of a
// percent would be noise, half a percent is not.
constexpr int64_t kResolutionNs = 5'000;
/// What is let pass at a barrier of several threads: who waits a millisecond sleeps, and is waited for when it wakes
/// up.
constexpr int64_t kWakingNs = kPlantNs / 20;
constexpr int64_t at_barrier_tolerance_ns(int threads) { return threads > 1 ? kWakingNs : kResolutionNs; }
// An interval wider than so much of what was planted on either side could not tell it from half of it.
constexpr double kWidestShare = 0.3;

using SelfCheckProgress = std::function<void(const std::string& what)>;

/// Sets `holds` and `noisy` from the planted time and the interval.
void judge(SelfCheckRow& row);

/// `attempt` until its row holds, at most kSelfCheckTries times: the last row, with the number of tries.
SelfCheckRow try_again(const std::function<SelfCheckRow()>& attempt);

/// A node whose kernels take little, so that a delay in it changes little else; among those the one that runs on most
/// threads in most steps, then the one that takes most.
int node_to_plant_in(Feed& feed);

// Each adds its rows.
void add_ledger_rows(SelfCheck& check, Feed& feed, int node, const SelfCheckProgress& progress);
/// `path`: of the node to plant in, as the plan's rows name it.
void add_compare_rows(SelfCheck& check, const StepOptions& step, const Dataset& data, const MeasureOptions& measuring,
                      const std::string& path, const SelfCheckProgress& progress);
void add_why_rows(SelfCheck& check, const StepOptions& step, const Dataset& data, const MeasureOptions& measuring,
                  const std::string& path, const SelfCheckProgress& progress);

/// A place for a delay, found anew in each session: the same node has another number in another plan.
struct PlantPlace {
  Plant::Kind kind = Plant::none;
  std::string words;  ///< "at a barrier"
  std::string path;   ///< of the node, where the delay is in one of its kernels
  int thread = 0;     ///< where it is in one thread's kernel
};

/// The four places: in the kernel `path`, at a barrier, at the hand-over of data, in that kernel on the last of
/// `threads`.
std::vector<PlantPlace> plant_places(const std::string& path, int threads);

/// Throws tacho::Error where the session has no such node.
Plant plant_at(const PlantPlace& place, const Feed& feed);

}  // namespace tacho
