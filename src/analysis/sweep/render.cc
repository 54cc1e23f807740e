#include "analysis/sweep/render.h"

#include <algorithm>
#include <cmath>

#include "analysis/scaling/plot.h"

namespace tacho {
namespace {

constexpr size_t kPointsShown = 12;
constexpr double kLeastShare = 0.005;

std::string degree_text(const std::optional<double>& degree) {
  if (!degree) return "-";
  return *degree == std::floor(*degree) ? fixed(*degree, 0) : fixed(*degree, 2);
}

std::string label(const SweptName& name) {
  return name.phase == "none" || name.phase == "all" ? name.op : name.op + " " + name.phase;
}

std::string points(const Sweep& sweep, const Paint& paint) {
  const SweepRecord& record = *sweep.record;
  std::string text = "\n" +
                     paint.bold(right(record.over, 10) + right("step ms", 12) + right("least", 11) + right("most", 11) +
                                right("outside", 10) + right("G ops/s", 10)) +
                     "\n";
  for (const SweepPoint& point : record.points) {
    if (point.rounds.empty()) {
      text += wrap(right(value_text(point.value), 10) + "  " + point.skipped, 80, 12);
      continue;
    }
    int64_t least = INT64_MAX, most = 0;
    const SweepVisit* middle = nullptr;
    const int64_t median = point.step_ns();
    for (const SweepVisit& visit : point.rounds) {
      least = std::min(least, visit.step_ns), most = std::max(most, visit.step_ns);
      if (visit.step_ns == median) middle = &visit;
    }
    const auto ms = [](int64_t ns) { return fixed(double(ns) / 1e6, 3); };
    text += right(value_text(point.value), 10) + right(ms(median), 12) + right(ms(least), 11) + right(ms(most), 11) +
            right(text_of(std::lround(100 * double(middle->outside_ns) / double(median)), " %"), 10) +
            right(short_number(double(middle->work) / double(median)), 10) + "\n";
  }
  return text;
}

std::string fit_row(const SweepFit& fit) {
  return "  " + left(label(fit.name), 34) + right(degree_text(fit.formula_exponent), 8) +
         right(degree_text(fit.formula_here ? std::optional(std::round(*fit.formula_here * 100) / 100) : std::nullopt),
               8) +
         right(exponent_text(fit.fit), 16) + right(fit.share < 1 ? fixed(fit.share * 100, 1) + " %" : "", 9) + "\n";
}

std::string fits(const Sweep& sweep, const Paint& paint) {
  std::string text = "\n" +
                     paint.bold(left("EXPONENTS", 36) + right("formula", 8) + right("here", 8) + right("measured", 16) +
                                right("time", 9)) +
                     "\n" + fit_row(sweep.step);
  size_t shown = 0;
  for (const SweepFit& fit : sweep.operations) {
    if (shown == kPointsShown || fit.share < kLeastShare) break;
    text += fit_row(fit), ++shown;
  }
  if (const size_t more = sweep.operations.size() - shown; more > 0) text += text_of("  ", more, " more in --json\n");
  return text + wrap(
                    "  formula: the exact count's growth for large sizes; here: fitted to the exact counts at these "
                    "values; measured: fitted to the times, ± 95 %; time: share of the kernels' time at the largest",
                    80, 2);
}

void add_departures(std::string& text, const SweepFit& fit) {
  for (const Departure& d : fit.departures)
    text += wrap(
        text_of("  ", label(fit.name), ": theory n^", short_number(d.theory), ", measured n^", short_number(d.measured),
                " from ", value_text(d.from), " to ", value_text(d.to), d.reason.empty() ? "" : ": " + d.reason),
        80, 4);
}

}  // namespace

std::string exponent_text(const std::optional<PowerFit>& fit) {
  return fit ? fixed(fit->exponent, 2) + " ± " + fixed(fit->high - fit->exponent, 2) : "-";
}

std::string render_text(const Sweep& sweep, const Paint& paint) {
  const SweepRecord& record = *sweep.record;
  std::string text =
      paint.bold(wrap(text_of("tacho sweep  ", record.network, ", ", record.data, ": training step over ", record.over,
                              ", ", record.over == "batch" ? "" : text_of("batch ", record.batch, ", "), record.dtype,
                              ", ", record.optimizer),
                      80, 2));
  text += wrap(
      text_of(
          "  machine  ", record.machine,
          record.over == "threads" ? "" : text_of(", ", record.threads, record.threads == 1 ? " thread" : " threads")),
      80, 11);
  text += wrap("  way      " + record.way, 80, 11);
  text += points(sweep, paint);
  PlotCurve curve;
  for (const SweepPoint& point : record.points)
    if (!point.rounds.empty()) curve.points.emplace_back(point.value, double(point.step_ns()) / 1e6);
  text += "\n" + paint.bold("STEP  ms against " + record.over + ", both axes logarithmic") + "\n" +
          plot_logarithmic({curve});
  text += fits(sweep, paint);
  std::string departures;
  add_departures(departures, sweep.step);
  size_t shown = 0;
  for (const SweepFit& fit : sweep.operations)
    if (shown++ < kPointsShown && fit.share >= kLeastShare) add_departures(departures, fit);
  return text + "\n" + paint.bold("WHERE THEY PART") + "\n" +
         (departures.empty() ? "  nowhere: each exponent is within 0.15 of its formula's, or the rounds disagree\n"
                             : departures);
}

}  // namespace tacho
