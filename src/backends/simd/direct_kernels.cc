#include "backends/simd/convolution_parts.h"
#include "backends/simd/filter_gradient.h"
#include "backends/simd/gated_convolution.h"
#include "backends/simd/grouped.h"
#include "backends/simd/image_ops.h"
#include "backends/simd/kernels.h"
#include "backends/simd/targets.h"
#include "op/part_run.h"

namespace tacho::simd {
namespace {

/// What the routines multiply, rounded up to their steps.
int64_t products_of(const ConvolutionPart& part, const DirectRoutines& routines, int64_t images) {
  const DirectShape& s = part.shape;
  const int64_t terms = routines.in_units(s).from_channels() * routines.together;
  return images * routines.places_multiplied(s, part.phase) * s.to.channels * terms;
}

/// The gradient behind an activation, a pooling or both, one image at a time.
class GradientMaker {
 public:
  explicit GradientMaker(const GradientSource& source, const ImageExtent& extent) : source_(source), extent_(extent) {
    if (source.pool) windows_.emplace(*source.pool);
  }
  /// Of all elements of the results, where they are not pooled; of the maxima, where they are.
  int64_t elements() const {
    if (!windows_) return extent_.elements();
    return windows_->geometry.rows.out * windows_->geometry.columns.out * extent_.channels;
  }
  const Tally& tally() const { return source_.tally; }
  /// Into `to`, extent.elements() floats.
  void make(const KernelRun& run, int64_t image, float* to) const {
    const GradientImages all = source_.images(run);
    const int64_t at = image * elements();
    const float *const dy = all.dy + at, *const gate = all.gate ? all.gate + at : nullptr;
    if (!windows_) gate_(source_.call.numbers.data(), dy, gate, to, elements());
    else if (!images_.unpool(*windows_, extent_.channels, dy, gate, all.index + at, to))
      fail("[max_pool2d_backward] an index is outside its window of 2 x 2 places");
  }

 private:
  GradientSource source_;
  ImageExtent extent_;
  std::optional<MaxWindows> windows_;
  const ImageRoutines& images_ = image_routines();
  ElementwiseFunction<float> gate_ = elementwise_function<float>(source_.call.function, Spread::none);
};

class DirectConvolve final : public Kernel, public PartRun {
 public:
  DirectConvolve(const GatedConvolution& gated, const DirectRoutines& routines)
      : group_(gated.convolution), routines_(routines), parts_(convolution_parts(group_)) {
    if (gated.source) maker_.emplace(*gated.source, group_.result());
    if (group_.activation) activation_ = elementwise_function<float>(group_.activation->function, Spread::none);
    for (ConvolutionPart& part : parts_) {
      part.packed = packed_floats_;
      packed_floats_ += routines.packed_floats(part.shape);
      workspace_floats_ = std::max(workspace_floats_, routines.workspace_floats(part.shape));
    }
    unreached_ = leaves_places_out(group_, parts_);
  }

  size_t packed_bytes() const { return size_t(packed_floats_) * sizeof(float); }
  size_t workspace_bytes() const { return made_bytes() + size_t(workspace_floats_) * sizeof(float); }
  int64_t products() const {
    int64_t total = 0;
    for (const ConvolutionPart& part : parts_) total += products_of(part, routines_, group_.geometry.n);
    return total;
  }

