#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "analysis/text.h"
#include "base/clock.h"
#include "cli/command.h"
#include "cli/common_flags.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "device/cpu.h"
#include "lab/calibration.h"
#include "machine/profile.h"

namespace tacho {
namespace {

struct MachineFlags {
  CommonFlags common;
  int64_t threads = 0;
  bool again = false, kernels = false;
};

/// Caches are powers of two.
std::string cache_text(int64_t bytes) {
  char text[32];
  if (bytes >= int64_t{1000} << 20) std::snprintf(text, sizeof text, "%.3g GB", double(bytes) / double(1 << 30));
  else if (bytes >= 1 << 20) std::snprintf(text, sizeof text, "%.3g MB", double(bytes) / double(1 << 20));
  else std::snprintf(text, sizeof text, "%.3g KB", double(bytes) / 1024);
  return text;
}

/// Thread counts that have a column: all where they fit in 80 columns, else one, half of them and all.
std::vector<int> columns_of(const MachineProfile& p) {
  constexpr int kMost = 3;
  std::vector<int> columns;
  for (int n = 1; n <= p.threads; ++n) columns.push_back(n);
  if (p.threads > kMost) columns = {1, (p.threads + 1) / 2, p.threads};
  return columns;
}

/// One row a kind of ceiling, one column a number of threads; `same` tells whether a ceiling is of the row of another.
template <class Ceiling, class Same, class Name>
void print_ceilings(const std::vector<Ceiling>& ceilings, const std::vector<int>& columns, double Ceiling::*rate,
                    const Same& same, const Name& name) {
  for (const Ceiling& row : ceilings) {
    if (row.threads != 1) continue;
    std::printf("  %s", name(row).c_str());
    for (const int n : columns)
      for (const Ceiling& c : ceilings)
        if (c.threads == n && same(row, c)) std::printf(" %7.1f (%3.0f %%)", c.*rate / 1e9, c.spread * 100);
    std::printf("\n");
  }
}

void print_table(const MachineProfile& p) {
  std::printf("tacho machine  %s, %d %s\n", p.processor.c_str(), p.cores, p.cores == 1 ? "core" : "cores");
  std::printf("  caches  L1 %s, L2 %s a core; L3 %s\n\n", cache_text(p.l1_bytes).c_str(),
              cache_text(p.l2_bytes).c_str(), p.l3_bytes ? cache_text(p.l3_bytes).c_str() : "none known");
  const std::vector<int> columns = columns_of(p);
  const auto heads = [&] {
    for (const int n : columns) std::printf(" %15s", text_of(n, n == 1 ? " thread" : " threads").c_str());
    std::printf("\n");
  };
  std::printf("MULTIPLY-ADDS  in registers, GFLOP/s (spread)\n  %-9s %-9s", "dtype", "vectors");
  heads();
  print_ceilings(
      p.compute, columns, &ComputeCeiling::flop_per_s,
      [](const auto& a, const auto& b) { return a.dtype == b.dtype && a.isa == b.isa; },
      [](const auto& c) { return left(c.dtype, 9) + " " + left(c.isa, 9); });
  std::printf("\nBANDWIDTH  of all threads, GB/s (spread), by a thread's data\n  %-19s", "level, kind");
  heads();
  print_ceilings(
      p.bandwidth, columns, &BandwidthCeiling::bytes_per_s,
      [](const auto& a, const auto& b) { return a.level == b.level && a.kind == b.kind; },
      [](const auto& b) {
        return left(b.level, 6) + " " + left(b.kind, 5) + " " + right(cache_text(b.bytes_per_thread), 6);
      });
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
  std::printf("\nROOFLINE  float32, %d threads: GFLOP/s at best by FLOP a byte, scales double\n", p.threads);
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
  std::fputs(
      wrap(text_of("  2: data in L2, m: data in memory, =: both. Arithmetic binds from ", short_number(peak / memory),
                   " FLOP a byte of memory on, and from ", short_number(peak / cache), " a byte of L2."),
           80, 2)
          .c_str(),
      stdout);
}

void measure_kernels(const MachineFlags& flags, int threads) {
  CalibrationOptions options;
  options.threads = threads;
  options.again = flags.again;
  const bool shown = !flags.common.quiet && is_terminal(2);
  const int64_t begin = now_ns();
  int first = -1;
  options.progress = [&](int done, int of, const std::string& what) {
    if (!shown) return true;
    if (first < 0) first = done;
    const double seconds = double(now_ns() - begin) / 1e9;
    const std::string left =
        done > first ? ", " + duration_text(seconds / (done - first) * (of - done)) + " left" : std::string();
    std::fprintf(stderr, "\r\033[Kkernels  %d of %d%s  %s", done, of, left.c_str(), what.c_str());
    return true;
  };
  const Calibration calibration = calibrate(options);
  if (shown) std::fprintf(stderr, "\r\033[K");
  if (!calibration.complete() || !flags.common.text_wanted()) return;
  const LeftOutError& error = calibration.left_out;
  std::string text =
      text_of("Kernels: ", calibration.networks, " networks; steps of each, estimated from the others: mean error ",
              fixed(error.mean * 100, 1), " %, median ", fixed(error.median * 100, 1), " %, worst ",
              fixed(error.worst * 100, 1), " % of ", error.steps, ". ");
  if (calibration.spoilt.empty()) {
    text += "Within its limits.";
  } else {
    text += "SPOILT by the machine's state: ";
    for (size_t i = 0; i < calibration.spoilt.size(); ++i) text += (i ? "; " : "") + calibration.spoilt[i];
    text += ". Estimates will say so; --kernels --again in a quiet hour.";
  }
  std::fputs(wrap(text, 80, 2).c_str(), stdout);
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
  if (flags.kernels) measure_kernels(flags, threads);
  write_json(flags.common, profile_to_json(*profile));
  if (!flags.common.text_wanted()) return 0;
  print_table(*profile);
  print_roofline(*profile);
  if (!profile->warnings.empty()) std::printf("\n");
  for (const std::string& warning : profile->warnings) std::fputs(wrap("WARNING  " + warning, 80, 9).c_str(), stdout);
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
  set.flag("--kernels", "also measure the kernels that 'tacho estimate' estimates by", flags->kernels);
  add_common_flags(set, flags->common, kOutputFlags);
  return [flags] { return run(*flags); };
}

}  // namespace

extern const Command command_machine;
const Command command_machine = {"machine", "", "this machine's ceilings: arithmetic, bandwidth, latency",
                                 "tacho machine                          measured once, then kept\n"
                                 "tacho machine --kernels                some minutes, once: for tacho estimate\n"
                                 "tacho machine --again --json machine.json",
                                 declare};

}  // namespace tacho
