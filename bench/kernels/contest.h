#pragma once
// Several ways to do one piece of work, timed in alternation on one thread, and what the times say.
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "machine/profile.h"

namespace tacho::bench {

/// One way to do the work.
struct Entry {
  std::string name;               ///< "simd", "onednn", "blas"; a library's in a layout: "onednn nhwc"
  std::string kernel;             ///< what does it, as reports call it
  std::function<void()> run;      ///< once, on this thread
  double executed_flop = 0;       ///< of products, where another number than the work requires
  const float* result = nullptr;  ///< of products of matrices
  bool part_only = false;         ///< does a part of the work: shown, but no rival
  std::vector<double> ns{};       ///< of one run; one a round
};

/// One piece of work. Ours is the first entry.
struct Contest {
  std::string part, name, detail;  ///< "products", "square 1024", "1024 x 1024 x 1024"
  double flop = 0;                 ///< what products it requires; 0: bound by what it moves
  int64_t bytes = 0;               ///< read and written, at least
  int64_t held = 0;                ///< of operands; 0: as many as `bytes`
  double ceiling_bar = 0;          ///< the share of the ceiling that ours must reach
  bool bfloat16 = false;
  std::vector<Entry> entries{};
  std::vector<std::pair<std::string, std::string>> refusals{};  ///< who takes no part, and why
};

/// Where the operands lie when the work is done again and again.
MemoryLevel level_of(const Contest& contest, const MachineProfile& profile);

/// This thread's: of multiply-adds now, of bandwidths from the profile.
struct Ceilings {
  double flop_per_ns = 0, bfloat16_flop_per_ns = 0;
  MachineProfile profile;
  double of_flop(const Contest& contest) const { return contest.bfloat16 ? bfloat16_flop_per_ns : flop_per_ns; }
};

/// By least times, since a disturbance only adds to a time.
struct Verdict {
  double ratio = 0;         ///< the quickest library's time over ours; 0 without one
  double median_ratio = 0;  ///< the median over rounds, of the library for which it is least
  double share = 0;         ///< of the ceiling, ours
  double needed = 0;        ///< what the ratio is held to
  bool holds = true;
  std::string short_of;  ///< which bar, in words; empty where all hold
};

/// At least 95 % of the better library's rate; 120 % where every library stays under 85 % of the ceiling.
constexpr double kRatioBar = 0.95, kWeakLibraryBar = 1.2, kWeakLibrary = 0.85;

/// Fills in the entries' times, each run for at least `milliseconds` a round; of this thread's own, so that others on
/// the machine disturb less.
void measure(Contest& contest, int rounds, double milliseconds);
double least(const Entry& entry);
double quantile(std::vector<double> values, double at);
/// Of the ceiling: of multiply-adds for products (as required), else of the bandwidth of the level that holds the
/// operands. 0 where that is not known.
double share_of(const Contest& contest, const Entry& entry, const Ceilings& ceilings);
/// The share of the bandwidth where a product's operands take longer than its multiply-adds at their ceilings; else 0.
double traffic_share(const Contest& contest, const Entry& entry, const Ceilings& ceilings);
/// Bars hold for products of matrices (`part` "products"); elsewhere only that no library is quicker by over 5 %.
Verdict verdict_of(const Contest& contest, const Ceilings& ceilings);

/// One line on standard output.
void print(const Contest& contest, const Ceilings& ceilings);
nlohmann::json json_of(const Contest& contest, const Ceilings& ceilings);

}  // namespace tacho::bench
