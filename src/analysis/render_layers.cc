// Products against the rest: layer by layer, and in other ways of executing the same step.
#include <algorithm>

#include "analysis/close.h"
#include "analysis/findings/finding.h"
#include "analysis/render_text.h"

namespace tacho {

std::string render_layers(const Report& report, const Paint& paint) {
  constexpr size_t kShown = 6;
  struct Line {
    std::string name, theory, time;
    int64_t work, ns, floor_ns;
  };
  std::vector<Line> lines;
  Line rest{"", "", "", 0, 0, 0};
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
                     against(double(layer.products_step_ns), double(layer.rest_step_ns)), work, ns, layer.floor_ns});
  }
  int64_t kernels = 0;
  for (const auto& [phase, row] : report.phases) kernels += row.step_ns;
  rest.work += updates;
  rest.ns += update_ns + report.step_thread_ns() - kernels;
  rest.name = (hidden > 0 ? text_of("  ", hidden, " more, ") : std::string("  ")) +
              (report.record->training ? "loss, update, outside" : "outside kernels");
  lines.push_back(rest);
  std::vector<int64_t> work, ns;
  for (const Line& line : lines) work.push_back(line.work), ns.push_back(line.ns);
  const auto theory = close_to(work, 1000), time = close_to(ns, 1000);
  const bool floors = report.has_floors();
  const size_t name_width = floors ? 30 : 34, ratio_width = floors ? 19 : 22;
  std::string text = paint.bold("LAYERS") + right("theory%", name_width + 2) + right("time%", 7) +
                     right(floors ? "products:rest, th." : "products:rest, theory", ratio_width) + right("in time", 9) +
                     (floors ? right("floor%", 7) : "") + "\n";
  for (size_t i = 0; i < lines.size(); ++i) {
    std::string line =
        "  " + left(lines[i].name, name_width) + right(units(theory[i], 1), 6) + right(units(time[i], 1), 7);
    if (!lines[i].theory.empty()) line += right(lines[i].theory, ratio_width) + right(lines[i].time, 9);
    if (floors && lines[i].floor_ns > 0 && lines[i].ns > 0)
      line += right(fixed(100.0 * double(lines[i].floor_ns) / double(lines[i].ns), 0), 7);
    text += line + "\n";
  }
  if (const std::string claim = documents_claim(report); !claim.empty()) text += paint.dim(wrap("  " + claim, 80, 2));
  return text;
}

std::string render_ways(const Report& report, const Paint& paint) {
  const auto& ways = report.record->ways;
  if (ways.empty()) return "";
  std::string text = paint.bold("SAME STEP, OTHER WAYS") + " (a few steps each)" + right("ms", 5) +
                     " products the rest" + "  products, % of\n" + right("step", 68) + right("forward", 9) + "\n";
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
