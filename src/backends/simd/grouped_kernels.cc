#include "backends/simd/convolution_parts.h"
#include "backends/simd/filter_gradient.h"
#include "backends/simd/grouped.h"
#include "backends/simd/kernels.h"
#include "backends/simd/targets.h"
#include "op/part_run.h"

namespace tacho::simd {
namespace {

/// Products of a part: with padding where the kernel multiplies it, else of the taps inside of the images.
template <class T>
int64_t products_of(const ConvolutionPart& part, const GroupedChannels<T>& channels, int64_t images) {
  const DirectShape& s = part.shape;
  if (grouped_routines<T>().multiplies_padding(s, channels)) return part.products(images);
  const auto inside = [](const DirectAxis& axis, int64_t in, int64_t out) {
    int64_t count = 0;
    for (int64_t i = 0; i < out; ++i)
      for (int64_t tap = 0; tap < axis.taps; ++tap) {
        const int64_t at = i * axis.stride + tap * axis.dilation - axis.before;
        count += at >= 0 && at < in;
      }
    return count;
  };
  return images * s.to.channels * s.from_channels() * inside(s.rows, s.from.height, s.to.height) *
         inside(s.columns, s.from.width, s.to.width);
}

/// Forward, or the images' gradient.
template <class T>
class GroupedConvolve final : public Kernel, public PartRun {
 public:
  explicit GroupedConvolve(const ConvolutionGroup& group) : group_(group), parts_(convolution_parts(group)) {
    for (ConvolutionPart& part : parts_) {
      channels_.push_back(routines_.channels(part.shape));
      part.packed = packed_;
      packed_ += routines_.packed_elements(part.shape, channels_.back());
      workspace_ = std::max(workspace_, routines_.workspace_elements(part.shape));
    }
    unreached_ = leaves_places_out(group, parts_);
  }

  void describe(Offer& offer, int64_t& products) const {
    offer.workspace_bytes = size_t(workspace_) * sizeof(T);
    offer.packs = {{group_.second, size_t(packed_) * sizeof(T)}};
    for (size_t i = 0; i < parts_.size(); ++i) products += products_of(parts_[i], channels_[i], group_.geometry.n);
  }

  void pack(size_t, const View& operand, void* destination) const override {
    for (size_t i = 0; i < parts_.size(); ++i)
      routines_.pack(parts_[i].shape, channels_[i], parts_[i].filters, operand.as<T>(),
                     static_cast<T*>(destination) + parts_[i].packed);
  }
  RunStatus run(const KernelRun& run) const override { return convolve(run, {}); }

  int64_t units() const override {
    if (unreached_ || parts_.empty()) return 1;  // somebody fills what no tap reaches
    return parts_[0].shape.to.height;
  }
  RunStatus run_part(const KernelRun& run) const override {
    return convolve(run, {run.slice.begin, run.slice.begin + run.slice.count, run.slice.total});
  }

 private:
  RunStatus convolve(const KernelRun& run, const DirectPart& of) const {
    const int64_t images = run.inputs[group_.first].shape()[0];
    const ImageExtent extent = group_.kind == ConvolutionGroup::forward ? group_.result() : group_.image();
    GroupedEnd<T> end;
    if (group_.bias >= 0) end.bias = run.in<T>(size_t(group_.bias));
    if (group_.epilogue.relu) end.least = 0;
    if (group_.clip) end.least = T(group_.clip->low), end.most = T(group_.clip->high);
    end.hardswish = group_.hardswish;
    T* const y = run.out<T>(size_t(group_.y));
    if (unreached_) std::fill_n(y, images * extent.elements(), T(0));
    for (size_t i = 0; i < parts_.size(); ++i)
      routines_.convolve(parts_[i].shape, channels_[i], parts_[i].phase, of, images, run.in<T>(group_.first),
                         static_cast<const T*>(run.packed[0]) + parts_[i].packed, end, extent, y,
                         static_cast<T*>(run.workspace));
    return {};
  }

  ConvolutionGroup group_;
  const GroupedRoutines<T>& routines_ = grouped_routines<T>();
  std::vector<ConvolutionPart> parts_;
  std::vector<GroupedChannels<T>> channels_;  ///< by part
  int64_t packed_ = 0, workspace_ = 0;        ///< elements
  bool unreached_ = false;                    ///< some places of the result get no contribution
};

template <class T>
class GroupedWeights final : public FilterGradientOf<T>, public RowJoin {
 public:
  explicit GroupedWeights(const ConvolutionGroup& group)
      : FilterGradientOf<T>(group), part_(convolution_parts(group)[0]), images_(group.geometry.n) {}

