#include "analysis/render_text.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "analysis/close.h"
#include "analysis/findings/finding.h"
#include "analysis/findings/groups.h"

namespace tacho {

std::string render_text(const Report& report, const Paint& paint) {
  std::string text = render_header(report, paint);
  for (const auto section :
       {render_step, render_ledger, render_operations, render_terms, render_layers, render_ways, render_findings})
    if (const std::string part = section(report, paint); !part.empty()) text += "\n" + part;
  return text;
}

std::string render_header(const Report& report, const Paint& paint) {
  const RunRecord& record = *report.record;
  std::string what = text_of("tacho analyze  ", record.network, ", ", record.data, ": ",
                             record.training ? "training step" : "inference", ", batch ", record.batch, ", ",
                             record.dtype, record.training ? ", " + record.optimizer : "");
  if (record.training && record.loss != "cross-entropy") what += ", " + record.loss + " loss";
  std::string text = paint.bold(wrap(what, 80, 2));
  std::string machine =
      text_of("  machine  ", record.machine, ", ", record.threads, record.threads == 1 ? " thread" : " threads",
              record.threads != record.cores ? text_of(" of ", record.cores, " cores") : "");
  if (report.has_floors())
    machine += text_of(": ", short_number(report.step.peak_flop_per_s / 1e9), " GFLOP/s, ",
                       short_number(record.profile->level_of(INT64_MAX, record.threads).bytes_per_s / 1e9),
                       " GB/s memory (measured)");
  text += wrap(machine, 80, 11);
  std::string way = "  way      " + record.way;
  if (record.slices > 0)
    way += text_of(", ", record.slices, record.slices == 1 ? " slice of " : " slices of ", record.slice_examples,
                   record.most_slices > record.slices ? text_of(" to ", record.most_slices) : "");
  return text + wrap(way, 80, 11);
}

namespace {

/// The step in one sentence: what takes most, and whether another way was faster.
std::string in_short(const Report& report) {
  std::map<NodeKind, int64_t> by_kind;
  for (const Operation& operation : report.operations)
    for (const KindPart& part : operation.parts()) by_kind[part.kind] += part.step_ns;
  static const std::map<NodeKind, std::string> kNames = {
      {NodeKind::product, "products"},   {NodeKind::index, "index manipulation"},
      {NodeKind::pooling, "pooling"},    {NodeKind::activation, "activations"},
      {NodeKind::bias, "biases"},        {NodeKind::normalization, "normalisation"},
      {NodeKind::loss, "loss"},          {NodeKind::update, "update"},
      {NodeKind::other, "other kernels"}};
  std::vector<std::pair<int64_t, std::string>> parts;
  for (const auto& [kind, ns] : by_kind) parts.emplace_back(ns, kNames.at(kind));
  parts.emplace_back(report.step_thread_ns() - report.account_step_ns(Account::kernel), "outside kernels");
  std::sort(parts.rbegin(), parts.rend());
  std::string text = ":";
  if (report.has_floors())
    text += text_of(" ", percent(double(report.step.floor_ns) / double(report.step.median_ns)),
                    " of what this way can give;");
  for (size_t i = 0; i < std::min<size_t>(3, parts.size()); ++i)
    text += text_of(i == 0 ? " " : ", ", parts[i].second, " ",
                    percent(double(parts[i].first) / double(report.step_thread_ns())));
  text += " of the time";
  const OtherWay* fastest = nullptr;
  for (const OtherWay& way : report.record->ways)
    if (way.skipped.empty() && (!fastest || way.median_ns < fastest->median_ns)) fastest = &way;
  const std::string advice = " " + advice_of(report).text;
  if (!fastest) return text + "." + advice;
  // Less than a twentieth apart is no difference for a few steps.
  if (fastest->this_run || double(fastest->median_ns) > 0.95 * double(report.step.median_ns))
    return text + "; of the ways below, none is faster." + advice;
  return text + "; faster: " + fastest->label + ", " + fixed(double(fastest->median_ns) / 1e6, 2) + " ms." + advice;
}

/// What the step's time is the sum of, and its rate.
std::string render_sum(const Report& report) {
  const StepSummary& step = report.step;
  const int places = ms_places(step.median_ns);
  const int64_t kernels = report.account_step_ns(Account::kernel), whole = report.step_thread_ns();
  const std::string ms = fixed(double(step.median_ns) / 1e6, places);
  const std::string rate = text_of(
      fixed(double(step.flop) / 1e9, 2),
      " GFLOP required: ", short_number(double(step.flop) / double(std::max<int64_t>(step.median_ns, 1))), " GFLOP/s");
  if (!report.has_floors()) {
    const auto parts = close_to({kernels, whole - kernels}, ms_units(step.median_ns));
    return text_of("  ", ms, " = ", units(parts[0], places), " in kernels + ", units(parts[1], places), " outside; ",
                   rate, "\n");
  }
  // What threads take from one another where they share a core's units or a memory's bandwidth: nobody's fault, but no
  // floor of one thread either.
  const int64_t shared = step.shared_thread_ns - step.floor_thread_ns;
  const auto parts = round_to_sum({step.floor_thread_ns, shared, kernels - step.shared_thread_ns, whole - kernels},
                                  ns_of_unit(step.median_ns) * report.threads());
  std::string text = text_of("  ", ms, " = ", units(parts[0], places), " floor");
  const auto add = [&](int64_t part, const char* what) {
    text += text_of(part < 0 ? " - " : " + ", units(std::abs(part), places), what);
  };
  if (parts[1] != 0) add(parts[1], " shared by threads");
  add(parts[2], " kernels above their floor");
  add(parts[3], " outside kernels");
  text = wrap(text, 80, 4);
  const std::string executed = percent(step.hfu);
  const bool fewer = step.hfu < 0.99 * step.mfu;
  text += wrap(
      text_of("  ", rate, ", ", percent(step.mfu), " of this machine's (MFU); ",
              fewer ? "kernels with fewer products execute " + executed + " of it" : "executed " + executed, " (HFU)"),
      80, 2);
  if (step.floor_chain_ns > step.floor_sum_ns)
    text +=
        wrap(text_of("  floor of the longest chain of this schedule ", fixed(double(step.floor_chain_ns) / 1e6, places),
                     " ms: more than the threads' share, so more threads would not help"),
             80, 2);
  return text;
}

}  // namespace

std::string render_step(const Report& report, const Paint& paint) {
  const StepSummary& step = report.step;
  const RunRecord& record = *report.record;
  const double ms = double(step.median_ns) / 1e6;
  const int places = ms_places(step.median_ns);
  const auto in_ms = [&](int64_t ns) { return fixed(double(ns) / 1e6, places); };
  std::string text = paint.bold("STEP  " + fixed(ms, places) + " ms");
  const std::string spread = text_of(" ± ", in_ms(step.mad_ns), " (median of ", step.repetitions,
                                     "; 5-95 %: ", in_ms(step.p05_ns), "-", in_ms(step.p95_ns), ")");
  const std::string rate = grouped(int64_t(step.examples_per_s + 0.5)) + " examples/s";
  const size_t used = 6 + width_of(fixed(ms, places) + " ms" + spread);
  text += spread + (used + 2 + rate.size() <= 80 ? right(rate, 80 - used) : "\n  " + rate) + "\n";

  text += render_sum(report);

  std::string once;
  if (record.training) {
    const auto forward = report.phases.find(Phase::forward), backward = report.phases.find(Phase::backward);
    if (forward != report.phases.end() && backward != report.phases.end() && forward->second.step_ns > 0)
      once = text_of("backward/forward ",
                     fixed(double(backward->second.work) / double(std::max<int64_t>(forward->second.work, 1)), 1),
                     " in theory, ", fixed(double(backward->second.step_ns) / double(forward->second.step_ns), 1),
                     " in time; ");
  }
  once += text_of("left out: ", step.warmup, " steps of warm-up");
  if (step.build_ns + step.plan_ns > 0)
    once += text_of(", build and plan ", short_number(double(step.build_ns + step.plan_ns) / 1e6), " ms");
  text += wrap("  " + once, 80, 2);
  if (step.span_ns > 0)
    text += wrap(text_of("  work ", short_number(double(step.work_ns) / 1e6), " ms, longest chain of this schedule ",
                         short_number(double(step.span_ns) / 1e6), " ms: parallelism ",
                         fixed(double(step.work_ns) / double(step.span_ns), 1)),
                 80, 2);
  text += text_of("  memory ", bytes_text(record.planned_bytes), " planned; ", bytes_text(record.sum_of_sizes_bytes),
                  " with every value apart; process peak ", bytes_text(record.peak_rss_bytes), "\n");
  return text + wrap("  " + paint.bold("IN SHORT") + in_short(report), 80, 2);
}

std::string render_ledger(const Report& report, const Paint& paint) {
  struct Line {
    char mark;
    std::string name;
    int color;
    int64_t ns;
  };
  const auto phase_ns = [&](Phase phase) {
    const auto found = report.phases.find(phase);
    return found == report.phases.end() ? int64_t{0} : found->second.step_ns;
  };
  const auto account = [&](Account a) { return report.account_step_ns(a); };
  std::vector<Line> lines = {{'F', "forward kernels", 34, phase_ns(Phase::forward)},
                             {'B', "backward kernels", 35, phase_ns(Phase::backward)},
                             {'U', "update kernels", 36, phase_ns(Phase::update)},
                             {'o', "other kernels", 37, phase_ns(Phase::none)},
                             {'d', "dispatch", 33, account(Account::dispatch)},
                             {'w', "waiting for others", 31, account(Account::sync)},
                             {'n', "waiting for input", 31, account(Account::input)},
                             {'c', "communication", 31, account(Account::communication)},
                             {'p', "profiler", 33, account(Account::profiler)},
                             {'i', "idle", 90, account(Account::idle)}};
  // What this run cannot have is not listed.
  std::erase_if(lines, [&](const Line& line) {
    const bool absent =
        line.mark == 'o' || line.mark == 'c' || (!report.record->training && (line.mark == 'B' || line.mark == 'U'));
    return absent && line.ns == 0;
  });
  std::vector<int64_t> parts;
  for (const Line& line : lines) parts.push_back(line.ns);
  constexpr size_t kBar = 76;
  const auto bar = close_to(parts, kBar), percents = close_to(parts, 1000),
             ms = close_to(parts, ms_units(report.step.median_ns));
  std::string text =
      paint.bold("LEDGER") + text_of("  ms per thread; ", report.threads(),
                                     report.threads() == 1 ? " thread x " : " threads x ",
                                     fixed(double(report.step.median_ns) / 1e6, ms_places(report.step.median_ns)),
                                     " ms, every nanosecond counted once\n  ");
  for (size_t i = 0; i < lines.size(); ++i)
    if (bar[i] > 0) text += paint.in(std::string(size_t(bar[i]), lines[i].mark), lines[i].color);
  text += "\n";
  const size_t rows = (lines.size() + 1) / 2;
  const auto cell = [&](size_t i) {
    return text_of(lines[i].mark, ' ', left(lines[i].name, 19),
                   right(units(ms[i], ms_places(report.step.median_ns)), 8), right(units(percents[i], 1), 6), " %");
  };
  for (size_t r = 0; r < rows; ++r) {
    text += "  " + cell(r);
    if (r + rows < lines.size()) text += "   " + cell(r + rows);
    text += "\n";
  }
  return text;
}

}  // namespace tacho
