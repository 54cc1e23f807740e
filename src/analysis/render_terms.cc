// Why operations are above their floors, and why several threads are not as many times faster.
#include <algorithm>

#include "analysis/close.h"
#include "analysis/render_text.h"

namespace tacho {
namespace {

struct TermsLine {
  std::string label, bound_by;
  int64_t floor = 0, kernel = 0, cold = 0, contention = 0;
  void add(const Terms& terms) {
    floor += terms.floor_ns, kernel += terms.kernel_ns, cold += terms.cold_ns, contention += terms.contention_ns;
  }
};

std::string text_of_line(const TermsLine& line, const Report& report) {
  // Each line's terms add up to its time as printed; thread time, divided by the threads.
  const int64_t unit = ns_of_unit(report.step.median_ns) * report.threads();
  const auto parts = round_to_sum({line.floor, line.kernel, line.cold, line.contention}, unit);
  const int places = ms_places(report.step.median_ns);
  std::string text = "  " + left(line.label, 18) + " " + left(line.bound_by, 10);
  int64_t sum = 0;
  for (const int64_t part : parts) text += right(units(part, places), 9), sum += part;
  return text + right(units(sum, places), 10) + "\n";
}

std::string render_speedup(const Report& report) {
  const Speedup& speedup = *report.speedup;
  const int places = ms_places(report.step.median_ns);
  std::vector<int64_t> parts;
  for (const auto& [name, ns] : speedup.terms) parts.push_back(ns);
  const auto rounded = round_to_sum(parts, ns_of_unit(report.step.median_ns) * report.threads());
  std::string text = text_of("  ", report.threads(), " threads are ", fixed(speedup.factor, 2),
                             " times as fast as one (", fixed(double(speedup.one_thread_step_ns) / 1e6, places),
                             " ms): ", fixed(double(report.step.median_ns) / 1e6, places), " = ");
  for (size_t i = 0; i < rounded.size(); ++i) {
    if (i > 0 && rounded[i] == 0) continue;
    if (i > 0) text += rounded[i] < 0 ? " - " : " + ";
    text += units(std::abs(rounded[i]), places) + " " +
            (i == 0 ? text_of("one thread's by ", report.threads()) : speedup.terms[i].first);
  }
  return wrap(text + ".", 80, 2);
}

}  // namespace

std::string render_terms(const Report& report, const Paint& paint) {
  constexpr size_t kShown = 8;
  const RunRecord& record = *report.record;
  if (!report.has_floors() || !record.apart) return "";
  std::string title = paint.bold("ABOVE THEIR FLOORS");
  if (!record.apart->skipped.empty()) return wrap(title + "  not measured: " + record.apart->skipped, 80, 2);
  std::vector<const Operation*> order;
  for (const Operation& o : report.operations)
    if (o.terms) order.push_back(&o);
  std::stable_sort(order.begin(), order.end(),
                   [](const Operation* a, const Operation* b) { return a->room_ns > b->room_ns; });
  TermsLine more, all{"all kernels", ""};
  std::string text = title + "  bound by      floor  +kernel    +cold +threads       =ms\n";
  for (size_t i = 0; i < order.size(); ++i) {
    all.add(*order[i]->terms);
    if (i >= kShown) {
      more.add(*order[i]->terms);
      continue;
    }
    TermsLine line{order[i]->label, order[i]->bound_by};
    line.add(*order[i]->terms);
    text += text_of_line(line, report);
  }
  if (order.size() > kShown) {
    more.label = text_of(order.size() - kShown, " more");
    text += text_of_line(more, report);
  }
  text += paint.bold(text_of_line(all, report));
  text += paint.dim(
      "  medians; +kernel: by itself, warm caches, less the floor; +cold: in the step\n"
      "  on one thread, less by itself; +threads: in this run, less on one thread\n");
  if (all.cold < 0)
    text +=
        "  +cold below 0: the machine was slower while kernels ran by themselves; repeat on\n"
        "  a quiet one\n";
  if (all.contention < 0)
    text +=
        "  +threads below 0: the machine was slower while one thread was measured; repeat\n"
        "  on a quiet one\n";
  return report.speedup ? text + render_speedup(report) : text;
}

}  // namespace tacho