  void describe(Offer& offer, int64_t& products, bool whole) const {
    offer.workspace_bytes = this->workspace_bytes(whole);
    products += products_of(part_, channels_, images_);
  }

  int64_t row_step() const override { return channels_.lanes; }
  void join_rows(const Lanes<std::byte>& lanes, const Slice& rows, const View& result) const override {
    const Lanes<T> sums = this->filled(lanes);
    if (sums.count == 0) std::fill_n(result.template as<T>(), result.elements(), T(0));
    else routines_.finish(part_.shape, channels_, sums, rows.begin, rows.count, result.template as<T>());
  }

 private:
  int64_t filters_together() const override { return row_step(); }
  int64_t scratch_elements() const override { return routines_.workspace_elements(part_.shape); }
  int64_t elements() const override { return grouped_routines<T>().packed_elements(part_.shape, channels_); }
  void add(int64_t images, const T* x, const T* dy, const FilterRange& some, bool empty, T* sums,
           T* workspace) const override {
    routines_.accumulate(part_.shape, channels_, images, x, dy, some, empty, sums, workspace);
  }
  void join(T* into, const T* from, bool empty) const override {
    for (int64_t i = 0, n = elements(); i < n; ++i) into[i] = empty ? from[i] : into[i] + from[i];
  }
  void write(const T* sums, const FilterRange& some, T* dw) const override {
    routines_.finish(part_.shape, channels_, {sums, 0, 1}, some.first, some.count, dw);
  }

  ConvolutionPart part_;
  const GroupedGradient<T>& routines_ = grouped_gradient<T>();
  GroupedChannels<T> channels_ = grouped_routines<T>().channels(part_.shape);
  int64_t images_;
};

template <class MakeKernel>
OfferResult offer_in_groups(const Group& group, const OfferContext& context, MakeKernel make) {
  const auto found = convolution_group_of(group, context, {.float64 = true, .no_images = true, .hardswish = true});
  if (const auto* refusal = std::get_if<Refusal>(&found)) return *refusal;
  const auto& convolution = std::get<ConvolutionGroup>(found);
  const ConvGeometry& g = convolution.geometry;
  if (!takes_groups(g)) return Refusal{"in groups: one group, or groups as wide as vectors"};
  if (convolution.epilogue.pool) return Refusal{"in groups: pooling behind it"};
  if (convolution.epilogue.sum) return Refusal{"in groups: a sum behind it"};
  const bool depthwise = g.groups == g.c && g.groups == g.k;
  Offer offer;
  offer.name = (depthwise ? "depthwise " : "grouped ") + convolution.name;
  offer.reason = text_of(depthwise ? "" : "groups side by side in ", "vectors of channels for ", target_in_use());
  offer.executed.tally = epilogue_tally(group);
  offer.executed.declared = true;
  set_image_layouts(group, convolution, offer);
  int64_t products = 0;
  if (group.operands[size_t(group.inputs[convolution.first])].type.dtype == DType::float32)
    make(float(), convolution, offer, products);
  else make(double(), convolution, offer, products);
  offer.executed.tally.mul += products;
  offer.executed.tally.add += products;
  return offer;
}

}  // namespace

bool takes_groups(const ConvGeometry& g) {
  constexpr int64_t kWide = 16;
  return g.groups > 1 && std::min(g.channels_per_group(), g.filters_per_group()) < kWide;
}

OfferResult offer_grouped(const Group& group, const OfferContext& context) {
  return offer_in_groups(group, context, [](auto number, const auto& convolution, Offer& offer, int64_t& products) {
    auto kernel = std::make_unique<GroupedConvolve<decltype(number)>>(convolution);
    kernel->describe(offer, products);
    offer.kernel = std::move(kernel);
  });
}

OfferResult offer_grouped_weights(const Group& group, const OfferContext& context) {
  return offer_in_groups(group, context, [&](auto number, const auto& convolution, Offer& offer, int64_t& products) {
    auto kernel = std::make_unique<GroupedWeights<decltype(number)>>(convolution);
    kernel->describe(offer, products, !group.has_partial());
    offer.kernel = std::move(kernel);
  });
}

}  // namespace tacho::simd
