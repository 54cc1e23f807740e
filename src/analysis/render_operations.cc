// The operations table, and which kernel ran what.
#include <algorithm>
#include <numeric>
#include <set>

#include "analysis/close.h"
#include "analysis/findings/finding.h"
#include "analysis/render_text.h"

namespace tacho {
namespace {

constexpr size_t kOperationsShown = 10;

struct TableLine {
  std::string label, formula, backend;
  int64_t work = 0, flop = 0, ns = 0;
  int64_t median_ns = 0;  ///< what the rate is taken from: one step alone is easily disturbed
  int64_t floor_ns = 0;
};

std::string millions(int64_t work) {
  const double value = double(work) / 1e6;
  return value >= 99.95 ? fixed(value, 0) : value >= 0.1 ? fixed(value, 1) : work == 0 ? "0" : "<0.1";
}

/// At most four characters.
std::string rate_text(double gflops) { return fixed(gflops, gflops >= 99.5 ? 0 : 1); }

/// The columns behind the time: floor and room where there are floors, else rate and backend.
std::string last_columns(const TableLine& line, int64_t room, const Report& report, bool rate) {
  if (report.has_floors()) {
    const std::string of_floor =
        line.floor_ns > 0 && line.ns > 0 ? fixed(100.0 * double(line.floor_ns) / double(line.ns), 0) : "";
    return right(of_floor, 7) + right(units(room, ms_places(report.step.median_ns)), 7);
  }
  const double gflops = line.median_ns > 0 ? double(line.flop) / double(line.median_ns) * report.threads() : 0;
  return right(rate && line.flop > 0 && gflops >= 0.05 ? rate_text(gflops) : "", 5) + " " + line.backend;
}

struct Closed {
  int64_t theory = 0, time = 0, ms = 0, room = 0;  ///< in units of the last printed place
};

std::string line_of(const TableLine& line, const Closed& closed, const Report& report, bool rate) {
  std::string ratio = "-";
  const double theory_share = double(line.work) / double(std::max<int64_t>(report.step.work, 1));
  const double time_share = double(line.ns) / double(report.step_thread_ns());
  if (theory_share > 0 && time_share > 0) {
    const double value = time_share / theory_share;
    ratio = value >= 1000 ? ">999" : value >= 9.95 ? fixed(value, 0) : fixed(value, value >= 0.095 ? 1 : 2);
  }
  return "  " + left(line.label, 18) + " " + left(line.formula, 12) + right(millions(line.work), 6) +
         right(units(closed.theory, 2), 7) + right(units(closed.time, 1), 6) + right(ratio, 6) +
         right(units(closed.ms, ms_places(report.step.median_ns)), 7) + last_columns(line, closed.room, report, rate) +
         "\n";
}

/// Nothing can be faster than its floor: where a row is, the model or a ceiling is wrong, and that is said.
std::string render_wrong_floors(const Report& report) {
  std::string names;
  for (const Operation& o : report.operations)
    if (o.median_ns > 0 && o.room_ns < 0)
      names += text_of(names.empty() ? "" : ", ", o.label, " ",
                       fixed(100.0 * double(o.floor_ns) / double(o.median_ns), 0), " % (", o.bound_by, ")");
  if (names.empty()) return "";
  return wrap("  Above 100 % of the floor, an error of the model or of the measured ceilings: " + names, 80, 2);
}

/// Which kernels ran, with why, and why others did not.
std::string render_kernels(const Report& report, const Paint& paint) {
  struct Kernel {
    std::string name, reason;
    int64_t ns = 0;
    int rows = 0;
    std::set<std::string> refusals;
  };
  std::vector<Kernel> kernels;
  for (const Operation& o : report.operations) {
    if (o.backend.empty() || o.row == PlannedNode::view) continue;
    const std::string name = o.backend + " " + o.kernel;
    auto found = std::find_if(kernels.begin(), kernels.end(), [&](const Kernel& k) { return k.name == name; });
    if (found == kernels.end()) kernels.push_back({name, o.reason}), found = kernels.end() - 1;
    found->ns += o.step_ns;
    ++found->rows;
    for (const RefusedOffer& refusal : o.refusals)
      found->refusals.insert("not " + refusal.backend + ": " + refusal.reason);
  }
  std::stable_sort(kernels.begin(), kernels.end(), [](const Kernel& a, const Kernel& b) { return a.ns > b.ns; });
  std::string text = paint.bold("KERNELS") + std::string(27, ' ') + "rows  time%  why; why not another backend\n";
  constexpr size_t kKernels = 6;
  std::vector<int64_t> parts;
  int64_t more_ns = 0, more_rows = 0;
  for (size_t i = 0; i < kernels.size(); ++i)
    if (i < kKernels) parts.push_back(kernels[i].ns);
    else more_ns += kernels[i].ns, more_rows += kernels[i].rows;
  for (size_t i = 0; i < std::min(kKernels, kernels.size()); ++i) {
    const Kernel& kernel = kernels[i];
    const std::string share = fixed(100.0 * double(kernel.ns) / double(report.step_thread_ns()), 1);
    text += wrap(
        "  " + left(kernel.name, 31) + right(std::to_string(kernel.rows), 5) + right(share, 7) + "  " + kernel.reason,
        80, 47);
    // Only where plain loops cost something it matters why nobody better took the work.
    if (!kernel.name.starts_with("reference ") || 20 * kernel.ns < report.step_thread_ns()) continue;
    size_t said = 0;
    for (const std::string& refusal : kernel.refusals) {
      if (++said > 2) break;
      text += wrap("    " + refusal, 80, 6);
    }
  }
  if (more_rows > 0)
    text += "  " + left(text_of(kernels.size() - kKernels, " more"), 31) + right(std::to_string(more_rows), 5) +
            right(fixed(100.0 * double(more_ns) / double(report.step_thread_ns()), 1), 7) + "\n";
  return text;
}

}  // namespace

std::string render_operations(const Report& report, const Paint& paint) {
  std::vector<const Operation*> order;
  for (const Operation& operation : report.operations) order.push_back(&operation);
  std::stable_sort(order.begin(), order.end(), [](const Operation* a, const Operation* b) {
    return a->step_ns != b->step_ns ? a->step_ns > b->step_ns : a->work > b->work;
  });
  std::vector<TableLine> lines;
  TableLine more{"", "", ""};
  int64_t kernels = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    const Operation& o = *order[i];
    kernels += o.step_ns;
    if (i < kOperationsShown)
      lines.push_back({o.label, o.notation, o.backend, o.work, o.flop, o.step_ns, o.median_ns, o.floor_ns});
    else more.work += o.work, more.flop += o.flop, more.ns += o.step_ns, more.floor_ns += o.floor_ns;
  }
  if (order.size() > kOperationsShown) {
    more.label = text_of(order.size() - kOperationsShown, " more");
    lines.push_back(more);
  }
  lines.push_back({"outside kernels", "", "", 0, 0, report.step_thread_ns() - kernels});
  std::vector<int64_t> work, ns, room;
  for (const TableLine& line : lines)
    work.push_back(line.work), ns.push_back(line.ns), room.push_back(line.ns - line.floor_ns);
  const int64_t step_units = ms_units(report.step.median_ns);
  const auto theory = close_to(work, 10000), time = close_to(ns, 1000), ms = close_to(ns, step_units),
             rooms = round_to_sum(room, ns_of_unit(report.step.median_ns) * report.threads());
  std::string text = paint.bold("OPERATIONS") + "           formula      M ops theory% time% ratio     ms" +
                     (report.has_floors() ? " floor%   room" : " GF/s backend") + "\n";
  for (size_t i = 0; i < lines.size(); ++i)
    text += line_of(lines[i], {theory[i], time[i], ms[i], rooms[i]}, report, i < kOperationsShown);
  const StepSummary& step = report.step;
  text += paint.bold(line_of({"the step", "", "", step.work, step.flop, report.step_thread_ns(),
                              report.step_thread_ns(), step.floor_thread_ns},
                             {10000, 1000, step_units, std::accumulate(rooms.begin(), rooms.end(), int64_t{0})}, report,
                             true));
  text += paint.dim(report.has_floors()
                        ? "  ratio time%/theory%; floor% floor/ms; room ms above the floor; l images,\n"
                          "  h filter width, d, d' channels in, out, ab output pixels; 1 op: 2 FLOP (*, +)\n"
                        : "  ratio time%/theory%; GF/s required FLOP in the row's median time; l images,\n"
                          "  h filter width, d, d' channels in, out, ab output pixels; 1 op: 2 FLOP (*, +)\n");
  return text + render_wrong_floors(report) + "\n" + render_kernels(report, paint);
}

}  // namespace tacho
