#include "bench/kernels/contest.h"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/error.h"

namespace tacho::bench {
namespace {

double thread_ns() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return 1e9 * double(t.tv_sec) + double(t.tv_nsec);
}

double ns_of(const std::function<void()>& run, int64_t calls) {
  const double begin = thread_ns();
  for (int64_t i = 0; i < calls; ++i) run();
  return (thread_ns() - begin) / double(calls);
}

std::string time_of(double ns) {
  char text[32];
  if (ns < 1e3) std::snprintf(text, sizeof text, "%.0f ns", ns);
  else if (ns < 1e6) std::snprintf(text, sizeof text, "%.2f us", ns * 1e-3);
  else std::snprintf(text, sizeof text, "%.3f ms", ns * 1e-6);
  return text;
}

/// Of several entries of one library (its layouts), all but the quickest are left out of a line.
std::string library_of(const Entry& entry) { return entry.name.substr(0, entry.name.find(' ')); }

}  // namespace

void measure(Contest& contest, int rounds, double milliseconds) {
  std::vector<int64_t> calls;
  for (Entry& entry : contest.entries) {
    entry.run();
    calls.push_back(1 + int64_t(milliseconds * 1e6 / std::max(1.0, ns_of(entry.run, 1))));
  }
  for (int round = 0; round < rounds; ++round)
    for (size_t i = 0; i < calls.size(); ++i) {
      // One call that does not count: what others left in the caches would be paid once a sample, so that of two
      // candidates that take as long as a sample the one with fewer calls in it looked twice as slow.
      contest.entries[i].run();
      contest.entries[i].ns.push_back(std::max(1e-3, ns_of(contest.entries[i].run, calls[i])));
    }
}

double quantile(std::vector<double> values, double at) {
  std::sort(values.begin(), values.end());
  return values[size_t(std::lround(at * double(values.size() - 1)))];
}

MemoryLevel level_of(const Contest& contest, const MachineProfile& profile) {
  return profile.level_of(contest.held > 0 ? contest.held : contest.bytes, 1);
}

double least(const Entry& entry) { return *std::min_element(entry.ns.begin(), entry.ns.end()); }

namespace {

/// Nanoseconds that the operands take from the level that holds them; 0 where that is not known.
double traffic_ns(const Contest& contest, const Ceilings& ceilings) {
  const double per_s = level_of(contest, ceilings.profile).bytes_per_s;
  return per_s > 0 ? double(contest.bytes) / per_s * 1e9 : 0;
}

}  // namespace

double share_of(const Contest& contest, const Entry& entry, const Ceilings& ceilings) {
  if (contest.flop <= 0) return traffic_ns(contest, ceilings) / least(entry);
  const double ceiling = ceilings.of_flop(contest);
  return ceiling > 0 ? contest.flop / least(entry) / ceiling : 0;
}

double traffic_share(const Contest& contest, const Entry& entry, const Ceilings& ceilings) {
  const double ceiling = ceilings.of_flop(contest), traffic = traffic_ns(contest, ceilings);
  return contest.flop > 0 && ceiling > 0 && traffic > contest.flop / ceiling ? traffic / least(entry) : 0;
}

Verdict verdict_of(const Contest& contest, const Ceilings& ceilings) {
  Verdict v;
  const Entry& ours = contest.entries[0];
  v.share = share_of(contest, ours, ceilings);
  v.needed = kRatioBar;
  double best_share = 0;
  for (size_t i = 1; i < contest.entries.size(); ++i) {
    const Entry& entry = contest.entries[i];
    if (entry.part_only) continue;
    const double ratio = least(entry) / least(ours);
    v.ratio = v.ratio > 0 ? std::min(v.ratio, ratio) : ratio;
    std::vector<double> ratios;
    for (size_t round = 0; round < entry.ns.size(); ++round) ratios.push_back(entry.ns[round] / ours.ns[round]);
    const double median = quantile(ratios, 0.5);
    v.median_ratio = v.median_ratio > 0 ? std::min(v.median_ratio, median) : median;
    best_share = std::max(best_share, share_of(contest, entry, ceilings));
  }
  if (contest.part == "products" && best_share > 0 && best_share < kWeakLibrary) v.needed = kWeakLibraryBar;
  if (v.ratio > 0 && v.ratio < v.needed) v.short_of = text_of("ratio under ", v.needed);
  if (v.share > 0 && v.share < contest.ceiling_bar)
    v.short_of +=
        text_of(v.short_of.empty() ? "" : ", ", "under ", int(100 * contest.ceiling_bar), " % of the ceiling");
  v.holds = v.short_of.empty();
  return v;
}

