#include "backends/simd/filter_gradient.h"
#include "backends/simd/gradient_source.h"
#include "backends/simd/kernels.h"
#include "backends/simd/sparse.h"
#include "backends/simd/targets.h"

namespace tacho::simd {
namespace {

class SparseWeights final : public FilterGradient {
 public:
  SparseWeights(const ConvolutionGroup& group, const GradientSource& source, const CpuInfo& cpu)
      : FilterGradient(group),
        shape_(direct_shape(group)),
        source_(source),
        cpu_(cpu),
        scratch_floats_(routines_.workspace_floats(shape_, cpu)) {}

 private:
  int64_t scratch_elements() const override { return scratch_floats_; }
  int64_t elements() const override { return routines_.partial_floats(shape_); }
  void add_from(const KernelRun& run, int64_t images, const float* x, const FilterRange&, bool empty, float* sums,
                float* workspace) const override {
    if (!routines_.accumulate(shape_, cpu_, images, x, source_.images(run), empty, sums, workspace))
      fail("[max_pool2d_backward] an index is outside its window of 2 x 2 places");
  }
  void join(float* into, const float* from, bool empty) const override {
    for (int64_t i = 0; i < elements(); ++i) into[i] = empty ? from[i] : into[i] + from[i];
  }
  void write(const float* sums, const FilterRange&, float* dw) const override { routines_.finish(shape_, sums, dw); }

  const SparseRoutines& routines_ = sparse_routines();
  DirectShape shape_;
  GradientSource source_;
  CpuInfo cpu_;
  int64_t scratch_floats_;
};

}  // namespace

OfferResult offer_sparse_weights(const Group& group, const OfferContext& context) {
  const auto source = gradient_source_of(group);
  if (!source || !source->pool || !pools_by_two(*source->pool)) return Refusal{"sparse: no pooling of 2 x 2 windows"};
  if (!source->by_relu()) return Refusal{"sparse: behind another activation's gradient than relu's"};
  if (context.algorithm == "winograd") return Refusal{"sparse: Winograd's algorithm was asked for"};
  const GroupBehind behind = group_behind(group, *source);
  const auto found = convolution_group_of(behind.group, context);
  if (const auto* refusal = std::get_if<Refusal>(&found)) return *refusal;
  ConvolutionGroup convolution = std::get<ConvolutionGroup>(found);
  const ConvGeometry& g = convolution.geometry;
  const SparseRoutines& routines = sparse_routines();
  if (g.groups > 1 || g.rows.dilation > 1 || g.columns.dilation > 1) return Refusal{"sparse: groups or dilations"};
  if (g.taps() * g.c > routines.most_floats)
    return Refusal{text_of("sparse: patches of ", g.taps() * g.c, " numbers, of at most ", routines.most_floats)};
  convolution.first = size_t(source->dy), convolution.second = size_t(behind.positions.at(convolution.second));
  auto kernel = std::make_unique<SparseWeights>(convolution, *source, context.cpu);
  Offer offer;
  offer.name = "sparse " + to_string(group);
  offer.reason = text_of("one patch of the image for each maximum, for ", target_in_use());
  offer.workspace_bytes = kernel->workspace_bytes(!group.has_partial());
  offer.kernel = std::move(kernel);
  offer.input_layouts.resize(group.inputs.size());
  offer.output_layouts.resize(group.outputs.size());
  for (size_t i = 0; i < group.inputs.size(); ++i)
    offer.input_layouts[i] = image_layout(group.operands[size_t(group.inputs[i])].type);
  const int64_t gradients = g.n * g.k * (g.rows.out / 2) * (g.columns.out / 2), products = gradients * g.taps() * g.c;
  offer.executed.tally.mul = offer.executed.tally.add = products;
  if (source->gate >= 0) offer.executed.tally.cmp = gradients;
  offer.executed.declared = true;
  return offer;
}

}  // namespace tacho::simd
