#include "backends/simd/filter_gradient.h"
#include "backends/simd/gated_convolution.h"
#include "backends/simd/kernels.h"
#include "backends/simd/targets.h"
#include "backends/simd/winograd.h"
#include "op/part_run.h"

namespace tacho::simd {
namespace {

/// Forward, or the images' gradient: the convolution of the results' gradients with the filters turned.
class WinogradConvolve final : public Kernel, public PartRun {
 public:
  WinogradConvolve(const ConvolutionGroup& group, const std::optional<GradientSource>& source,
                   const WinogradShape& shape, const WinogradRoutines& routines, const OfferContext& context)
      : group_(group),
        source_(source),
        shape_(shape),
        routines_(routines),
        blocks_(routines.blocks(shape, group.geometry.n, context.cpu)),
        taps_(blocks_.depth > 0 && context.keeps_packs) {}

  const WinogradBlocks& blocks() const { return blocks_; }
  /// 0: the filters as they are.
  size_t packed_bytes() const {
    if (blocks_.depth > 0 && !taps_) return 0;
    return size_t(taps_ ? routines_.taps_floats(shape_) : routines_.packed_floats(shape_)) * sizeof(float);
  }
  size_t workspace_bytes() const { return size_t(routines_.workspace_floats(shape_, blocks_)) * sizeof(float); }

  void pack(size_t, const View& operand, void* destination) const override {
    const bool turned = group_.kind == ConvolutionGroup::backward_data;
    float* const packed = static_cast<float*>(destination);
    if (taps_) routines_.pack_taps(shape_, operand.as<float>(), turned, packed);
    else routines_.pack(shape_, blocks_, operand.as<float>(), turned, packed);
  }
  RunStatus run(const KernelRun& run) const override {
    return convolve(run, {0, run.inputs[group_.first].shape()[0] * shape_.tiles(), 0, shape_.to.channels});
  }

  int64_t units() const override { return by_channels() ? groups() : group_.geometry.n * shape_.tiles(); }
  RunStatus run_part(const KernelRun& run) const override {
    const int64_t tiles = group_.geometry.n * shape_.tiles();
    if (!by_channels()) return convolve(run, {run.slice.begin, run.slice.count, 0, shape_.to.channels});
    const int64_t first = run.slice.begin * together(), end = first + run.slice.count * together();
    return convolve(run, {0, tiles, first, std::min(end, shape_.to.channels) - first});
  }
  Tally repeated() const override {
    return by_channels() ? routines_.images_tally(shape_, group_.geometry.n) : Tally{};
  }

 private:
  /// Channels of a group of panels.
  int64_t together() const { return blocks_.panels * routines_.panel; }
  int64_t groups() const { return (shape_.to.channels + together() - 1) / together(); }
  /// Where there are more filters than tiles, each thread reads its part of the filters and not all of them.
  bool by_channels() const {
    return blocks_.depth > 0 || (groups() > 1 && shape_.to.channels > group_.geometry.n * shape_.tiles());
  }
  RunStatus convolve(const KernelRun& run, const WinogradPart& part) const {
    const float* const packed = packed_bytes() > 0 ? static_cast<const float*>(run.packed[0]) : nullptr;
    const WinogradFilters filters{run.in<float>(group_.second), group_.kind == ConvolutionGroup::backward_data, packed};
    const GradientImages images = source_ ? source_->images(run) : GradientImages{run.in<float>(group_.first)};
    if (blocks_.depth > 0)
      routines_.convolve_fresh(shape_, blocks_, part, images, filters, group_.result_of(run),
                               static_cast<float*>(run.workspace));
    else
      routines_.convolve(shape_, blocks_, part, images, packed, group_.result_of(run),
                         static_cast<float*>(run.workspace));
    return {};
  }