void print(const Contest& contest, const Ceilings& ceilings) {
  const Verdict v = verdict_of(contest, ceilings);
  std::printf("%-24s %-22s", contest.name.c_str(), contest.detail.c_str());
  if (contest.flop <= 0) std::printf(" %-6s", level_of(contest, ceilings.profile).name.c_str());
  for (const Entry& entry : contest.entries) {
    const bool beaten = std::any_of(contest.entries.begin(), contest.entries.end(), [&](const Entry& other) {
      return library_of(other) == library_of(entry) && least(other) < least(entry);
    });
    if (beaten) continue;
    std::printf(" | %s%s %s %3.0f %%", entry.name.c_str(), entry.part_only ? text_of(" ", entry.kernel).c_str() : "",
                time_of(least(entry)).c_str(), 100 * share_of(contest, entry, ceilings));
    if (entry.executed_flop > 0 && ceilings.of_flop(contest) > 0)
      std::printf(" (does %.0f %%)", 100 * entry.executed_flop / least(entry) / ceilings.of_flop(contest));
  }
  const double traffic = traffic_share(contest, contest.entries[0], ceilings);
  if (traffic > 0)
    std::printf(" | bound by %s: %.0f %%", level_of(contest, ceilings.profile).name.c_str(), 100 * traffic);
  if (v.ratio > 0) std::printf(" | %.2f, median %.2f", v.ratio, v.median_ratio);
  if (!v.holds) std::printf("  SHORT: %s", v.short_of.c_str());
  std::printf("\n");
  std::fflush(stdout);
}

nlohmann::json json_of(const Contest& contest, const Ceilings& ceilings) {
  const Verdict v = verdict_of(contest, ceilings);
  nlohmann::json j{{"part", contest.part},
                   {"name", contest.name},
                   {"detail", contest.detail},
                   {"flop", contest.flop},
                   {"bytes", contest.bytes},
                   {"bfloat16", contest.bfloat16},
                   {"share", v.share},
                   {"holds", v.holds},
                   {"short_of", v.short_of},
                   {"ratio_bar", v.needed},
                   {"ceiling_bar", contest.ceiling_bar}};
  if (v.ratio > 0) j["ratio"] = v.ratio, j["median_ratio"] = v.median_ratio;
  if (contest.flop > 0) j["ceiling_flop_per_ns"] = ceilings.of_flop(contest);
  else j["level"] = level_of(contest, ceilings.profile).name;
  for (const Entry& entry : contest.entries) {
    nlohmann::json e{{"kernel", entry.kernel},
                     {"least_ns", least(entry)},
                     {"median_ns", quantile(entry.ns, 0.5)},
                     {"p05_ns", quantile(entry.ns, 0.05)},
                     {"p95_ns", quantile(entry.ns, 0.95)},
                     {"samples_ns", entry.ns},
                     {"share", share_of(contest, entry, ceilings)}};
    if (const double traffic = traffic_share(contest, entry, ceilings); traffic > 0) e["traffic_share"] = traffic;
    if (entry.part_only) e["part_only"] = true;
    if (entry.executed_flop > 0) e["executed_flop"] = entry.executed_flop;
    j["entries"][entry.name] = std::move(e);
  }
  for (const auto& [name, reason] : contest.refusals) j["refusals"][name] = reason;
  return j;
}

}  // namespace tacho::bench
