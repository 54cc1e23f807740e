#pragma once
// What kernels took on this machine, measured when they were first met and kept on disk: the algorithm of each group is
// chosen by it (architecture section 5: the tuning record).
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "device/kernel_identity.h"
#include "op/backend.h"
#include "plan/kernel_times.h"
#include "plan/slicing.h"

namespace tacho {

/// Nanoseconds of the call on this thread, with made-up operands: the least of a few, with warm caches. A reduction's
/// share of combining and finishing is not in it.
int64_t measure(const KernelCall& call);

/// Nanoseconds by key. A key names everything that decides the time: operations, attributes, shapes of a slice, dtypes,
/// layouts, backend and kernel. Threads may share one.
class TuningRecord {
 public:
  /// An empty record that is kept in memory only.
  TuningRecord() = default;
  TuningRecord(const TuningRecord&) = delete;
  TuningRecord& operator=(const TuningRecord&) = delete;
  /// The record in a file, empty where there is none yet. A file that is damaged, of another machine or of other
  /// kernels (device/kernel_identity.h) is not used and replaced by the next `save`.
  explicit TuningRecord(std::string path, std::string kernels = kernel_identity());

  std::optional<int64_t> find(const std::string& key) const;
  void add(const std::string& key, int64_t ns);
  /// Writes what was added, together with what other processes wrote meanwhile. Does nothing where nothing was added
  /// or the record has no file. A folder that cannot be written costs the record, not the run.
  void save();
  /// Nanoseconds of a call that has no time yet: `measure` below, unless another was given.
  int64_t measure(const KernelCall& call) const { return measure_ ? measure_(call) : tacho::measure(call); }
  void measure_by(std::function<int64_t(const KernelCall&)> measure) { measure_ = std::move(measure); }
  /// How many times were measured since the record was made: 0 where all choices stood in the file.
  int64_t added() const;

 private:
  std::map<std::string, int64_t> read() const;
  mutable std::mutex mutex_;
  std::string path_, kernels_;
  std::map<std::string, int64_t> times_;
  int64_t added_ = 0;
  bool dirty_ = false;
  std::function<int64_t(const KernelCall&)> measure_;  ///< empty: measure
};

/// The record of this machine and these libraries, in TACHO_HOME or the user's cache folder; one a process.
TuningRecord& this_machine_tuning();

/// Everything of a group that its kernels' times depend on, as text.
std::string tuning_key(const Group& group, int64_t slices);

/// Gives the memory that measuring took back to the system: the plan's own comes on top of what the heap keeps
/// (vgg16 at batch 64: 186 MB).
void release_measuring_memory();

}  // namespace tacho