  void pack(size_t, const View& operand, void* destination) const override {
    for (const ConvolutionPart& part : parts_)
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
  /// What making the gradients executes.
  Tally repeated() const override { return maker_ ? maker_->tally() : Tally{}; }

 private:
  /// Where there are more filters than results of each, a thread reads its part of the filters and not all of them;
  /// not before an activation, which takes whole rows.
  bool by_panels() const {
    constexpr int64_t kRowsOfTile = 4;
    const ImageExtent& to = parts_[0].shape.to;
    return !activation_ && group_.geometry.groups == 1 && routines_.panels(to.channels) > 1 &&
           to.channels * kRowsOfTile > to.height * to.width;
  }
  RunStatus convolve(const KernelRun& run, const DirectPart& of) const {
    const int64_t images = run.inputs[group_.first].shape()[0];
    const ImageResult result = group_.result_of(run);
    if (unreached_) std::fill_n(result.y, images * result.extent.elements(), 0.0f);
    if (!maker_ && !activation_) {
      convolve_images(run, of, images, run.in<float>(group_.first), result);
      return {};
    }
    // Each image's gradient, or its result, while it is near.
    float* const own = static_cast<float*>(run.workspace);
    for (int64_t n = 0; n < images; ++n) {
      if (maker_) maker_->make(run, n, own);
      ImageResult one = result;
      one.y += n * result.extent.elements();
      if (one.added) one.added += n * result.extent.elements();
      const float* const x = maker_ ? own : run.in<float>(group_.first) + n * group_.image().elements();
      convolve_images(run, of, 1, x, one);
      if (activation_) activate(of, result.extent, one.y);
    }
    return {};
  }
  /// The rows of one image's results that this part has.
  void activate(const DirectPart& of, const ImageExtent& extent, float* y) const {
    const int64_t first = extent.height * of.begin / of.of, end = extent.height * of.end / of.of;
    float* const rows = y + first * extent.width * extent.channels;
    activation_(group_.activation->numbers.data(), rows, nullptr, rows, (end - first) * extent.width * extent.channels);
  }
  void convolve_images(const KernelRun& run, const DirectPart& of, int64_t images, const float* x,
                       const ImageResult& result) const {
    float* const scratch = reinterpret_cast<float*>(static_cast<std::byte*>(run.workspace) + made_bytes());
    for (const ConvolutionPart& part : parts_)
      routines_.convolve(part.shape, part.phase, of, images, x, static_cast<const float*>(run.packed[0]) + part.packed,
                         result, scratch);
  }
  /// Of the workspace: one image's gradient.
  size_t made_bytes() const { return maker_ ? aligned_bytes(size_t(group_.result().elements()) * sizeof(float)) : 0; }

  ConvolutionGroup group_;
  const DirectRoutines& routines_;
  std::vector<ConvolutionPart> parts_;
  std::optional<GradientMaker> maker_;  ///< where the gradient that it reads is made on the way in
  ElementwiseFunction<float> activation_ = nullptr;
  int64_t packed_floats_ = 0, workspace_floats_ = 0;
  bool unreached_ = false;  ///< some places of the result get no contribution
};

class DirectWeights final : public FilterGradient, public RowJoin {
 public:
  DirectWeights(const ConvolutionGroup& group, const DirectRoutines& routines)
      : FilterGradient(group), shape_(direct_shape(group)), routines_(routines) {}

  int64_t row_step() const override { return routines_.row_step(shape_); }
  void join_rows(const Lanes<std::byte>& lanes, const Slice& rows, const View& result) const override {
    const Lanes<float> sums = filled(lanes);
    if (sums.count == 0) std::fill_n(result.as<float>(), result.elements(), 0.0f);
    else routines_.finish(shape_, sums, rows.begin, rows.count, result.as<float>());
  }

 private:
  int64_t filters_together() const override { return row_step(); }
  int64_t scratch_elements() const override { return routines_.gradient_workspace_floats(shape_); }
  int64_t elements() const override { return routines_.partial_floats(shape_); }
  void add(int64_t images, const float* x, const float* dy, const FilterRange& some, bool empty, float* sums,
           float* workspace) const override {
    routines_.accumulate(shape_, images, x, dy, some, empty, sums, workspace);
  }
  void join(float* into, const float* from, bool empty) const override {
    routines_.combine(into, from, elements(), empty);
  }
  void write(const float* sums, const FilterRange& some, float* dw) const override {
    routines_.finish(shape_, {sums, 0, 1}, some.first, some.count, dw);
  }

