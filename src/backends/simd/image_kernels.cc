// Pooling and its gradient, bias gradients and reshapes of images that lie channels last.
#include "backends/simd/convolution_group.h"
#include "backends/simd/gradient_source.h"
#include "backends/simd/image_offer.h"
#include "backends/simd/image_ops.h"
#include "backends/simd/kernels.h"
#include "backends/simd/layouts.h"
#include "backends/simd/product_chain.h"
#include "backends/simd/targets.h"
#include "op/output_partial.h"
#include "op/part_run.h"
#include "ops/max_pool2d.h"
#include "ops/max_pool2d_backward.h"
#include "ops/sum.h"

namespace tacho::simd {
namespace {

class MaxPool final : public Kernel, public PartRun {
 public:
  MaxPool(const PoolGeometry& geometry, size_t y, int index) : geometry_(geometry), y_(y), index_(index) {}
  RunStatus run(const KernelRun& run) const override { return pool(run, 0, geometry_.rows.out); }
  int64_t units() const override { return geometry_.rows.out; }
  RunStatus run_part(const KernelRun& run) const override {
    return pool(run, run.slice.begin, run.slice.begin + run.slice.count);
  }

 private:
  RunStatus pool(const KernelRun& run, int64_t first, int64_t end) const {
    const Shape& shape = run.inputs[0].shape();
    const auto by = [&](auto routine, auto* index) {
      routine(geometry_, shape[1], shape[0], first, end, run.in<float>(0), run.out<float>(y_), index);
    };
    if (index_ < 0) by(routines_.max_pool, static_cast<uint8_t*>(nullptr));
    else if (run.outputs[size_t(index_)].type.dtype == DType::int32)
      by(routines_.max_pool_large, run.out<int32_t>(size_t(index_)));
    else by(routines_.max_pool, run.out<uint8_t>(size_t(index_)));
    return {};
  }

  const ImageRoutines& routines_ = image_routines();
  PoolGeometry geometry_;
  size_t y_;
  int index_;
};

/// max_pool2d_backward, with the gradient of a relu before it where `gate` is not negative.
class Unpool final : public Kernel {
 public:
  Unpool(const PoolGeometry& geometry, size_t dy, size_t index, int gate)
      : windows_(geometry), dy_(dy), index_(index), gate_(gate) {}
  RunStatus run(const KernelRun& run) const override {
    const Shape& in = run.inputs[dy_].shape();
    const int64_t channels = in[1], from = in[2] * in[3] * channels;
    const int64_t to = windows_.geometry.rows.in * windows_.geometry.columns.in * channels;
    with_max_pool2d_index(run.inputs[index_], [&](const auto* index) {
      for (int64_t n = 0; n < in[0]; ++n) {
        const float* const gate = gate_ < 0 ? nullptr : run.in<float>(size_t(gate_)) + n * from;
        unpool(channels, run.in<float>(dy_) + n * from, gate, index + n * from, run.out<float>(0) + n * to);
      }
    });
    return {};
  }

 private:
  void unpool(int64_t channels, const float* dy, const float* gate, const uint8_t* index, float* dx) const {
    if (!routines_.unpool(windows_, channels, dy, gate, index, dx)) scatter(channels, dy, gate, index, dx);
  }
  void unpool(int64_t channels, const float* dy, const float* gate, const int32_t* index, float* dx) const {
    scatter(channels, dy, gate, index, dx);
  }
  /// From zeros, each channel adds at its own place; it also says which place is none.
  template <class Index>
  void scatter(int64_t channels, const float* dy, const float* gate, const Index* index, float* dx) const {
    const PoolGeometry& g = windows_.geometry;
    std::fill_n(dx, g.rows.in * g.columns.in * channels, 0.0f);
    for (int64_t oh = 0; oh < g.rows.out; ++oh)
      for (int64_t ow = 0; ow < g.columns.out; ++ow)
        for (int64_t c = 0; c < channels; ++c, ++dy, ++index, gate += gate ? 1 : 0) {
          const int64_t place = place_in_plane(g, oh, ow, *index, "max_pool2d_backward");
          if (!gate || *gate > 0) dx[place * channels + c] += *dy;
        }
  }

  const ImageRoutines& routines_ = image_routines();
  MaxWindows windows_;
  size_t dy_, index_;
  int gate_;
};

/// A bias gradient. Each image is summed on its own and then added: shorter chains of roundings than one sum over all.
class ChannelSum final : public OutputPartialKernel {
 public:
  ChannelSum(const Group& group, size_t dy, int gate)
      : OutputPartialKernel(group), output_(group.outputs[0]), dy_(dy), gate_(gate) {}

  RunStatus run(const KernelRun& run) const override {
    std::fill_n(run.out<float>(0), run.outputs[0].elements(), 0.0f);
    add(run, run.out<float>(0));
    return {};
  }
  RunStatus accumulate(const KernelRun& run, void* partial) const override {
    const View sums = partial_.view(partial, output_);
    if (partial_.empty(partial)) std::fill_n(sums.as<float>(), sums.elements(), 0.0f);
    add(run, sums.as<float>());
    partial_.add_rows(partial, run.slice.count);
    return {};
  }

