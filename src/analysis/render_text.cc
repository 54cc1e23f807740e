#include "analysis/render_text.h"

#include <algorithm>

#include "analysis/close.h"
#include "analysis/findings/finding.h"

namespace tacho {

std::string render_text(const Report& report, const Paint& paint) {
  std::string text = render_header(report, paint);
  for (const auto section :
       {render_step, render_ledger, render_operations, render_layers, render_ways, render_findings})
    if (const std::string part = section(report, paint); !part.empty()) text += "\n" + part;
  return text;
}

std::string render_header(const Report& report, const Paint& paint) {
  const RunRecord& record = *report.record;
  std::string what = text_of("tacho analyze  ", record.network, ", ", record.data, ": ",
                             record.training ? "training step" : "inference", ", batch ", record.batch, ", ",
                             name_of(record.dtype), record.training ? ", " + record.optimizer : "");
  if (record.training && record.loss != "cross-entropy") what += ", " + record.loss + " loss";
  std::string text = paint.bold(what) + "\n";
  text +=
      wrap(text_of("  machine  ", record.machine, ", ", record.threads, record.threads == 1 ? " thread" : " threads",
                   record.threads != record.cores ? text_of(" of ", record.cores, " cores") : ""),
           80, 11);
  std::string way = "  way      " + record.way;
  if (record.slices > 0)
    way += text_of(", ", record.slices, record.slices == 1 ? " slice of " : " slices of ", record.slice_examples);
  return text + wrap(way, 80, 11);
}

std::string render_step(const Report& report, const Paint& paint) {
  const StepSummary& step = report.step;
  const RunRecord& record = *report.record;
  const double ms = double(step.median_ns) / 1e6;
  const auto in_ms = [](int64_t ns) { return fixed(double(ns) / 1e6, 2); };
  std::string text = paint.bold("STEP  " + fixed(ms, 2) + " ms");
  const std::string spread = text_of(" ± ", in_ms(step.mad_ns), " (median of ", step.repetitions,
                                     "; 5 % to 95 %: ", in_ms(step.p05_ns), " to ", in_ms(step.p95_ns), ")");
  const std::string rate = grouped(int64_t(step.examples_per_s + 0.5)) + " examples/s";
  const size_t used = 6 + width_of(fixed(ms, 2) + " ms" + spread);
  text += spread + (used + 2 + rate.size() <= 80 ? right(rate, 80 - used) : "\n  " + rate) + "\n";

  const int64_t kernels = report.account_step_ns(Account::kernel), whole = report.step_thread_ns();
  const auto parts = close_to({kernels, whole - kernels}, (step.median_ns + 5000) / 10000);
  text += text_of("  ", fixed(ms, 2), " = ", units(parts[0], 2), " in kernels + ", units(parts[1], 2), " outside; ",
                  fixed(double(step.flop) / 1e9, 2),
                  " GFLOP required: ", short_number(double(step.flop) / double(std::max<int64_t>(step.median_ns, 1))),
                  " GFLOP/s\n");

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
  text += text_of("  memory ", bytes_text(record.planned_bytes), " planned; ", bytes_text(record.sum_of_sizes_bytes),
                  " with every value apart; process peak ", bytes_text(record.peak_rss_bytes), "\n");
  return text;
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
             ms = close_to(parts, (report.step.median_ns + 5000) / 10000);
  std::string text = paint.bold("LEDGER") + text_of("  ms per thread; ", report.threads(),
                                                    report.threads() == 1 ? " thread x " : " threads x ",
                                                    fixed(double(report.step.median_ns) / 1e6, 2),
                                                    " ms, every nanosecond counted once\n  ");
  for (size_t i = 0; i < lines.size(); ++i)
    if (bar[i] > 0) text += paint.in(std::string(size_t(bar[i]), lines[i].mark), lines[i].color);
  text += "\n";
  const size_t rows = (lines.size() + 1) / 2;
  const auto cell = [&](size_t i) {
    return text_of(lines[i].mark, ' ', left(lines[i].name, 19), right(units(ms[i], 2), 8),
                   right(units(percents[i], 1), 6), " %");
  };
  for (size_t r = 0; r < rows; ++r) {
    text += "  " + cell(r);
    if (r + rows < lines.size()) text += "   " + cell(r + rows);
    text += "\n";
  }
  return text;
}

std::string render_layers(const Report& report, const Paint& paint) {
  constexpr size_t kShown = 6;
  struct Line {
    std::string name, theory, time;
    int64_t work, ns;
  };
  std::vector<Line> lines;
  Line rest{"", "", "", 0, 0};
  int64_t updates = 0, update_ns = 0;
  size_t number = 0, hidden = 0;
  // The largest in time, printed in execution order.
  std::vector<const LayerRow*> largest;
  for (const LayerRow& layer : report.layers)
    if (layer.products_work > 0) largest.push_back(&layer);
  std::stable_sort(largest.begin(), largest.end(), [](const LayerRow* a, const LayerRow* b) {
    return a->products_step_ns + a->rest_step_ns > b->products_step_ns + b->rest_step_ns;
  });
  if (largest.size() > kShown) largest.resize(kShown);
  for (const LayerRow& layer : report.layers) {
    updates += layer.update_work, update_ns += layer.update_step_ns;
    const int64_t work = layer.products_work + layer.rest_work, ns = layer.products_step_ns + layer.rest_step_ns;
    if (layer.products_work > 0) ++number;
    if (std::find(largest.begin(), largest.end(), &layer) == largest.end()) {
      if (layer.products_work > 0) ++hidden;
      rest.work += work, rest.ns += ns;
      continue;
    }
    lines.push_back({text_of(number, " ", left(layer.layer, 8), " ", layer.description),
                     against(double(layer.products_work), double(layer.rest_work)),
                     against(double(layer.products_step_ns), double(layer.rest_step_ns)), work, ns});
  }
  int64_t kernels = 0;
  for (const auto& [phase, row] : report.phases) kernels += row.step_ns;
  rest.work += updates;
  rest.ns += update_ns + report.step_thread_ns() - kernels;
  rest.name = (hidden > 0 ? text_of("  ", hidden, " more, ") : std::string("  ")) +
              (report.record->training ? "loss, update, outside kernels" : "outside kernels");
  lines.push_back(rest);
  std::vector<int64_t> work, ns;
  for (const Line& line : lines) work.push_back(line.work), ns.push_back(line.ns);
  const auto theory = close_to(work, 1000), time = close_to(ns, 1000);
  std::string text = paint.bold("LAYERS") + std::string(29, ' ') + "theory%  time%   products : the rest   in time\n";
  for (size_t i = 0; i < lines.size(); ++i) {
    std::string line = "  " + left(lines[i].name, 34) + right(units(theory[i], 1), 6) + right(units(time[i], 1), 7);
    if (!lines[i].theory.empty()) line += right(lines[i].theory, 21) + right(lines[i].time, 9);
    text += line + "\n";
  }
  return text;
}

std::string render_ways(const Report& report, const Paint& paint) {
  const auto& ways = report.record->ways;
  if (ways.empty()) return "";
  std::string text = paint.bold("SAME STEP, OTHER WAYS") + "                 ms products the rest   products, % of\n" +
                     std::string(64, ' ') + "step  forward\n";
  const OtherWay* procedural = nullptr;
  const OtherWay* own = nullptr;
  for (const OtherWay& way : ways) {
    std::string line = "  " + left(way.label + (way.this_run ? " (this run)" : ""), 34);
    if (!way.skipped.empty()) {
      text += wrap(line + " " + way.skipped, 80, 37);
      continue;
    }
    const auto ms = [](int64_t ns) { return fixed(double(ns) / 1e6, 2); };
    const auto percents = [](int64_t part, int64_t whole) {
      return whole > 0 ? fixed(100.0 * double(part) / double(whole), 0) : std::string("-");
    };
    line += right(ms(way.median_ns), 8) + right(ms(way.products_ns), 9) + right(ms(way.rest_ns), 9) +
            right(percents(way.products_ns, way.median_ns), 6) +
            right(percents(way.forward_products_ns, way.forward_ns), 9);
    text += (way.this_run ? paint.bold(line) : line) + "\n";
    if (way.this_run) own = &way;
  }
  if (own)
    for (const OtherWay& way : ways) {
      bool same = way.skipped.empty() && way.label.starts_with("procedural ");
      for (size_t i = 0; same && i < way.switches.size(); ++i)
        for (const char* name : {"convolution", "gemm"})
          if (way.switches[i].first == name) same = way.switches[i] == own->switches[i];
      if (same) procedural = &way;
    }
  const int64_t once = report.step.build_ns + report.step.plan_ns;
  if (procedural && once > 0) {
    const int64_t saved = procedural->median_ns - own->median_ns;
    text += saved > 0 ? text_of("  The graph's build and plan have paid for themselves after ",
                                (once + saved - 1) / saved, (once + saved - 1) / saved == 1 ? " step.\n" : " steps.\n")
                      : "  The graph is not faster than procedural here: its build and plan do not pay.\n";
  }
  return text;
}

}  // namespace tacho