  ConvolutionGroup group_;
  std::optional<GradientSource> source_;
  WinogradShape shape_;
  const WinogradRoutines& routines_;
  WinogradBlocks blocks_;
  bool taps_;  ///< filters are packed as taps, and transformed where they are used
};

class WinogradWeights final : public FilterGradient, public RowJoin {
 public:
  WinogradWeights(const ConvolutionGroup& group, const std::optional<GradientSource>& source,
                  const WinogradShape& shape, const WinogradRoutines& routines, const CpuInfo& cpu)
      : FilterGradient(group),
        images_(group.geometry.n),
        dy_(group.first),
        source_(source),
        shape_(shape),
        routines_(routines),
        blocks_(routines.gradient_blocks(shape, group.geometry.n, cpu)) {}

  const WinogradBlocks& blocks() const { return blocks_; }
  int64_t row_step() const override { return routines_.panel; }
  void join_rows(const Lanes<std::byte>& lanes, const Slice& rows, const View& result) const override {
    const Lanes<float> sums = filled(lanes);
    if (sums.count == 0) std::fill_n(result.as<float>(), result.elements(), 0.0f);
    else routines_.finish(shape_, blocks_, sums, rows.begin, rows.count, result.as<float>());
  }

 private:
  Tally repeated() const override { return routines_.images_tally(shape_, images_); }
  int64_t filters_together() const override { return routines_.panel; }
  int64_t scratch_elements() const override { return routines_.gradient_workspace_floats(shape_, blocks_); }
  int64_t elements() const override { return routines_.partial_floats(shape_, blocks_); }
  void add_from(const KernelRun& run, int64_t images, const float* x, const FilterRange& some, bool empty, float* sums,
                float* workspace) const override {
    const GradientImages dy = source_ ? source_->images(run) : GradientImages{run.in<float>(dy_)};
    routines_.accumulate(shape_, blocks_, images, x, dy, some, empty, sums, workspace);
  }
  void join(float* into, const float* from, bool empty) const override {
    routines_.combine(into, from, elements(), empty);
  }
  void write(const float* sums, const FilterRange& some, float* dw) const override {
    routines_.finish(shape_, blocks_, {sums, 0, 1}, some.first, some.count, dw);
  }

