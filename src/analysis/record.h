#pragma once
// Everything measured of one run, in plain data: what the analyser reads. The lab fills it; nothing here can run
// anything.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "machine/profile.h"
#include "plan/memory_map.h"
#include "plan/row.h"
#include "plan/step_schedule.h"
#include "trace/ledger.h"

namespace tacho {

using SwitchValues = std::vector<std::pair<std::string, std::string>>;

/// The same step executed another way, or the word why it was not measured.
struct OtherWay {
  std::string label;  ///< "procedural gather reference"
  SwitchValues switches;
  std::string skipped;  ///< why it was not measured; empty where it was
  bool this_run = false;
  int64_t median_ns = 0, repetitions = 0;
  int64_t products_ns = 0;          ///< of median_ns: per thread, in products (of fused kernels their part)
  int64_t rest_ns = 0;              ///< of median_ns: everything else, so that the two sum to it
  int64_t forward_products_ns = 0;  ///< per thread, in forward products
  int64_t forward_ns = 0;           ///< per thread, in all forward kernels
};

/// What the rows take by themselves and in the same step on one thread: why they are above their floors.
struct Apart {
  std::string skipped;                 ///< why it was not measured; empty where it was
  std::vector<int64_t> alone_ns;       ///< by row, of all its calls: each kernel by itself, caches warm
  std::vector<int64_t> one_thread_ns;  ///< by row, in the step on one thread: median
  int64_t one_thread_step_ns = 0;      ///< of the median step on one thread
  /// The same two of the quicker half of the steps.
  std::vector<int64_t> one_thread_quicker_ns;
  int64_t one_thread_quicker_step_ns = 0;
  std::vector<int64_t> accounts_ns;  ///< of that step, by Account
  int64_t repetitions = 0;           ///< steps on one thread
};

/// One measured run.
struct RunRecord {
  std::string command = "tacho analyze";  ///< what the user would type to run it again
  std::string network;
  std::vector<std::string> layers;  ///< names, in execution order
  Shape input_shape;                ///< batch included
  int64_t parameters = 0;           ///< trainable elements
  int64_t batch = 0;
  std::string dtype = "float32";  ///< or float64, bfloat16
  int threads = 1;
  bool training = true;  ///< false: forward only
  std::string optimizer, loss, data;
  std::string machine;  ///< the processor's name
  int cores = 1;
  SwitchValues switches;
  std::string way;                         ///< the switches that say how, in words
  int64_t slices = 0, slice_examples = 0;  ///< of the segment with the fewest; 0: no plan for the whole step
  int64_t most_slices = 0;                 ///< of any segment

  Graph source;               ///< the step before any pass: required counts belong to its nodes
  std::vector<NodeRow> rows;  ///< what the ledger's node numbers mean
  Ledger ledger;              ///< closed, at least one step
  double stamp_cost_ns = 0;   ///< of one timestamp

  int64_t warmup = 0;  ///< steps before the measured ones
  int64_t build_ns = 0, plan_ns = 0;
  StepSchedule schedule;                  ///< which rows' calls follow one another; empty where unknown
  std::optional<MachineProfile> profile;  ///< this machine's ceilings; without them there are no floors
  double exchange = 0;                    ///< bytes a second that a thread read of another's just then; 0 of one thread
  int64_t measured_at = 0;                ///< seconds since 1970; 0 where unknown
  MemoryMap memory;                       ///< of the plan; empty where none covers the whole step
  int64_t planned_bytes = 0, sum_of_sizes_bytes = 0, peak_rss_bytes = 0;
  std::optional<Apart> apart;
  std::vector<OtherWay> ways;
};

}  // namespace tacho
