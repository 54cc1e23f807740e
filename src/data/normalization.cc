#include "data/normalization.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace tacho {
namespace {

Shape example_shape(const Tensor& x) { return Shape(x.shape().begin() + 1, x.shape().end()); }

}  // namespace

std::string_view name_of(NormalizeKind kind) {
  switch (kind) {
    case NormalizeKind::none:
      return "none";
    case NormalizeKind::scale:
      return "scale";
    case NormalizeKind::mean:
      return "mean";
  }
  return "none";
}

NormalizeKind normalize_kind_of(std::string_view name) {
  for (NormalizeKind kind : {NormalizeKind::none, NormalizeKind::scale, NormalizeKind::mean})
    if (name_of(kind) == name) return kind;
  fail("unknown normalisation `", name, "`; expected none, scale or mean");
}

void Normalization::apply(Tensor& x) const {
  if (kind == NormalizeKind::none) return;
  if (mean.defined() && !(mean.shape() == example_shape(x)))
    fail("the normalisation's mean is for examples of ", to_string(mean.shape()), ", these are ",
         to_string(example_shape(x)));
  const int64_t n = x.shape()[0], row = x.elements() / std::max<int64_t>(n, 1);
  const float shift = float(offset), divisor = float(scale);
  const float* subtract = mean.defined() ? mean.as<float>() : nullptr;
  for (int64_t i = 0; i < n; ++i) {
    float* example = x.as<float>() + i * row;
    for (int64_t j = 0; j < row; ++j) example[j] = (example[j] - shift) / divisor;
    if (subtract)
      for (int64_t j = 0; j < row; ++j) example[j] -= subtract[j];
  }
}

Normalization fit_normalization(NormalizeKind kind, const Tensor& x) {
  Normalization result;
  result.kind = kind;
  if (kind == NormalizeKind::none) return result;
  const float* values = x.as<float>();
  const int64_t elements = x.elements();
  const auto [low, high] = std::minmax_element(values, values + elements);
  const bool integers = std::all_of(values, values + elements, [](float v) { return v == std::floor(v); });
  if (integers && *low >= 0 && *high > 1 && *high <= 255) {
    result.scale = 255;
  } else {
    result.offset = std::min(double(*low), 0.0);
    result.scale = double(*high) - result.offset;
    if (result.scale <= 0) result.scale = 1;  // all zero
  }
  if (kind == NormalizeKind::scale) return result;

  const int64_t n = x.shape()[0], row = elements / n;
  const float shift = float(result.offset), divisor = float(result.scale);
  std::vector<double> sum(size_t(row), 0.0);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < row; ++j) sum[size_t(j)] += double((values[i * row + j] - shift) / divisor);
  result.mean = Tensor({DType::float32, example_shape(x)});
  for (int64_t j = 0; j < row; ++j) result.mean.as<float>()[j] = float(sum[size_t(j)] / double(n));
  return result;
}

}  // namespace tacho
