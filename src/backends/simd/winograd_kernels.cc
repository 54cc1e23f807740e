#include "backends/simd/filter_gradient.h"
#include "backends/simd/kernels.h"
#include "backends/simd/targets.h"
#include "backends/simd/winograd.h"

namespace tacho::simd {
namespace {

/// Forward, or the images' gradient: the convolution of the results' gradients with the filters turned.
class WinogradConvolve final : public Kernel {
 public:
  WinogradConvolve(const ConvolutionGroup& group, const WinogradShape& shape, const WinogradRoutines& routines,
                   const CpuInfo& cpu)
      : group_(group), shape_(shape), routines_(routines), blocks_(routines.blocks(shape, group.geometry.n, cpu)) {}

  const WinogradBlocks& blocks() const { return blocks_; }
  size_t packed_bytes() const { return size_t(routines_.packed_floats(shape_)) * sizeof(float); }
  size_t workspace_bytes() const { return size_t(routines_.workspace_floats(shape_, blocks_)) * sizeof(float); }

  void pack(size_t, const View& operand, void* destination) const override {
    routines_.pack(shape_, blocks_, operand.as<float>(), group_.kind == ConvolutionGroup::backward_data,
                   static_cast<float*>(destination));
  }
  RunStatus run(const KernelRun& run) const override {
    if (blocks_.depth > 0)
      routines_.convolve_fresh(shape_, blocks_, run.inputs[group_.first].shape()[0], run.in<float>(group_.first),
                               run.in<float>(group_.second), group_.kind == ConvolutionGroup::backward_data,
                               group_.result_of(run), static_cast<float*>(run.workspace));
    else
      routines_.convolve(shape_, blocks_, run.inputs[group_.first].shape()[0], run.in<float>(group_.first),
                         static_cast<const float*>(run.packed[0]), group_.result_of(run),
                         static_cast<float*>(run.workspace));
    return {};
  }

 private:
  ConvolutionGroup group_;
  WinogradShape shape_;
  const WinogradRoutines& routines_;
  WinogradBlocks blocks_;
};

class WinogradWeights final : public FilterGradient, public RowJoin {
 public:
  WinogradWeights(const ConvolutionGroup& group, const WinogradShape& shape, const WinogradRoutines& routines,
                  const CpuInfo& cpu)
      : FilterGradient(group),
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
  int64_t scratch_elements() const override { return routines_.gradient_workspace_floats(shape_, blocks_); }
  int64_t elements() const override { return routines_.partial_floats(shape_, blocks_); }
  void add(int64_t images, const float* x, const float* dy, bool empty, float* sums, float* workspace) const override {
    routines_.accumulate(shape_, blocks_, images, x, dy, empty, sums, workspace);
  }
  void join(float* into, const float* from, bool empty) const override {
    routines_.combine(into, from, elements(), empty);
  }
  void write(const float* sums, float* dw) const override {
    routines_.finish(shape_, blocks_, {sums, 0, 1}, 0, shape_.to.channels, dw);
  }

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
  if (context.algorithm == "winograd") return {};
  // A tile's transforms cost about as much as its products with 16 channels.
  if (std::min(shape.from.channels, shape.to.channels) < 8) return "Winograd: few channels, little to win";
  // Our direct kernels multiply padding too, and have little to do side by side in images of few places.
  if (products * 10 > g.n * g.k * g.places() * g.taps() * g.c * 9)
    return "Winograd: as many products as direct convolution";
  return {};
}

/// The convolution as the algorithm sees it: forward's and the filters' gradient's, or the images' gradient's, which
/// goes the other way.
WinogradShape shape_of(const ConvolutionGroup& group) {
  WinogradShape s;
  const bool turned = group.kind == ConvolutionGroup::backward_data;
  s.from = turned ? group.result() : group.image();
  s.to = turned ? group.image() : group.result();
  s.top = turned ? 2 - group.rows().before : group.rows().before;
  s.left = turned ? 2 - group.columns().before : group.columns().before;
  s.outputs = winograd_outputs(s.to.height, s.to.width);
  return s;
}

template <class MakeKernel>
OfferResult offer(const Group& group, const OfferContext& context, MakeKernel make) {
  const auto found = convolution_group_of(group, context);
  if (const auto* refusal = std::get_if<Refusal>(&found)) return *refusal;
  const auto& convolution = std::get<ConvolutionGroup>(found);
  const WinogradShape shape = shape_of(convolution);
  const int64_t products = convolution.geometry.n * shape.places() * shape.from.channels * shape.to.channels;
  if (std::string reason = objection(convolution, shape, context, products); !reason.empty()) return Refusal{reason};
  Offer offer;
  offer.name = "winograd " + convolution.name;
  offer.reason = text_of("F(", shape.outputs, "x", shape.outputs, ",3x3) for ", target_in_use(), ": ", products,
                         " products instead of ", direct_products(convolution.geometry));
  offer.executed.tally = epilogue_tally(group);
  set_image_layouts(group, convolution, offer);
  make(convolution, shape, winograd_routines(), offer);
  return offer;
}

}  // namespace

OfferResult offer_winograd(const Group& group, const OfferContext& context) {
  return offer(group, context, [&](const auto& convolution, const auto& shape, const auto& routines, Offer& offer) {
    auto kernel = std::make_unique<WinogradConvolve>(convolution, shape, routines, context.cpu);
    offer.workspace_bytes = kernel->workspace_bytes();
    if (kernel->blocks().depth == 0) offer.packs = {{convolution.second, kernel->packed_bytes()}};
    else offer.reason += "; filters are transformed where they are used";
    offer.executed.tally += routines.convolve_tally(shape, kernel->blocks(), convolution.geometry.n);
    offer.kernel = std::move(kernel);
  });
}

OfferResult offer_winograd_weights(const Group& group, const OfferContext& context) {
  return offer(group, context, [&](const auto& convolution, const auto& shape, const auto& routines, Offer& offer) {
    auto kernel = std::make_unique<WinogradWeights>(convolution, shape, routines, context.cpu);
    offer.workspace_bytes = kernel->workspace_bytes(!group.has_partial());
    if (kernel->blocks().depth > 0) offer.reason += "; sums are transformed where they are made";
    offer.executed.tally += routines.accumulate_tally(shape, kernel->blocks(), convolution.geometry.n);
    offer.kernel = std::move(kernel);
  });
}

}  // namespace tacho::simd
