#include "backends/simd/filter_gradient.h"
#include "backends/simd/kernels.h"
#include "backends/simd/targets.h"
#include "backends/simd/winograd_wide.h"

namespace tacho::simd {
namespace {

WideShape wide_shape(const ConvolutionGroup& group) {
  return {group.image(), group.result(), group.rows().before, group.columns().before};
}

class WideSpread final : public Kernel {
 public:
  explicit WideSpread(const ConvolutionGroup& group) : group_(group), shape_(wide_shape(group)) {}

  void pack(size_t, const View& w, void* destination) const override {
    routines_.pack(shape_, w.as<float>(), static_cast<float*>(destination));
  }
  RunStatus run(const KernelRun& run) const override {
    routines_.spread(shape_, run.inputs[group_.first].shape()[0], run.in<float>(group_.first),
                     static_cast<const float*>(run.packed[0]), run.out<float>(size_t(group_.y)),
                     static_cast<float*>(run.workspace));
    return {};
  }

 private:
  ConvolutionGroup group_;
  WideShape shape_;
  const WideSpreadRoutines& routines_ = wide_spread_routines();
};

/// Forward, in rows of tiles.
class WideConvolve final : public Kernel, public PartRun {
 public:
  explicit WideConvolve(const ConvolutionGroup& group) : group_(group), shape_(wide_shape(group)) {
    if (group.activation) activation_ = elementwise_function<float>(group.activation->function, Spread::none);
  }

  void pack(size_t, const View& w, void* destination) const override {
    routines_.pack(shape_, w.as<float>(), static_cast<float*>(destination));
  }
  RunStatus run(const KernelRun& run) const override { return convolve(run, {0, shape_.tiles_down()}); }
  int64_t units() const override { return shape_.tiles_down(); }
  RunStatus run_part(const KernelRun& run) const override { return convolve(run, {run.slice.begin, run.slice.count}); }

 private:
  RunStatus convolve(const KernelRun& run, const WidePart& part) const {
    const int64_t images = run.inputs[group_.first].shape()[0];
    const float* const x = run.in<float>(group_.first);
    const auto* const packed = static_cast<const float*>(run.packed[0]);
    auto* const workspace = static_cast<float*>(run.workspace);
    ImageResult result = group_.result_of(run);
    if (!activation_) {
      routines_.convolve(shape_, part, images, x, packed, result, workspace);
      return {};
    }
    // Image by image, while the result is near.
    const int64_t row = shape_.to.width * shape_.to.channels, first = 2 * part.first * row;
    const int64_t end = std::min(2 * (part.first + part.rows), shape_.to.height) * row;
    for (int64_t n = 0; n < images; ++n, result.y += shape_.to.elements()) {
      routines_.convolve(shape_, part, 1, x + n * shape_.from.elements(), packed, result, workspace);
      activation_(group_.activation->numbers.data(), result.y + first, nullptr, result.y + first, end - first);
      if (result.added) result.added += shape_.to.elements();
    }
    return {};
  }

  ConvolutionGroup group_;
  WideShape shape_;
  const WideRoutines& routines_ = wide_routines();
  ElementwiseFunction<float> activation_ = nullptr;
};

class WideWeights final : public FilterGradient {
 public:
  explicit WideWeights(const ConvolutionGroup& group) : FilterGradient(group), shape_(wide_shape(group)) {}

 private:
  int64_t scratch_elements() const override { return routines_.workspace_floats(shape_); }
  int64_t elements() const override { return routines_.partial_floats(shape_); }
  void add(int64_t images, const float* x, const float* dy, const FilterRange&, bool empty, float* sums,
           float* workspace) const override {
    routines_.accumulate(shape_, images, x, dy, empty, sums, workspace);
  }
  void join(float* into, const float* from, bool empty) const override {
    routines_.combine(into, from, elements(), empty);
  }
  void write(const float* sums, const FilterRange&, float* dw) const override { routines_.finish(shape_, sums, dw); }

