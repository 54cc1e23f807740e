#pragma once
// Ceilings of this machine (architecture section 8).
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tacho {

/// Multiply-adds that stay in registers; one counts as two FLOP.
struct ComputeCeiling {
  std::string dtype;      ///< float32, float64, bfloat16 (products, summed in float32)
  std::string isa;        ///< avx512, avx2, neon, baseline
  int threads = 1;        ///< all together
  double flop_per_s = 0;  ///< median over the repetitions
  double spread = 0;      ///< (95 % - 5 % quantile) / median
};

struct BandwidthCeiling {
  std::string level;  ///< L1, L2, L3, memory: where the data fit
  std::string kind;   ///< read; triad (a = b + s c: two reads, one write)
  int threads = 1;
  int64_t bytes_per_thread = 0;  ///< of the data
  double bytes_per_s = 0;        ///< of all threads, median
  double spread = 0;
};

/// Where data are read from and written to.
struct MemoryLevel {
  std::string name;        ///< L1, L2, L3, memory
  double bytes_per_s = 0;  ///< at best, reading or reading and writing; 0 where it was not measured
};

struct Latencies {
  double dispatch_ns = 0;  ///< an empty run of the pool, from call to return, on all threads
  double barrier_ns = 0;   ///< each further stage of a run
  double timestamp_ns = 0;
  double first_touch_ns_per_page = 0;  ///< 4 KB
};

struct MachineProfile {
  std::string identity, processor;
  int cores = 1, threads = 1;
  int64_t l1_bytes = 0, l2_bytes = 0, l3_bytes = 0;
  std::vector<std::string> instruction_sets;
  std::vector<ComputeCeiling> compute;
  std::vector<BandwidthCeiling> bandwidth;
  Latencies latency;
  std::vector<std::string> warnings;  ///< what spoiled, or may spoil, measurements
  int64_t measured_at = 0;            ///< seconds since 1970

  /// The best instruction set's rate for that dtype; 0 where it was not measured.
  double flop_per_s(const std::string& dtype, int of_threads) const;
  /// The smallest level that can hold `bytes` of one thread (a shared cache as a whole), with the bandwidth of
  /// `of_threads` together; memory where none does.
  MemoryLevel level_of(int64_t bytes, int of_threads) const;
};

/// Measures for 1 to `threads` threads. `progress` (may be empty) is told the share that is done and what comes next.
/// Takes a few seconds. Throws tacho::Error where memory is short.
MachineProfile measure_machine(int threads, const std::function<void(double, const std::string&)>& progress);

/// What spoils measurements on this machine now, with `threads` threads: one sentence each, with its figures.
std::vector<std::string> measurement_warnings(int threads);

/// The profile kept for this machine, with at least that many threads; nothing where there is none, or where it is
/// damaged or another machine's.
std::optional<MachineProfile> kept_profile(int threads);
/// Keeps it. Throws tacho::Error where there is no folder to keep it in.
void keep_profile(const MachineProfile& profile);
/// The kept one; where there is none, measures for 1 to `threads` threads (or all cores, where those are more) and
/// keeps it if there is a folder for it.
MachineProfile this_machine_profile(int threads, const std::function<void(double, const std::string&)>& progress);
/// Where it is kept; empty where there is no folder.
std::string profile_path();

std::string profile_to_json(const MachineProfile& profile);
/// Throws tacho::Error where the text is no profile.
MachineProfile profile_from_json(const std::string& text, const std::string& where);

}  // namespace tacho
