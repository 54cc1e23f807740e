// Convolutions with 1 x 1 filters that visit every place: images channels last are matrices of places by channels, so
// the three passes are products of matrices, blocked as those are (gemm.h).
#include "backends/simd/filter_gradient.h"
#include "backends/simd/gemm.h"
#include "backends/simd/kernels.h"
#include "backends/simd/targets.h"
#include "op/part_run.h"

namespace tacho::simd {
namespace {

/// Forward, or the images' gradient, which goes the other way: a matrix of places by filters.
class PointwiseConvolve final : public Kernel, public PartRun {
 public:
  PointwiseConvolve(const Gemm<float>& gemm, const ConvolutionGroup& group, const CpuInfo& cpu)
      : group_(group),
        gemm_(gemm),
        blocks_(gemm_.blocks(cpu)),
        turned_(group.kind == ConvolutionGroup::backward_data),
        from_(turned_ ? group.geometry.k : group.geometry.c),
        to_(turned_ ? group.geometry.c : group.geometry.k) {}

  size_t packed_bytes() const { return gemm_.packed_b_bytes(to_, from_); }
  size_t workspace_bytes() const { return gemm_.workspace_bytes(blocks_, to_, from_); }

  /// Filters lie k x c: as the second factor that is n x k forward, k x n for the images' gradient.
  void pack(size_t, const View& w, void* destination) const override {
    gemm_.pack_b(blocks_, w.as<float>(), group_.geometry.c, !turned_, to_, from_, static_cast<float*>(destination));
  }
  RunStatus run(const KernelRun& run) const override {
    const ImageExtent extent = group_.result_of(run).extent;
    return multiply(run, {0, run.inputs[group_.first].shape()[0] * extent.height * extent.width, 0});
  }
  int64_t units() const override { return group_.geometry.n * group_.geometry.places(); }
  RunStatus run_part(const KernelRun& run) const override { return multiply(run, run.slice); }

 private:
  RunStatus multiply(const KernelRun& run, const Slice& places) const {
    const ImageResult result = group_.result_of(run);
    MatrixProduct<float> product;
    product.m = places.count;
    product.n = to_, product.k = from_;
    product.a = run.in<float>(group_.first) + places.begin * from_, product.a_stride = from_;
    product.packed_b = static_cast<const float*>(run.packed[0]);
    product.c = result.y + places.begin * to_, product.c_stride = to_;
    product.end.column_bias = result.bias;
    if (result.added) product.end.added = result.added + places.begin * to_;
    product.end.bounded = result.bounded();
    product.end.least = result.least, product.end.most = result.most;
    gemm_.multiply(blocks_, product, run.workspace);
    return {};
  }

  ConvolutionGroup group_;
  const Gemm<float>& gemm_;
  GemmBlocks blocks_;
  bool turned_;
  int64_t from_, to_;
};

/// dw = dy^T x, summed over the places; the partial is dw itself.
class PointwiseWeights final : public FilterGradient, public RowJoin {
 public:
  PointwiseWeights(const Gemm<float>& gemm, const ConvolutionGroup& group, const CpuInfo& cpu)
      : FilterGradient(group), geometry_(group.geometry), gemm_(gemm), blocks_(gemm_.blocks(cpu)) {}

  void join_rows(const Lanes<std::byte>& lanes, const Slice& rows, const View& result) const override {
    Lanes<float> sums = filled(lanes);
    sums.first += rows.begin * geometry_.c;
    if (sums.count == 0) std::fill_n(result.as<float>(), result.elements(), 0.0f);
    else sum_lanes(sums, result.elements(), result.as<float>());
  }

