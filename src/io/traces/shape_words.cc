#include "io/traces/shape_words.h"

#include <algorithm>

#include "op/op_def.h"
#include "ops/conv2d_backward_data.h"
#include "ops/conv2d_backward_weights.h"
#include "ops/matmul.h"

namespace tacho {
namespace {

Shape shape_of(const Extents& extents) { return Shape(extents.begin(), extents.end()); }

TensorType float_type(const Shape& shape) { return {DType::float32, shape}; }

/// Number of all elements, or -1 where an extent is negative or the product leaves 64 bits.
template <class Sequence>
int64_t elements_of(const Sequence& extents) {
  int64_t product = 1;
  for (int64_t extent : extents)
    if (extent < 0 || __builtin_mul_overflow(product, extent, &product)) return -1;
  return product;
}

/// What the catalogue's formula gives; -1 where the operands do not fit it.
int64_t work_of(const char* name, const Attributes& attributes, const TensorTypes& inputs) {
  // A trace's numbers are anybody's; the catalogue's are those of tensors that fit a memory.
  constexpr int64_t kMost = int64_t{1} << 48;
  for (const TensorType& input : inputs)
    if (const int64_t elements = elements_of(input.shape); elements < 0 || elements > kMost) return -1;
  try {
    const OpDef& op = op_named(name);
    const TensorTypes outputs = types_of(op, attributes, inputs);
    return work(tally_of(op, {attributes, inputs, outputs}));
  } catch (const Error&) {
    return -1;
  }
}

}  // namespace

std::vector<Extents> product_shapes(int64_t m, int64_t k, int64_t n, int64_t batch) {
  std::vector<Extents> shapes = {{k}, {std::min(m, n), std::max(m, n)}};
  if (batch != 1) shapes.push_back({batch});
  return shapes;
}

ProfiledPart product_part(const std::string& phase, const Extents& a, const Extents& b, bool transposed_b) {
  ProfiledPart part{"matmul", phase};
  if (a.size() < 2 || b.size() < 2) return part;
  const int64_t k = a.back(), n = transposed_b ? b[b.size() - 2] : b.back();
  if (k != (transposed_b ? b.back() : b[b.size() - 2])) return part;
  // A product with a plain matrix is one product of all rows; otherwise the axes in front number the products.
  Extents front(a.begin(), a.end() - (b.size() == 2 ? 1 : 2));
  const int64_t rows = elements_of(front);
  const int64_t m = b.size() == 2 ? rows : a[a.size() - 2], batch = b.size() == 2 ? 1 : rows;
  if (rows < 0 || m < 0 || k < 0 || n < 0) return part;
  part.shapes = product_shapes(m, k, n, batch);
  part.work = work_of("matmul", MatmulAttributes{}, {float_type({batch, m, k}), float_type({batch, k, n})});
  return part;
}

ProfiledPart convolution_part(const std::string& kind, const std::string& phase, const ConvolutionCall& call) {
  ProfiledPart part{kind, phase};
  if (call.image.empty() || call.filters.empty()) return part;
  part.shapes = {call.image, call.filters};
  const auto two = [](const Extents& e) { return e.size() == 2 || e.size() == 1; };
  if (!call.known || call.image.size() != 4 || call.filters.size() != 4 || !two(call.stride) || !two(call.padding) ||
      !two(call.dilation))
    return part;
  Conv2dAttributes conv;
  conv.stride = {call.stride.front(), call.stride.back()};
  conv.padding = {call.padding.front(), call.padding.back(), call.padding.front(), call.padding.back()};
  conv.dilation = {call.dilation.front(), call.dilation.back()};
  conv.groups = call.groups;
  const TensorType image = float_type(shape_of(call.image)), filters = float_type(shape_of(call.filters));
  try {
    const TensorType output = types_of(op_named("conv2d"), conv, TensorTypes{image, filters})[0];
    if (kind == "conv2d") part.work = work_of("conv2d", conv, {image, filters});
    else if (kind == "conv2d_backward_data")
      part.work = work_of("conv2d_backward_data", Conv2dBackwardDataAttributes{conv, {call.image[2], call.image[3]}},
                          {output, filters});
    else if (kind == "conv2d_backward_weights")
      part.work = work_of("conv2d_backward_weights",
                          Conv2dBackwardWeightsAttributes{conv, {call.filters[2], call.filters[3]}}, {output, image});
  } catch (const Error&) {
    part.work = -1;  // another operation than the catalogue's
  }
  return part;
}

ProfiledPart simple_part(const std::string& kind, const std::string& phase, const Extents& first) {
  ProfiledPart part{kind, phase};
  if (!first.empty()) part.shapes = {first};
  return part;
}

}  // namespace tacho
