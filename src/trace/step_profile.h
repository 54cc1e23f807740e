#pragma once
// A step as some program measured it, in plain data: what comparisons read. Knows no operation: kinds are words.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tacho {

/// One thing that a measured row does, in the catalogue's words where it has any ("conv2d_backward_data"). A fused row
/// has several.
struct ProfiledPart {
  std::string kind;
  std::string phase;                         ///< "forward", "backward", "update"; "none" where the source does not say
  std::string layer;                         ///< empty where the source does not say
  std::string id;                            ///< "conv2/conv2d/forward" in results of our own; else empty
  std::vector<std::vector<int64_t>> shapes;  ///< of the operands that tell two of a kind apart; empty: not recorded
  int64_t work = -1;                         ///< required, by the counting convention; -1: not known
};

/// A row with its time in each sampled step.
struct ProfiledOperation {
  std::string name;  ///< for people
  std::vector<ProfiledPart> parts;
  int64_t executed_work = -1;       ///< what the kernel performs, where counted or declared; -1: not known
  std::vector<int64_t> samples_ns;  ///< thread time, or wall time where the source has no more
};

/// Time outside of operations.
struct ProfiledAccount {
  enum Bucket : uint8_t {
    waiting,   ///< for other threads: lost to parallelism
    overhead,  ///< dispatch, interpreter, bookkeeping
    idle,      ///< nothing to do, or no data
  } bucket = overhead;
  std::string name;
  std::vector<int64_t> samples_ns;
};

/// What may differ between two measurements beside what is compared. Empty or negative: the source does not say.
struct ProfileFacts {
  std::string network, dtype, machine, optimizer, step_kind;
  int64_t batch = -1, threads = -1, warmup = -1;
  std::map<std::string, std::string> versions;  ///< of libraries, by name
  bool whole_step = true;                       ///< false: only operations were recorded, the step is their sum
};

struct StepProfile {
  std::string file;    ///< as the user named it
  std::string source;  ///< "tacho analyze", "PyTorch profiler (Kineto)", ...
  std::string way;     ///< how it ran, where the source says
  ProfileFacts facts;
  std::vector<int64_t> steps_ns;  ///< every measured step
  std::vector<int64_t> sampled;   ///< indices into steps_ns of the steps whose parts are known, ascending
  size_t median = 0;              ///< index into `sampled`: the step that is compared
  /// In each sampled step the operations and accounts sum to so many times its duration: threads where the samples are
  /// thread time, 1 where they are wall time.
  int64_t unit = 1;
  std::vector<ProfiledOperation> operations;  ///< in the order of their first execution
  std::vector<ProfiledAccount> accounts;
  std::vector<std::string> notes;  ///< what was left out or assumed, one sentence each

  int64_t step_ns() const { return steps_ns[size_t(sampled[median])]; }
};

/// Throws tacho::Error with `where` unless every sampled step closes to the nanosecond.
void check_closed(const StepProfile& profile, const std::string& where);

}  // namespace tacho
