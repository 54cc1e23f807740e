#include "analysis/scaling/plot.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "analysis/text.h"

namespace tacho {
namespace {

constexpr int kColumns = 66;

/// From the logarithm of a coordinate to a cell.
struct Axis {
  double low = 1e300, high = -1e300;
  void hold(double value) { low = std::min(low, std::log(value)), high = std::max(high, std::log(value)); }
  int cell(double value, int cells) const {
    const double width = std::max(high - low, 1e-9);
    return std::clamp(int(std::lround((std::log(value) - low) / width * (cells - 1))), 0, cells - 1);
  }
  double at(int cell, int cells) const { return std::exp(low + (high - low) * cell / std::max(cells - 1, 1)); }
};

/// The numbers below the axis, as many as fit without touching.
std::string x_labels(const std::set<double>& values, const Axis& x) {
  std::string line(kColumns + 4, ' ');
  int free_from = 0;
  for (double value : values) {
    const std::string text =
        short_number(value).find(".00") != std::string::npos ? fixed(value, 0) : short_number(value);
    const int at = std::clamp(x.cell(value, kColumns) - int(text.size()) / 2, 0, int(line.size() - text.size()));
    if (at < free_from) continue;
    line.replace(size_t(at), text.size(), text);
    free_from = at + int(text.size()) + 1;
  }
  return line.substr(0, line.find_last_not_of(' ') + 1);
}

}  // namespace

std::string plot_logarithmic(const std::vector<PlotCurve>& curves, int rows) {
  Axis x, y;
  std::set<double> values;
  for (const PlotCurve& curve : curves)
    for (const auto& [at, value] : curve.points) x.hold(at), y.hold(value), values.insert(at);
  if (values.empty()) return "";
  std::vector<std::string> canvas(size_t(rows), std::string(kColumns, ' '));
  for (const PlotCurve& curve : curves) {
    // Straight lines between the points, as dots, then the points themselves.
    for (size_t i = 0; i + 1 < curve.points.size(); ++i) {
      const auto [x1, y1] = curve.points[i];
      const auto [x2, y2] = curve.points[i + 1];
      const int from = x.cell(x1, kColumns), to = x.cell(x2, kColumns);
      for (int column = from + 1; column < to; ++column) {
        const double part = double(column - from) / double(to - from);
        const double value = std::exp(std::log(y1) + part * (std::log(y2) - std::log(y1)));
        char& cell = canvas[size_t(rows - 1 - y.cell(value, rows))][size_t(column)];
        if (cell == ' ') cell = '.';
      }
    }
    for (const auto& [at, value] : curve.points)
      canvas[size_t(rows - 1 - y.cell(value, rows))][size_t(x.cell(at, kColumns))] = curve.mark;
  }
  std::string text;
  for (int row = 0; row < rows; ++row) {
    const bool numbered = row == 0 || row == rows - 1 || row == rows / 2;
    std::string line = canvas[size_t(row)];
    line.resize(line.find_last_not_of(' ') + 1);
    text += right(numbered ? short_number(y.at(rows - 1 - row, rows)) : "", 9) + " |" + line + "\n";
  }
  text += std::string(9, ' ') + " +" + std::string(kColumns, '-') + "\n";
  return text + std::string(11, ' ') + x_labels(values, x) + "\n";
}

}  // namespace tacho
