#include "backends/simd/direct.h"
#include "backends/simd/filter_gradient.h"
#include "backends/simd/kernels.h"
#include "backends/simd/targets.h"
#include "op/part_run.h"

namespace tacho::simd {
namespace {

DirectAxis axis_of(const WindowAxis& axis) { return {axis.kernel, axis.stride, axis.dilation, axis.before}; }

/// One stride-1 convolution: all of a forward one, or what an images' gradient is at every n-th row and column.
struct Part {
  DirectShape shape;
  DirectPhase phase;
  DirectFilters filters;
  int64_t packed = 0;  ///< floats before its own in the packed filters

  int64_t products(const DirectRoutines& routines, int64_t images) const {
    const int64_t terms = shape.taps() * routines.in_units(shape).from_channels() * routines.together;
    return images * shape.to.height * shape.to.width * shape.to.channels * terms;
  }
};

/// Along one axis: image place `first + step * i` receives output places i + shift - j through the taps
/// `tap + step * j`, 0 <= j < taps.
struct PhaseAxis {
  int64_t outputs = 0, first = 0, tap = 0, tap_step = 1;
  DirectAxis axis;
};

PhaseAxis phase_axis(const WindowAxis& w, int64_t first) {
  PhaseAxis p;
  p.first = first;
  p.outputs = first < w.in ? (w.in - first + w.stride - 1) / w.stride : 0;
  if (w.stride == 1) {
    p.axis = {w.kernel, 1, w.dilation, (w.kernel - 1) * w.dilation - w.before};
    return p;
  }
  p.tap = (first + w.before) % w.stride;
  p.tap_step = w.stride;
  p.axis.taps = p.tap < w.kernel ? (w.kernel - p.tap + w.stride - 1) / w.stride : 0;
  p.axis.before = p.axis.taps - 1 - (first + w.before - p.tap) / w.stride;
  return p;
}

/// The images' gradient: for each phase of the stride, the results' gradients under the filters' taps that reach it,
/// backwards. Phases that no tap reaches are left out.
std::vector<Part> gradient_parts(const ConvolutionGroup& group) {
  std::vector<Part> parts;
  for (int64_t down = 0; down < group.rows().stride; ++down)
    for (int64_t right = 0; right < group.columns().stride; ++right) {
      const PhaseAxis rows = phase_axis(group.rows(), down), columns = phase_axis(group.columns(), right);
      if (rows.outputs == 0 || columns.outputs == 0 || rows.axis.taps == 0 || columns.axis.taps == 0) continue;
      Part part;
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

std::vector<Part> parts_of(const ConvolutionGroup& group) {
  if (group.kind == ConvolutionGroup::backward_data) return gradient_parts(group);
  Part part;
  part.shape = direct_shape(group);
  part.filters.rows = group.rows().kernel;
  part.filters.columns = group.columns().kernel;
  return {part};
}

class DirectConvolve final : public Kernel, public PartRun {
 public:
  DirectConvolve(const ConvolutionGroup& group, const DirectRoutines& routines)
      : group_(group), routines_(routines), parts_(parts_of(group)) {
    int64_t places = 0;
    for (Part& part : parts_) {
      part.packed = packed_floats_;
      packed_floats_ += routines.packed_floats(part.shape);
      workspace_floats_ = std::max(workspace_floats_, routines.workspace_floats(part.shape));
      places += part.shape.to.height * part.shape.to.width;
    }
    if (group.kind == ConvolutionGroup::backward_data) unreached_ = places < group.rows().in * group.columns().in;
  }

  size_t packed_bytes() const { return size_t(packed_floats_) * sizeof(float); }
  size_t workspace_bytes() const { return size_t(workspace_floats_) * sizeof(float); }
  int64_t products() const {
    int64_t total = 0;
    for (const Part& part : parts_) total += part.products(routines_, group_.geometry.n);
    return total;
  }

  void pack(size_t, const View& operand, void* destination) const override {
    for (const Part& part : parts_)
      routines_.pack(part.shape, part.filters, operand.as<float>(), static_cast<float*>(destination) + part.packed);
  }
  RunStatus run(const KernelRun& run) const override { return convolve(run, {}); }

  int64_t units() const override {
    if (unreached_ || parts_.empty()) return 1;  // somebody fills what no tap reaches
    const ImageExtent& to = parts_[0].shape.to;
    return by_panels() ? routines_.panels(to.channels) : group_.epilogue.pool ? to.height / 2 : to.height;
  }
  RunStatus run_part(const KernelRun& run) const override {
    return convolve(run, {run.slice.begin, run.slice.begin + run.slice.count, run.slice.total, by_panels()});
  }

 private:
  /// Where there are more filters than results of each, a thread reads its part of the filters and not all of them.
  bool by_panels() const {
    constexpr int64_t kRowsOfTile = 4;
    const ImageExtent& to = parts_[0].shape.to;
    return group_.geometry.groups == 1 && routines_.panels(to.channels) > 1 &&
           to.channels * kRowsOfTile > to.height * to.width;
  }
  RunStatus convolve(const KernelRun& run, const DirectPart& of) const {
    const int64_t images = run.inputs[group_.first].shape()[0];
    const ImageResult result = group_.result_of(run);
    if (unreached_) std::fill_n(result.y, images * result.extent.elements(), 0.0f);
    for (const Part& part : parts_)
      routines_.convolve(part.shape, part.phase, of, images, run.in<float>(group_.first),
                         static_cast<const float*>(run.packed[0]) + part.packed, result,
                         static_cast<float*>(run.workspace));
    return {};
  }

  ConvolutionGroup group_;
  const DirectRoutines& routines_;
  std::vector<Part> parts_;
  int64_t packed_floats_ = 0, workspace_floats_ = 0;
  bool unreached_ = false;  ///< some places of the result get no contribution
};

class DirectWeights final : public FilterGradient {
 public:
  DirectWeights(const ConvolutionGroup& group, const DirectRoutines& routines)
      : FilterGradient(group), shape_(direct_shape(group)), routines_(routines) {}

 private:
  int64_t scratch_floats() const override { return routines_.gradient_workspace_floats(shape_); }
  int64_t floats() const override { return routines_.partial_floats(shape_); }
  void add(int64_t images, const float* x, const float* dy, bool empty, float* sums, float* workspace) const override {
    routines_.accumulate(shape_, images, x, dy, empty, sums, workspace);
  }
  void join(float* into, const float* from, bool empty) const override {
    routines_.combine(into, from, floats(), empty);
  }
  void write(const float* sums, float* dw) const override { routines_.finish(shape_, sums, dw); }

  DirectShape shape_;
  const DirectRoutines& routines_;
};

std::string objection(const ConvolutionGroup& group) {
  const ConvGeometry& g = group.geometry;
  const bool to_image = group.kind == ConvolutionGroup::backward_data;
  if (g.groups > 1 && (to_image ? g.channels_per_group() : g.filters_per_group()) < 8)
    return "direct: vectors of channels would be mostly empty in groups this small";
  for (const WindowAxis* axis : {&g.rows, &g.columns})
    if (to_image && axis->stride > 1 && axis->dilation > 1) return "direct: strides and dilations, backwards";
  return {};
}

std::string bfloat16_objection(const ConvolutionGroup& group, const OfferContext& context) {
  const ConvGeometry& g = group.geometry;
  if (context.algorithm == "winograd" && g.suits_winograd()) return "direct: Winograd's algorithm was asked for";
  if (!bfloat16_direct_routines()) return "direct: not on this machine";
  const bool to_image = group.kind == ConvolutionGroup::backward_data;
  if (group.kind != ConvolutionGroup::backward_weights &&
      (to_image ? g.filters_per_group() : g.channels_per_group()) == 1)
    return "direct: one channel makes no pairs";
  if (group.kind == ConvolutionGroup::backward_weights && g.rows.out == 1)
    return "direct: one row of places makes no pairs";
  return {};
}

template <class MakeKernel>
OfferResult offer(const Group& group, const OfferContext& context, MakeKernel make) {
  const auto found = convolution_group_of(group, context);
  if (const auto* refusal = std::get_if<Refusal>(&found)) return *refusal;
  const auto& convolution = std::get<ConvolutionGroup>(found);
  if (std::string reason = objection(convolution); !reason.empty()) return Refusal{reason};
  if (std::string reason = context.bfloat16 ? bfloat16_objection(convolution, context) : ""; !reason.empty())
    return Refusal{reason};
  const DirectRoutines& routines = context.bfloat16 ? *bfloat16_direct_routines() : direct_routines();
  Offer offer;
  offer.bfloat16 = context.bfloat16;
  offer.name = (offer.bfloat16 ? "bfloat16 direct " : "direct ") + convolution.name;
  const bool narrow = convolution.kind != ConvolutionGroup::backward_data && !convolution.epilogue.pool &&
                      routines.is_narrow(direct_shape(convolution));
  offer.reason = text_of(narrow           ? "one channel and few filters in vectors of places for "
                         : offer.bfloat16 ? "products of places and panels of filters rounded to bfloat16 for "
                                          : "products of places and panels of filters for ",
                         target_in_use());
  offer.executed.tally = epilogue_tally(group);
  set_image_layouts(group, convolution, offer);
  const int64_t products = make(routines, convolution, offer);
  offer.executed.tally.mul += products;
  offer.executed.tally.add += products;
  offer.executed.declared = true;
  return offer;
}

}  // namespace

DirectShape direct_shape(const ConvolutionGroup& group) {
  return {group.image(), group.result(), group.geometry.groups, axis_of(group.rows()), axis_of(group.columns())};
}

bool supports_convolution(const OpDef& op, const Attributes& attributes, std::span<const TensorType> inputs) {
  if (op.name != "conv2d") return false;
  for (const TensorType& type : inputs)
    if (type.dtype != DType::float32 || element_count(type.shape) == 0) return false;
  ConvolutionGroup group;
  group.geometry = conv_geometry(attributes.as<Conv2dAttributes>(), inputs[0].shape, inputs[1].shape);
  return objection(group).empty();
}

OfferResult offer_direct(const Group& group, const OfferContext& context) {
  return offer(group, context, [](const auto& routines, const ConvolutionGroup& convolution, Offer& offer) {
    auto kernel = std::make_unique<DirectConvolve>(convolution, routines);
    offer.workspace_bytes = kernel->workspace_bytes();
    offer.packs = {{convolution.second, kernel->packed_bytes()}};
    const int64_t products = kernel->products();
    offer.kernel = std::move(kernel);
    return products;
  });
}

OfferResult offer_direct_weights(const Group& group, const OfferContext& context) {
  return offer(group, context, [&](const auto& routines, const ConvolutionGroup& convolution, Offer& offer) {
    auto kernel = std::make_unique<DirectWeights>(convolution, routines);
    offer.workspace_bytes = kernel->workspace_bytes(!group.has_partial());
    offer.kernel = std::move(kernel);
    const ConvGeometry& g = convolution.geometry;
    const int64_t places = routines.summed(direct_shape(convolution)).to.height * routines.together * g.columns.out;
    return g.n * g.k * places * g.taps() * g.channels_per_group();
  });
}

}  // namespace tacho::simd