  int64_t images_;
  size_t dy_;
  std::optional<GradientSource> source_;
  WinogradShape shape_;
  const WinogradRoutines& routines_;
  WinogradBlocks blocks_;
};

/// Why Winograd's algorithm cannot compute this convolution, or is not worth it; empty where it is.
std::string objection(const ConvolutionGroup& group, const WinogradShape& shape, const OfferContext& context,
                      int64_t products) {
  const ConvGeometry& g = group.geometry;
  if (context.algorithm == "direct") return "direct convolution was asked for";
  for (const WindowAxis* axis : {&g.rows, &g.columns}) {
    if (axis->kernel != 3) return "Winograd: filters other than 3 x 3";
    if (axis->stride != 1 || axis->dilation != 1) return "Winograd: a stride or a dilation";
  }
  if (g.groups != 1) return "Winograd: several groups";
  if (context.wants_winograd()) return {};
  // A tile's transforms cost about as much as its products with 16 channels.
  if (std::min(shape.from.channels, shape.to.channels) < 8) return "Winograd: few channels, little to win";
  // Filters that are transformed where they are used must meet tiles enough to pay for that.
  if (winograd_routines().blocks(shape, g.n, context.cpu).depth > 0) {
    constexpr int64_t kTransform = 200;  // as long as so many of a filter's products
    if (g.n * shape.places() + kTransform > g.n * shape.to.height * shape.to.width * g.taps())
      return "Winograd: more to transform than to multiply";
  }
  // Our direct kernels multiply padding too, and have little to do side by side in images of few places.
  if (products * 10 > g.n * g.k * g.places() * g.taps() * g.c * 9)
    return "Winograd: as many products as direct convolution";
  return {};
}

/// The convolution as the algorithm sees it: forward's and the filters' gradient's, or the images' gradient's, which
/// goes the other way.
WinogradShape shape_of(const ConvolutionGroup& group, const OfferContext& context) {
  WinogradShape s;
  const bool turned = group.kind == ConvolutionGroup::backward_data;
  s.from = turned ? group.result() : group.image();
  s.to = turned ? group.image() : group.result();
  s.top = turned ? 2 - group.rows().before : group.rows().before;
  s.left = turned ? 2 - group.columns().before : group.columns().before;
  s.outputs = context.algorithm == kAccurateWinograd ? 2 : winograd_outputs(s.to.height, s.to.width);
  return s;
}

template <class MakeKernel>
OfferResult offer(const Group& group, const OfferContext& context, MakeKernel make) {
  const auto found = gated_convolution_of(group, context);
  if (const auto* refusal = std::get_if<Refusal>(&found)) return *refusal;
  const auto& gated = std::get<GatedConvolution>(found);
  const auto& [convolution, source] = gated;
  if (source && !source->by_relu()) return Refusal{"winograd: behind another activation's gradient than relu's"};
  const WinogradShape shape = shape_of(convolution, context);
  const int64_t products = convolution.geometry.n * shape.places() * shape.from.channels * shape.to.channels;
  if (std::string reason = objection(convolution, shape, context, products); !reason.empty()) return Refusal{reason};
  Offer offer;
  offer.name = "winograd " + convolution.name;
  offer.reason = text_of("F(", shape.outputs, "x", shape.outputs, ",3x3) for ", target_in_use(), ": ", products,
                         " products instead of ", direct_products(convolution.geometry));
  if (source) {
    // Each element is compared with its gate where it is loaded: of tiles that overlap, several times.
    const bool weights = convolution.kind == ConvolutionGroup::backward_weights;
    const ImageExtent& to = shape.to;
    if (source->gate >= 0)
      offer.executed.tally.cmp = convolution.geometry.n *
                                 (weights ? to.height * to.width * to.channels : shape.places() * shape.from.channels);
    offer.reason += "; the gradient is made where its tiles are loaded";
  } else {
    offer.executed.tally = epilogue_tally(group);
  }
  set_image_layouts(group, gated, offer);
  make(convolution, source, shape, winograd_routines(), offer);
  return offer;
}

}  // namespace

OfferResult offer_winograd(const Group& group, const OfferContext& context) {
  return offer(group, context,
               [&](const auto& convolution, const auto& source, const auto& shape, const auto& routines, Offer& offer) {
                 auto kernel = std::make_unique<WinogradConvolve>(convolution, source, shape, routines, context);
                 offer.workspace_bytes = kernel->workspace_bytes();
                 if (kernel->packed_bytes() > 0) offer.packs = {{convolution.second, kernel->packed_bytes()}};
                 if (kernel->blocks().depth > 0) offer.reason += "; filters are transformed where they are used";
                 if (kernel->blocks().depth > 0 && !offer.packs.empty()) offer.reason += ", packed as taps";
                 offer.executed.tally += routines.convolve_tally(shape, kernel->blocks(), convolution.geometry.n);
                 offer.kernel = std::move(kernel);
               });
}

OfferResult offer_winograd_weights(const Group& group, const OfferContext& context) {
  return offer(group, context,
               [&](const auto& convolution, const auto& source, const auto& shape, const auto& routines, Offer& offer) {
                 auto kernel = std::make_unique<WinogradWeights>(convolution, source, shape, routines, context.cpu);
                 offer.workspace_bytes = kernel->workspace_bytes(!group.has_partial());
                 if (kernel->blocks().depth > 0) offer.reason += "; sums are transformed where they are made";
                 offer.executed.tally += routines.accumulate_tally(shape, kernel->blocks(), convolution.geometry.n);
                 offer.kernel = std::move(kernel);
               });
}

}  // namespace tacho::simd
