#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "cli/command.h"
#include "cli/common_flags.h"
#include "cli/terminal.h"
#include "device/cpu.h"
#include "machine/profile.h"

namespace tacho {
namespace {

struct MachineFlags {
  CommonFlags common;
  int64_t threads = 0;
  bool again = false;
};

std::string bytes_text(int64_t bytes) {
  char text[32];
  if (bytes >= int64_t{1} << 30) std::snprintf(text, sizeof text, "%.3g GB", double(bytes) / double(1 << 30));
  else if (bytes >= 1 << 20) std::snprintf(text, sizeof text, "%.3g MB", double(bytes) / double(1 << 20));
  else std::snprintf(text, sizeof text, "%.3g KB", double(bytes) / 1024);
  return text;
}

void print_table(const MachineProfile& p) {
  std::printf("tacho machine  %s, %d %s\n", p.processor.c_str(), p.cores, p.cores == 1 ? "core" : "cores");
  std::printf("  caches  L1 %s, L2 %s a core; L3 %s\n\n", bytes_text(p.l1_bytes).c_str(),
              bytes_text(p.l2_bytes).c_str(), p.l3_bytes ? bytes_text(p.l3_bytes).c_str() : "none known");
  std::printf("MULTIPLY-ADDS  in registers, GFLOP/s (spread)\n  %-9s %-9s", "dtype", "vectors");
  for (int n = 1; n <= p.threads; ++n) std::printf(" %14s", text_of(n, n == 1 ? " thread" : " threads").c_str());
  std::printf("\n");
  for (const ComputeCeiling& row : p.compute) {
    if (row.threads != 1) continue;
    std::printf("  %-9s %-9s", row.dtype.c_str(), row.isa.c_str());
    for (const ComputeCeiling& c : p.compute)
      if (c.dtype == row.dtype && c.isa == row.isa)
        std::printf(" %7.1f (%3.0f %%)", c.flop_per_s / 1e9, c.spread * 100);
    std::printf("\n");
  }
  std::printf("\nBANDWIDTH  of all threads, GB/s (spread)\n  %-9s %-9s", "level", "kind");
  for (int n = 1; n <= p.threads; ++n) std::printf(" %14s", text_of(n, n == 1 ? " thread" : " threads").c_str());
  std::printf("   a thread's data\n");
  for (const BandwidthCeiling& row : p.bandwidth) {
    if (row.threads != 1) continue;
    std::printf("  %-9s %-9s", row.level.c_str(), row.kind.c_str());
    for (const BandwidthCeiling& b : p.bandwidth)
      if (b.level == row.level && b.kind == row.kind)
        std::printf(" %7.1f (%3.0f %%)", b.bytes_per_s / 1e9, b.spread * 100);
    std::printf("   %s\n", bytes_text(row.bytes_per_thread).c_str());
  }
  std::printf("\nLATENCY  on %d %s\n", p.threads, p.threads == 1 ? "thread" : "threads");
  std::printf("  an empty run %.0f ns, each further barrier %.0f ns, a timestamp %.0f ns,\n", p.latency.dispatch_ns,
              p.latency.barrier_ns, p.latency.timestamp_ns);
  std::printf("  the first touch of a page of 4 KB %.0f ns\n", p.latency.first_touch_ns_per_page);
}

/// The roofline in characters: how fast a kernel can be at best, by its FLOP for each byte of memory or of L2.
void print_roofline(const MachineProfile& p) {
  constexpr int kColumns = 56, kRows = 12;
  const double peak = p.flop_per_s("float32", p.threads);
  const double memory = p.level_of(INT64_MAX, p.threads).bytes_per_s,
               cache = p.level_of(p.l2_bytes, p.threads).bytes_per_s;
  if (peak <= 0 || memory <= 0 || cache <= 0) return;
  const double low = std::log2(1.0 / 16), high = std::log2(256.0), top = std::log2(peak), bottom = top - kRows * 0.75;
  std::printf("\nROOFLINE  float32, %d threads: GFLOP/s at best, by FLOP a byte (both scales double)\n", p.threads);
  for (int row = 0; row <= kRows; ++row) {
    const double level = top - row * (top - bottom) / kRows;
    std::string line(kColumns, ' ');
    for (int column = 0; column < kColumns; ++column) {
      const double intensity = std::exp2(low + (high - low) * column / (kColumns - 1));
      const auto row_of = [&](double bandwidth) {
        return int(std::lround((top - std::log2(std::min(peak, bandwidth * intensity))) / (top - bottom) * kRows));
      };
      if (row_of(cache) == row) line[size_t(column)] = '2';
      if (row_of(memory) == row) line[size_t(column)] = row_of(memory) == row_of(cache) ? '=' : 'm';
    }
    std::printf("  %8.1f |%s\n", std::exp2(level) / 1e9, line.c_str());
  }
  std::printf("  %8s +%s\n  %8s  1/16%*s1%*s16%*s256\n", "", std::string(kColumns, '-').c_str(), "", 14, "", 18, "", 14,
              "");
  std::printf(
      "  2: data in L2, m: data in memory, =: the peak. From %.1f FLOP a byte of memory on, and\n"
      "  %.1f of L2, arithmetic binds.\n",
      peak / memory, peak / cache);
}

int run(const MachineFlags& flags) {
  const int threads = flags.threads > 0 ? int(flags.threads) : this_cpu().cores;
  std::optional<MachineProfile> profile = flags.again ? std::nullopt : kept_profile(threads);
  const bool kept = profile.has_value();
  if (!kept) {
    profile = measure_machine(threads, [&](double share, const std::string& what) {
      if (flags.common.quiet || !is_terminal(2)) return;
      if (share < 1) std::fprintf(stderr, "\r\033[Kmachine  %3.0f %%  %s", share * 100, what.c_str());
      else std::fprintf(stderr, "\r\033[K");
    });
    keep_profile(*profile);
  }
  write_json(flags.common, profile_to_json(*profile));
  if (!flags.common.text_wanted()) return 0;
  print_table(*profile);
  print_roofline(*profile);
  for (const std::string& warning : profile->warnings) std::printf("\nWARNING  %s", warning.c_str());
  if (!profile->warnings.empty()) std::printf("\n");
  if (kept) {
    const std::time_t when = std::time_t(profile->measured_at);
    char date[32];
    std::strftime(date, sizeof date, "%Y-%m-%d %H:%M", std::localtime(&when));
    std::printf("\nMeasured %s and kept in %s; --again measures anew\n", date, profile_path().c_str());
  } else {
    std::printf("\nMeasured now and kept in %s\n", profile_path().c_str());
  }
  return 0;
}

std::function<int()> declare(FlagSet& set) {
  auto flags = std::make_shared<MachineFlags>();
  set.heading("Machine");
  set.integer("--threads", "measure for 1 to N threads (default: all cores)", flags->threads, 1, 1024);
  set.flag("--again", "measure anew, also where a profile is kept", flags->again);
  add_common_flags(set, flags->common, kOutputFlags);
  return [flags] { return run(*flags); };
}

}  // namespace

extern const Command command_machine;
const Command command_machine = {"machine", "", "this machine's ceilings: arithmetic, bandwidth, latency",
                                 "tacho machine                          measured once, then kept\n"
                                 "tacho machine --again --json machine.json",
                                 declare};

}  // namespace tacho