  DirectShape shape_;
  const DirectRoutines& routines_;
};

std::string objection(const ConvolutionGroup& group) {
  const ConvGeometry& g = group.geometry;
  const bool to_image = group.kind == ConvolutionGroup::backward_data;
  if (g.groups > 1 && (to_image ? g.channels_per_group() : g.filters_per_group()) < 8)
    return "direct: vectors of channels would be mostly empty in groups this small";
  return {};
}

std::string bfloat16_objection(const ConvolutionGroup& group, const OfferContext& context) {
  const ConvGeometry& g = group.geometry;
  if (context.wants_winograd() && g.suits_winograd()) return "direct: Winograd's algorithm was asked for";
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
  const auto found = gated_convolution_of(group, context, {.activations = true});
  if (const auto* refusal = std::get_if<Refusal>(&found)) return *refusal;
  const auto& gated = std::get<GatedConvolution>(found);
  const ConvolutionGroup& convolution = gated.convolution;
  if (gated.source && convolution.kind == ConvolutionGroup::backward_weights)
    return Refusal{"direct: filters' gradients read what stands"};
  // Without it others would take the convolution, and theirs is quicker.
  if (const ConvGeometry& g = convolution.geometry;
      convolution.activation && (g.suits_winograd() || g.taps() == 1 || takes_groups(g)))
    return Refusal{"direct: an activation behind a convolution for others"};
  if (std::string reason = objection(convolution); !reason.empty()) return Refusal{reason};
  if (std::string reason = context.bfloat16 ? bfloat16_objection(convolution, context) : ""; !reason.empty())
    return Refusal{reason};
  const DirectRoutines& routines = context.bfloat16 ? *bfloat16_direct_routines() : direct_routines();
  Offer offer;
  offer.bfloat16 = context.bfloat16;
  offer.name = (offer.bfloat16 ? "bfloat16 direct " : "direct ") + convolution.name;
  const bool narrow =
      convolution.kind != ConvolutionGroup::backward_data && !convolution.epilogue.pool && !convolution.epilogue.sum &&
      routines.is_narrow(direct_shape(convolution), convolution.kind == ConvolutionGroup::backward_weights);
  offer.reason = text_of(narrow           ? "one channel and few filters in vectors of places for "
                         : offer.bfloat16 ? "products of places and panels of filters rounded to bfloat16 for "
                                          : "products of places and panels of filters for ",
                         target_in_use());
  if (gated.source) offer.reason += "; the gradient is made image by image";
  else offer.executed.tally = epilogue_tally(group);
  set_image_layouts(group, gated, offer);
  const int64_t products = make(routines, gated, offer);
  offer.executed.tally.mul += products;
  offer.executed.tally.add += products;
  offer.executed.declared = true;
  return offer;
}

}  // namespace

bool supports_convolution(const OpDef& op, const Attributes& attributes, std::span<const TensorType> inputs) {
  if (op.name != "conv2d") return false;
  for (const TensorType& type : inputs)
    if (element_count(type.shape) == 0) return false;
  const DType dtype = inputs[0].dtype;
  if (dtype == DType::float32) return true;
  return dtype == DType::float64 &&
         takes_groups(conv_geometry(attributes.as<Conv2dAttributes>(), inputs[0].shape, inputs[1].shape));
}

OfferResult offer_direct(const Group& group, const OfferContext& context) {
  return offer(group, context, [](const auto& routines, const GatedConvolution& gated, Offer& offer) {
    auto kernel = std::make_unique<DirectConvolve>(gated, routines);
    offer.workspace_bytes = kernel->workspace_bytes();
    offer.packs = {{gated.convolution.second, kernel->packed_bytes()}};
    offer.executed.tally += kernel->repeated();
    const int64_t products = kernel->products();
    offer.kernel = std::move(kernel);
    return products;
  });
}

OfferResult offer_direct_weights(const Group& group, const OfferContext& context) {
  return offer(group, context, [&](const auto& routines, const GatedConvolution& gated, Offer& offer) {
    const ConvolutionGroup& convolution = gated.convolution;
    auto kernel = std::make_unique<DirectWeights>(convolution, routines);
    offer.workspace_bytes = kernel->workspace_bytes(!group.has_partial());
    offer.kernel = std::move(kernel);
    const ConvGeometry& g = convolution.geometry;
    const int64_t places = routines.summed(direct_shape(convolution)).to.height * routines.together * g.columns.out;
    return g.n * g.k * places * g.taps() * g.channels_per_group();
  });
}

}  // namespace tacho::simd