  WideShape shape_;
  const WideGradientRoutines& routines_ = wide_gradient_routines();
};

/// Images that are computed together; forward has filters side by side instead.
int64_t together(const ConvolutionGroup& group) {
  return group.kind == ConvolutionGroup::forward ? 1 : wide_spread_routines().lanes;
}

int64_t scratch_floats(const ConvolutionGroup& group) {
  const auto workspace_floats = group.kind == ConvolutionGroup::forward ? wide_routines().workspace_floats
                                : group.kind == ConvolutionGroup::backward_data
                                    ? wide_spread_routines().workspace_floats
                                    : wide_gradient_routines().workspace_floats;
  return workspace_floats(wide_shape(group));
}

/// Why the kernels cannot compute it.
std::string impediment(const ConvolutionGroup& group) {
  const ConvGeometry& g = group.geometry;
  for (const WindowAxis* axis : {&g.rows, &g.columns})
    if (axis->kernel != 5 || axis->stride != 1 || axis->dilation != 1) return "filters other than 5 x 5";
  if (g.groups != 1) return "several groups";
  const bool forward = group.kind == ConvolutionGroup::forward;
  if (!forward && group.epilogue.sum) return "a sum behind a gradient of 5 x 5 filters";
  if (forward && g.c > wide_routines().most_channels) return "many channels under 5 x 5 filters";
  return {};
}

/// Why it is not worth it.
std::string objection(const ConvolutionGroup& group, const OfferContext& context) {
  const ConvGeometry& g = group.geometry;
  const WideShape shape = wide_shape(group);
  if (shape.tiles() * WideShape::kPlaces * 3 > g.places() * g.taps() * 2)
    return "nearly as many products as direct convolution";
  if (scratch_floats(group) * int64_t(sizeof(float)) * 2 > context.cpu.l2_bytes)
    return "what is computed together leaves the second cache";
  if (group.kind == ConvolutionGroup::backward_weights && !wide_gradient_routines().worth_it)
    return "few registers for the sums of filters' gradients";
  if (group.kind == ConvolutionGroup::forward && g.c < WideRoutines::kLeastChannels)
    return "few channels, little to win";
  if (group.kind == ConvolutionGroup::forward)
    return g.k < std::min<int64_t>(8, wide_spread_routines().lanes) ? "too few filters for a vector" : "";
  // A tile's transforms cost about as much as its products with so many channels.
  if (std::min(g.c, g.k) < 4) return "few channels, little to win";
  const int64_t images = together(group);
  if (g.n * 4 < (g.n + images - 1) / images * images * 3) return "fewer images than a vector has lanes";
  return {};
}

/// `make` makes the kernel, completes the offer and says what it executes for an image.
template <class Make>
OfferResult offer(const Group& group, const OfferContext& context, Make make) {
  const auto found = convolution_group_of(group, context, {.activations = true});
  if (const auto* refusal = std::get_if<Refusal>(&found)) return *refusal;
  const auto& convolution = std::get<ConvolutionGroup>(found);
  if (context.algorithm == "direct") return Refusal{"direct convolution was asked for"};
  if (context.algorithm == kAccurateWinograd) return Refusal{"Winograd: 5 x 5 filters have F(4x4,3x3)'s errors"};
  std::string reason = impediment(convolution);
  if (reason.empty() && !context.wants_winograd()) reason = objection(convolution, context);
  if (!reason.empty()) return Refusal{"Winograd: " + reason};
  const WideShape shape = wide_shape(convolution);
  const int64_t lanes = together(convolution), images = (convolution.geometry.n + lanes - 1) / lanes * lanes;
  Offer offer;
  offer.name = "winograd " + convolution.name;
  offer.reason = text_of("F(2x2,5x5) for ", target_in_use(), ": ",
                         images * shape.tiles() * WideShape::kPlaces * shape.from.channels * shape.to.channels,
                         " products instead of ", direct_products(convolution.geometry));
  if (lanes > 1) offer.reason += text_of(", ", lanes, " images side by side");
  set_image_layouts(group, convolution, offer);
  offer.workspace_bytes = size_t(scratch_floats(convolution)) * sizeof(float);
  const Tally image = make(convolution, shape, offer);
  offer.executed.tally = epilogue_tally(group);
  offer.executed.tally.mul += images * image.mul;
  offer.executed.tally.add += images * image.add;
  return offer;
}

}  // namespace

OfferResult offer_wide_winograd(const Group& group, const OfferContext& context) {
  return offer(group, context, [](const ConvolutionGroup& convolution, const WideShape& shape, Offer& offer) {
    const auto make = [&](const auto& routines, std::unique_ptr<Kernel> kernel) {
      offer.packs = {{convolution.second, size_t(routines.packed_floats(shape)) * sizeof(float)}};
      offer.kernel = std::move(kernel);
      return routines.tally(shape);
    };
    if (convolution.kind == ConvolutionGroup::forward)
      return make(wide_routines(), std::make_unique<WideConvolve>(convolution));
    return make(wide_spread_routines(), std::make_unique<WideSpread>(convolution));
  });
}

OfferResult offer_wide_winograd_weights(const Group& group, const OfferContext& context) {
  return offer(group, context, [&](const ConvolutionGroup& convolution, const WideShape& shape, Offer& offer) {
    auto kernel = std::make_unique<WideWeights>(convolution);
    offer.workspace_bytes = kernel->workspace_bytes(!group.has_partial());
    offer.kernel = std::move(kernel);
    return wide_gradient_routines().tally(shape);
  });
}

}  // namespace tacho::simd
