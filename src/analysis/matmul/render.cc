#include "analysis/sweep/render.h"

#include <algorithm>
#include <cmath>

#include "analysis/matmul/matmul.h"
#include "analysis/scaling/plot.h"

namespace tacho {
namespace {

double required_flop(const ProductSize& s) { return double(s.m) * double(s.n) * double(2 * s.k - 1); }

std::string scientific(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1e", number);
  return text;
}

std::string size_text(const ProductSize& s) { return text_of(s.m, "x", s.k, "x", s.n); }

std::string spread_text(const MatmulTime& time) {
  const auto [least, most] = std::minmax_element(time.rounds_ns.begin(), time.rounds_ns.end());
  const double percent = 100 * double(*most - *least) / double(std::max<int64_t>(time.median_ns(), 1));
  return percent < 999.5 ? text_of(std::lround(percent), " %") : ">999 %";  // a round that was interrupted
}

std::string matmul_table(const Matmul& matmul, const Paint& paint) {
  const MatmulRecord& record = *matmul.record;
  std::string text;
  std::string group;
  for (const MatmulRow& row : record.rows) {
    if (row.size.group != group) {
      group = row.size.group;
      text += "\n" +
              paint.bold(left(group + " m x k x n", 28) + right("Mmul", 9) + right("Madd", 9) + right("ms", 10) +
                         right("spread", 8) + right("GF/s", 7) + right("error", 9)) +
              "\n";
    }
    text += wrap("  " + size_text(row.size) + (row.size.group == "square" ? "" : "  " + row.size.name), 80, 4);
    for (const MatmulTime& time : row.ways) {
      if (!time.skipped.empty()) {
        text += wrap("    " + left(time.way, 16) + time.skipped, 80, 6);
        continue;
      }
      text += "    " + left(time.way, 24) + right(short_number(double(time.count.mul) / 1e6), 9) +
              right(short_number(double(time.count.add) / 1e6), 9) +
              right(short_number(double(time.median_ns()) / 1e6) == "0.00" ? fixed(double(time.median_ns()) / 1e6, 4)
                                                                           : fixed(double(time.median_ns()) / 1e6, 3),
                    10) +
              right(spread_text(time), 8) + right(short_number(required_flop(row.size) / double(time.median_ns())), 7) +
              right(scientific(time.error), 9) + "\n";
    }
  }
  return text;
}

std::string picture(const Matmul& matmul, const Paint& paint) {
  std::vector<PlotCurve> curves;
  std::string legend;
  for (size_t f = 0; f < matmul.fits.size(); ++f) {
    PlotCurve curve;
    curve.mark = char('A' + f);
    for (const MatmulRow& row : matmul.record->rows)
      if (const MatmulTime* time = row.size.group == "square" ? row.of(matmul.fits[f].way) : nullptr)
        curve.points.emplace_back(double(row.size.m), required_flop(row.size) / double(time->median_ns()));
    std::sort(curve.points.begin(), curve.points.end());
    if (curve.points.empty()) continue;
    legend += text_of(legend.empty() ? "" : ", ", curve.mark, " ", matmul.fits[f].way);
    curves.push_back(std::move(curve));
  }
  if (curves.empty()) return "";
  return "\n" + paint.bold("RATE  GFLOP/s against n of n x n x n, both axes logarithmic") + "\n" +
         plot_logarithmic(curves, 16) + wrap("  " + legend, 80, 2);
}

std::string matmul_fits(const Matmul& matmul, const Paint& paint) {
  std::string text = "\n" +
                     paint.bold(left("EXPONENTS of n", 22) + right("operations", 12) + right("time ± 95 %", 16) +
                                right("best share of the ceiling", 28)) +
                     "\n";
  for (const MatmulFit& fit : matmul.fits) {
    double best = 0;
    std::string at;
    for (const MatmulRow& row : matmul.record->rows)
      if (const MatmulTime* time = row.of(fit.way)) {
        const double share =
            required_flop(row.size) / double(time->median_ns()) * 1e9 / matmul.record->ceiling_flop_per_s;
        if (share > best) best = share, at = size_text(row.size);
      }
    text += "  " + left(fit.way, 20) + right(fit.fit ? fixed(fit.count_exponent, 2) : "-", 12) +
            right(exponent_text(fit.fit), 16) +
            right(at.empty() ? "-" : text_of(std::lround(100 * best), " % at ", at), 28) + "\n";
  }
  for (const Crossover& c : matmul.crossovers) {
    text += wrap(c.up_to == 0 ? text_of("  ", c.way, " against ", c.base, ": no square size above the cutoff of ",
                                        matmul.record->cutoff, " was measured with both")
                 : c.n ? text_of("  ", c.way, " is faster than ", c.base, " from ", *c.n, " on (up to ", c.up_to, ")")
                       : text_of("  ", c.way, " against ", c.base, ": no crossover reached up to ", c.up_to),
                 80, 4);
  }
  return text;
}

}  // namespace

std::string render_text(const Matmul& matmul, const Paint& paint) {
  const MatmulRecord& record = *matmul.record;
  std::string text =
      paint.bold(text_of("tacho matmul  ways to multiply two matrices, ", name_of(record.dtype), ", one thread")) +
      "\n";
  text += wrap(text_of("  machine  ", record.machine, ": ", fixed(record.ceiling_flop_per_s / 1e9, 1),
                       " GFLOP/s on one thread (measured, spread ", std::lround(record.ceiling_spread * 100), " %)"),
               80, 11);
  text += matmul_table(matmul, paint) + picture(matmul, paint) + matmul_fits(matmul, paint);
  for (const std::string& reason : record.left_out) text += wrap("  left out: " + reason, 80, 4);
  return text +
         wrap(text_of("  all ways alternate, the median of the rounds; spread: largest less least over it; GF/s: "
                      "mn(2k-1), what the definition requires, whatever was performed; error: largest "
                      "difference to the double product over its largest element; Strassen halves until an "
                      "extent is at most ",
                      record.cutoff),
              80, 2);
}

Json to_json(const Matmul& matmul) {
  const MatmulRecord& record = *matmul.record;
  Json json = {{"schema", "tacho.matmul"},
               {"schema_version", 1},
               {"command", record.command},
               {"machine", {{"model", record.machine}}},
               {"dtype", name_of(record.dtype)},
               {"threads", 1},
               {"ceiling_flop_per_s", record.ceiling_flop_per_s},
               {"cutoff", record.cutoff}};
  json["sizes"] = Json::array();
  for (const MatmulRow& row : record.rows) {
    Json ways = Json::array();
    for (const MatmulTime& time : row.ways) {
      if (!time.skipped.empty()) {
        ways.push_back({{"way", time.way}, {"skipped", time.skipped}});
        continue;
      }
      const auto [least, most] = std::minmax_element(time.rounds_ns.begin(), time.rounds_ns.end());
      const double rate = required_flop(row.size) / double(std::max<int64_t>(time.median_ns(), 1)) * 1e9;
      ways.push_back({{"way", time.way},
                      {"mul", time.count.mul},
                      {"add", time.count.add},
                      {"basis", time.counted ? "counted" : "declared"},
                      {"median_ns", time.median_ns()},
                      {"least_ns", *least},
                      {"most_ns", *most},
                      {"rounds_ns", time.rounds_ns},
                      {"flop_per_s", rate},
                      {"ceiling_share", rate / record.ceiling_flop_per_s},
                      {"error", time.error}});
    }
    json["sizes"].push_back({{"group", row.size.group},
                             {"name", row.size.name},
                             {"m", row.size.m},
                             {"k", row.size.k},
                             {"n", row.size.n},
                             {"ways", ways}});
  }
  json["fits"] = Json::array();
  for (const MatmulFit& fit : matmul.fits) {
    if (!fit.fit) continue;
    Json one = {{"way", fit.way}, {"count_exponent", fit.count_exponent}};
    one.update(to_json(*fit.fit));
    json["fits"].push_back(one);
  }
  json["crossovers"] = Json::array();
  for (const Crossover& c : matmul.crossovers)
    json["crossovers"].push_back(
        {{"way", c.way}, {"base", c.base}, {"n", c.n ? Json(*c.n) : Json(nullptr)}, {"up_to", c.up_to}});
  json["left_out"] = record.left_out;
  return json;
}

}  // namespace tacho
