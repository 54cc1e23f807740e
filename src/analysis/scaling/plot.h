#pragma once
// Curves in characters, both axes logarithmic.
#include <string>
#include <utility>
#include <vector>

namespace tacho {

struct PlotCurve {
  char mark = '*';
  std::vector<std::pair<double, double>> points;  ///< both coordinates above 0
};

/// At most 80 columns wide: y's numbers at the left, the x of each point below. Where curves meet, the later one's mark
/// is seen. Empty where there is nothing to draw.
std::string plot_logarithmic(const std::vector<PlotCurve>& curves, int rows = 12);

}  // namespace tacho