 private:
  void add(const KernelRun& run, float* sums) const {
    const Shape& shape = run.inputs[dy_].shape();
    const int64_t places = shape[2] * shape[3];
    for (int64_t n = 0, at = 0; n < shape[0]; ++n, at += places * shape[1])
      routines_.add_places(run.in<float>(dy_) + at, gate_ < 0 ? nullptr : run.in<float>(size_t(gate_)) + at, places,
                           shape[1], sums);
  }

  const ImageRoutines& routines_ = image_routines();
  int output_;
  size_t dy_;
  int gate_;
};

/// max_pool2d_backward as member `last`, the gradient of a relu before it where that is 1.
OfferResult offer_unpool(const Group& group, const OfferContext& context, size_t last) {
  if (std::string reason = image_objection(group, context, last + 1); !reason.empty()) return Refusal{reason};
  const GroupMember &pool = group.members[last], &first = group.members[0];
  const int index = position_of(group.inputs, pool.inputs[1]), dy = position_of(group.inputs, first.inputs[0]);
  const int gate = last ? position_of(group.inputs, first.inputs[1]) : -1;
  if (last && (pool.inputs[0] != first.outputs[0] || gate < 0)) return Refusal{"no chain"};
  if (index < 0 || dy < 0 || group.outputs != std::vector<int>{pool.outputs[0]}) return Refusal{"no chain"};
  // The places decide: they come from the pooling itself, the gradient perhaps from a fully connected layer.
  if (!arrives_channels_last(group, pool.inputs[1])) return Refusal{"row-major images"};
  Offer offer = image_offer(group);
  const Shape& dx = group.operands[size_t(pool.outputs[0])].type.shape;
  const PoolGeometry geometry = pool_geometry(pool.attributes.as<MaxPool2dBackwardAttributes>().pool, dx);
  offer.kernel = std::make_unique<Unpool>(geometry, size_t(dy), size_t(index), gate);
  return offer;
}

}  // namespace

OfferResult offer_relu_and_pool_gradient(const Group& group, const OfferContext& context) {
  if (group.members.size() != 2 || group.members[1].op->name != "max_pool2d_backward")
    return Refusal{"no pooling's gradient behind it"};
  return offer_unpool(group, context, 1);
}

OfferResult offer_max_pool2d(const Group& group, const OfferContext& context) {
  if (std::string reason = image_objection(group, context, 1); !reason.empty()) return Refusal{reason};
  const GroupMember& member = group.members[0];
  if (!arrives_channels_last(group, member.inputs[0])) return Refusal{"row-major images"};
  const int y = position_of(group.outputs, member.outputs[0]), index = position_of(group.outputs, member.outputs[1]);
  if (y < 0) return Refusal{"only the places of the maxima are read"};
  const Shape& x = group.operands[size_t(member.inputs[0])].type.shape;
  Offer offer = image_offer(group);
  offer.kernel =
      std::make_unique<MaxPool>(pool_geometry(member.attributes.as<MaxPool2dAttributes>(), x), size_t(y), index);
  return offer;
}

OfferResult offer_max_pool2d_backward(const Group& group, const OfferContext& context) {
  return offer_unpool(group, context, 0);
}

OfferResult offer_channel_sum(const Group& group, const OfferContext&) {
  const GroupMember& member = group.members.back();
  const std::optional<GradientSource> source = gradient_source_of(group);
  if (source && !source->by_relu()) return Refusal{"a sum behind another activation's gradient than relu's"};
  // An unpooled image has the sums of the pooled one, wherever its maxima were.
  const size_t dy = source ? size_t(source->dy) : 0;
  const GroupOperand& x = group.operands[size_t(group.inputs[dy])];
  if (group.members.size() > (source ? source->members : 0) + 1 || x.type.dtype != DType::float32 ||
      !may_be_images(x) || !arrives_channels_last(group, group.inputs[dy]))
    return Refusal{"not images that lie channels last"};
  if (member.attributes.as<ReductionAttributes>().axes != std::vector<int64_t>{0, 2, 3})
    return Refusal{"not a sum over all but the channels"};
  Offer offer = image_offer(group);
  offer.kernel = std::make_unique<ChannelSum>(group, dy, source ? source->gate : -1);
  return offer;
}

OfferResult offer_image_reshape(const Group& group, const OfferContext&) {
  const GroupOperand& x = group.operands[size_t(group.inputs[0])];
  if (group.members.size() > 1 || !is_nhwc(x.layout) || !(group.operands[size_t(group.outputs[0])].state == x.state))
    return Refusal{"not images that lie channels last"};
  Offer offer = image_offer(group);
  offer.reason = "out of channels last on the way";
  offer.input_layouts = {x.layout};
  offer.output_layouts.clear();
  offer.kernel = make_reorder_kernel(x.type, x.layout, {});
  if (!offer.kernel) return Refusal{text_of("no reorder of ", name_of(x.type.dtype))};
  return offer;
}

}  // namespace tacho::simd
