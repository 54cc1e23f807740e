// Which windows of a pooling see a place.
#include "backends/simd/gradient_source.h"
#include "backends/simd/image_ops.h"

namespace tacho::simd {
namespace {

PooledAxis pooled_axis(const WindowAxis& axis) {
  std::vector<WindowPart> parts;
  for (int64_t window = 0; window < axis.out; ++window) parts.push_back(window_part(axis, window, false));
  return PooledAxis(std::move(parts), axis.in);
}

}  // namespace

PooledAxis::PooledAxis(std::vector<WindowPart> windows, int64_t places) : parts(std::move(windows)) {
  Windows seen;
  const int64_t count = int64_t(parts.size());
  for (int64_t i = 0; i < count; ++i) {
    const WindowPart& part = parts[size_t(i)];
    apart = apart && part.begin < part.end && (i == 0 || parts[size_t(i - 1)].end <= part.begin);
  }
  for (int64_t place = 0; place < places; ++place) {
    while (seen.begin < count && parts[size_t(seen.begin)].end <= place) ++seen.begin;
    while (seen.end < count && parts[size_t(seen.end)].begin <= place) ++seen.end;
    seen_by.push_back({seen.begin, std::max(seen.begin, seen.end)});
  }
}

MaxWindows::MaxWindows(const PoolGeometry& g)
    : geometry(g), rows(pooled_axis(g.rows)), columns(pooled_axis(g.columns)) {}

bool MaxWindows::by_two() const { return pools_by_two(geometry); }

}  // namespace tacho::simd
