#include "backends/simd/convolution_parts.h"

#include <numeric>

namespace tacho::simd {
namespace {

DirectAxis axis_of(const WindowAxis& axis) { return {axis.kernel, axis.stride, axis.dilation, axis.before}; }

/// Along one axis: image place `first + stride * i` receives output places i + shift - j * dilation through the taps
/// `tap + tap_step * j`, 0 <= j < taps.
struct PhaseAxis {
  int64_t outputs = 0, first = 0, tap = 0, tap_step = 1;
  DirectAxis axis;
};

PhaseAxis phase_axis(const WindowAxis& w, int64_t first) {
  PhaseAxis p;
  p.first = first;
  p.outputs = first < w.in ? (w.in - first + w.stride - 1) / w.stride : 0;
  // A place is reached by the taps whose distance from it is a multiple of the stride.
  p.tap_step = w.stride / std::gcd(w.stride, w.dilation);
  while (p.tap < p.tap_step && (first + w.before - p.tap * w.dilation) % w.stride != 0) ++p.tap;
  const bool reached = p.tap < p.tap_step && p.tap < w.kernel;
  p.axis.taps = reached ? (w.kernel - p.tap + p.tap_step - 1) / p.tap_step : 0;
  p.axis.dilation = p.tap_step * w.dilation / w.stride;
  p.axis.before = (p.axis.taps - 1) * p.axis.dilation - (first + w.before - p.tap * w.dilation) / w.stride;
  return p;
}

std::vector<ConvolutionPart> gradient_parts(const ConvolutionGroup& group) {
  std::vector<ConvolutionPart> parts;
  for (int64_t down = 0; down < group.rows().stride; ++down)
    for (int64_t right = 0; right < group.columns().stride; ++right) {
      const PhaseAxis rows = phase_axis(group.rows(), down), columns = phase_axis(group.columns(), right);
      if (rows.outputs == 0 || columns.outputs == 0 || rows.axis.taps == 0 || columns.axis.taps == 0) continue;
      ConvolutionPart part;
      part.shape = {group.result(),
                    {rows.outputs, columns.outputs, group.geometry.c},
                    group.geometry.groups,
                    rows.axis,
                    columns.axis};
      part.phase = {rows.first, columns.first, group.rows().stride, group.columns().stride};
      part.filters = {group.rows().kernel, group.columns().kernel, rows.tap, columns.tap,
                      rows.tap_step,       columns.tap_step,       true};
      parts.push_back(part);
    }
  return parts;
}

}  // namespace

DirectShape direct_shape(const ConvolutionGroup& group) {
  return {group.image(), group.result(), group.geometry.groups, axis_of(group.rows()), axis_of(group.columns())};
}

std::vector<ConvolutionPart> convolution_parts(const ConvolutionGroup& group) {
  if (group.kind == ConvolutionGroup::backward_data) return gradient_parts(group);
  ConvolutionPart part;
  part.shape = direct_shape(group);
  part.filters.rows = group.rows().kernel;
  part.filters.columns = group.columns().kernel;
  return {part};
}

bool leaves_places_out(const ConvolutionGroup& group, const std::vector<ConvolutionPart>& parts) {
  if (group.kind != ConvolutionGroup::backward_data) return false;
  int64_t places = 0;
  for (const ConvolutionPart& part : parts) places += part.shape.to.height * part.shape.to.width;
  return places < group.rows().in * group.columns().in;
}

}  // namespace tacho::simd
