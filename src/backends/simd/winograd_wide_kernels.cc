#include "backends/simd/convolution_group.h"
#include "backends/simd/kernels.h"
#include "backends/simd/targets.h"
#include "backends/simd/winograd_wide.h"

namespace tacho::simd {
namespace {

WideShape wide_shape(const ConvolutionGroup& group) {
  return {group.image(), group.result(), group.rows().before, group.columns().before};
}

/// Forward, or the images' gradient.
class WideConvolve final : public Kernel {
 public:
  explicit WideConvolve(const ConvolutionGroup& group) : group_(group), shape_(wide_shape(group)) {
    if (group.activation) activation_ = elementwise_function<float>(group.activation->function, Spread::none);
  }

  size_t packed_bytes() const {
    return size_t(forward() ? routines_.packed_floats(shape_) : routines_.gradient_packed_floats(shape_)) *
           sizeof(float);
  }
  size_t workspace_bytes() const {
    return size_t(forward() ? routines_.workspace_floats(shape_) : routines_.gradient_workspace_floats(shape_)) *
           sizeof(float);
  }

  void pack(size_t, const View& w, void* destination) const override {
    const auto pack = forward() ? routines_.pack : routines_.gradient_pack;
    pack(shape_, w.as<float>(), static_cast<float*>(destination));
  }
  RunStatus run(const KernelRun& run) const override {
    const int64_t images = run.inputs[group_.first].shape()[0];
    const float* const x = run.in<float>(group_.first);
    const auto* const packed = static_cast<const float*>(run.packed[0]);
    auto* const workspace = static_cast<float*>(run.workspace);
    const ImageResult result = group_.result_of(run);
    if (forward()) routines_.convolve(shape_, images, x, packed, result, workspace);
    else routines_.spread(shape_, images, x, packed, result.y, workspace);
    if (activation_)
      activation_(group_.activation->numbers.data(), result.y, nullptr, result.y, images * shape_.to.elements());
    return {};
  }

 private:
  bool forward() const { return group_.kind == ConvolutionGroup::forward; }

  ConvolutionGroup group_;
  WideShape shape_;
  const WideRoutines& routines_ = wide_routines();
  ElementwiseFunction<float> activation_ = nullptr;
};

std::string objection(const ConvolutionGroup& group, const OfferContext& context) {
  const ConvGeometry& g = group.geometry;
  if (context.algorithm == "direct") return "direct convolution was asked for";
  for (const WindowAxis* axis : {&g.rows, &g.columns})
    if (axis->kernel != 5 || axis->stride != 1 || axis->dilation != 1) return "Winograd: filters other than 5 x 5";
  if (g.groups != 1) return "Winograd: several groups";
  if (group.epilogue.sum || group.epilogue.pool) return "Winograd: a sum or a pooling behind a 5 x 5 filter";
  if (context.wants_winograd()) return {};
  const WideRoutines& routines = wide_routines();
  // A tile's transforms cost about as much as its products with so many channels.
  if (std::min(g.c, g.k) < 4) return "Winograd: few channels, little to win";
  const int64_t computed = (g.n + routines.lanes - 1) / routines.lanes * routines.lanes;
  if (g.n * 4 < computed * 3) return "Winograd: fewer images than a vector has lanes";
  const int64_t floats =
      std::max(routines.workspace_floats(wide_shape(group)), routines.gradient_workspace_floats(wide_shape(group)));
  if (floats * int64_t(sizeof(float)) * 2 > context.cpu.l2_bytes) return "Winograd: a vector of images leaves L2";
  return {};
}

}  // namespace

OfferResult offer_wide_winograd(const Group& group, const OfferContext& context) {
  const auto found = convolution_group_of(group, context, {.activations = true});
  if (const auto* refusal = std::get_if<Refusal>(&found)) return *refusal;
  const auto& convolution = std::get<ConvolutionGroup>(found);
  if (std::string reason = objection(convolution, context); !reason.empty()) return Refusal{reason};
  const WideShape shape = wide_shape(convolution);
  const WideRoutines& routines = wide_routines();
  const int64_t images = (convolution.geometry.n + routines.lanes - 1) / routines.lanes * routines.lanes;
  Offer offer;
  offer.name = "winograd " + convolution.name;
  offer.reason = text_of("F(2x2,5x5) for ", target_in_use(), ": ",
                         images * shape.tiles() * WideShape::kPlaces * shape.from.channels * shape.to.channels,
                         " products instead of ", direct_products(convolution.geometry), ", ", routines.lanes,
                         " images side by side");
  const bool forward = convolution.kind == ConvolutionGroup::forward;
  const Tally image = forward ? routines.convolve_tally(shape) : routines.spread_tally(shape);
  offer.executed.tally = epilogue_tally(group);
  offer.executed.tally.mul += images * image.mul;
  offer.executed.tally.add += images * image.add;
  set_image_layouts(group, convolution, offer);
  auto kernel = std::make_unique<WideConvolve>(convolution);
  offer.workspace_bytes = kernel->workspace_bytes();
  offer.packs = {{convolution.second, kernel->packed_bytes()}};
  offer.kernel = std::move(kernel);
  return offer;
}

}  // namespace tacho::simd