 private:
  int64_t scratch_elements() const override {
    const int64_t places = geometry_.n * geometry_.places();
    return int64_t(gemm_.workspace_bytes(blocks_, geometry_.c, places) / sizeof(float));
  }
  int64_t elements() const override { return geometry_.k * geometry_.c; }
  int64_t filters_together() const override { return 8; }  // about a tile of registers
  void add(int64_t images, const float* x, const float* dy, const FilterRange& some, bool empty, float* sums,
           float* workspace) const override {
    MatrixProduct<float> product;
    product.m = some.count, product.n = geometry_.c, product.k = images * geometry_.places();
    product.a = dy + some.first, product.a_stride = geometry_.k, product.a_transposed = true;
    product.b = x, product.b_stride = geometry_.c;
    product.c = sums + some.first * geometry_.c, product.c_stride = geometry_.c;
    product.end.add = !empty;
    gemm_.multiply(blocks_, product, workspace);
  }
  void join(float* into, const float* from, bool empty) const override {
    for (int64_t i = 0; i < elements(); ++i) into[i] = empty ? from[i] : into[i] + from[i];
  }
  void write(const float* sums, const FilterRange& some, float* dw) const override {
    std::copy_n(sums + some.first * geometry_.c, some.count * geometry_.c, dw);
  }

  ConvGeometry geometry_;
  const Gemm<float>& gemm_;
  GemmBlocks blocks_;
};

/// Why the convolution is no product of matrices; empty where it is.
std::string objection(const ConvolutionGroup& group) {
  const ConvGeometry& g = group.geometry;
  if (g.groups != 1) return "1 x 1: several groups";
  if (group.epilogue.pool) return "1 x 1: pooling behind it";
  for (const WindowAxis* axis : {&g.rows, &g.columns})
    if (axis->kernel != 1 || axis->stride != 1 || axis->before != 0 || axis->in != axis->out)
      return "1 x 1: larger filters, a stride or padding";
  return {};
}

template <class MakeKernel>
OfferResult offer(const Group& group, const OfferContext& context, MakeKernel make) {
  const auto found = convolution_group_of(group, context);
  if (const auto* refusal = std::get_if<Refusal>(&found)) return *refusal;
  const auto& convolution = std::get<ConvolutionGroup>(found);
  if (std::string reason = objection(convolution); !reason.empty()) return Refusal{reason};
  const Gemm<float>* routines = context.bfloat16 ? bfloat16_gemm() : &gemm<float>();
  if (!routines) return Refusal{"1 x 1: not on this machine"};
  Offer offer;
  offer.bfloat16 = context.bfloat16;
  offer.name = (offer.bfloat16 ? "bfloat16 product " : "product ") + convolution.name;
  offer.reason = text_of("1 x 1 filters: a product of matrices ", offer.bfloat16 ? "rounded to bfloat16 " : "",
                         "in tiles for ", target_in_use());
  const ConvGeometry& g = convolution.geometry;
  offer.executed.tally = epilogue_tally(group);
  // Pairs of what is summed are whole.
  const int64_t places = g.n * g.places();
  const int64_t summed = convolution.kind == ConvolutionGroup::backward_weights ? places
                         : convolution.kind == ConvolutionGroup::forward        ? g.c
                                                                                : g.k;
  const int64_t products = places * g.c * g.k / summed * (offer.bfloat16 ? (summed + 1) / 2 * 2 : summed);
  offer.executed.tally.mul += products;
  offer.executed.tally.add += products;
  offer.executed.declared = true;
  set_image_layouts(group, convolution, offer);
  make(*routines, convolution, offer);
  return offer;
}

}  // namespace

OfferResult offer_pointwise(const Group& group, const OfferContext& context) {
  return offer(group, context, [&](const auto& gemm, const ConvolutionGroup& convolution, Offer& offer) {
    auto kernel = std::make_unique<PointwiseConvolve>(gemm, convolution, context.cpu);
    offer.workspace_bytes = kernel->workspace_bytes();
    offer.packs = {{convolution.second, kernel->packed_bytes()}};
    offer.kernel = std::move(kernel);
  });
}

OfferResult offer_pointwise_weights(const Group& group, const OfferContext& context) {
  return offer(group, context, [&](const auto& gemm, const ConvolutionGroup& convolution, Offer& offer) {
    auto kernel = std::make_unique<PointwiseWeights>(gemm, convolution, context.cpu);
    offer.workspace_bytes = kernel->workspace_bytes(!group.has_partial());
    offer.kernel = std::move(kernel);
  });
}

}  // namespace tacho::simd
