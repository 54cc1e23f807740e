#include "backends/onednn/blocked.h"
#include "backends/onednn/chain.h"
#include "backends/onednn/lanes.h"
#include "backends/onednn/layouts.h"
#include "backends/onednn/made_once.h"
#include "op/output_partial.h"
#include "ops/sum.h"

namespace tacho::onednn {
namespace {

/// total[b] = sum of x[p][b] over the places of one block: kLanes sums side by side, of `block` from place to place.
template <int64_t kLanes>
void sum_places(const float* x, int64_t places, int64_t block, float* total) {
  using L = Lanes<kLanes>;
  typename L::Floats sums[L::kVectors]{}, terms;
  for (int64_t p = 0; p < places; ++p)
    for (int64_t v = 0; v < L::kVectors; ++v) {
      load(terms, x + p * block + v * L::kWidth);
      sums[v] += terms;
    }
  for (int64_t v = 0; v < L::kVectors; ++v) store(sums[v], total + v * L::kWidth);
}

class ChannelSum final : public OutputPartialKernel {
 public:
  ChannelSum(const Group& group, int64_t block)
      : OutputPartialKernel(group), output_(group.outputs[0]), block_(block) {}

  RunStatus run(const KernelRun& run) const override {
    sum(run.inputs[0], run.out<float>(0), false);
    return {};
  }
  RunStatus accumulate(const KernelRun& run, void* partial) const override {
    sum(run.inputs[0], partial_.view(partial, output_).as<float>(), !partial_.empty(partial));
    partial_.add_rows(partial, run.slice.count);
    return {};
  }

 private:
  /// Each image's sum on its own, then added: shorter chains of roundings than one sum over all.
  void sum(const View& view, float* result, bool add) const {
    const Shape& shape = view.shape();
    const int64_t places = shape[2] * shape[3];
    const float* x = view.as<float>();
    if (!add) std::fill_n(result, shape[1], 0.0f);
    for (int64_t n = 0; n < shape[0]; ++n)
      for (int64_t first = 0; first < shape[1]; first += block_, x += places * block_)
        for_lanes(block_, [&](auto lanes, int64_t lane) {
          float total[lanes()];
          sum_places<lanes()>(x + lane, places, block_, total);
          const int64_t channel = first + lane;  // lanes behind the last channel are padding
          for (int64_t b = 0, end = std::min(lanes(), shape[1] - channel); b < end; ++b)
            result[channel + b] += total[b];
        });
  }

  int output_;
  int64_t block_;
};

/// A tensor of another shape from images in blocks: row-major order, which a reshape keeps.
class Unblock final : public Kernel {
 public:
  explicit Unblock(int64_t block) : block_(block) {}

  RunStatus run(const KernelRun& run) const override {
    const Shape& shape = run.inputs[0].shape();
    if (shape[0] == 0) return {};
    reorders_.at(shape[0], [&] { return make_reorder(image_desc(shape, block_), image_desc(shape, 0)); })
        .run({run.inputs[0].data, run.outputs[0].data}, nullptr, 0);
    return {};
  }

 private:
  int64_t block_;
  MadeOnce<int64_t, Primitive> reorders_;  ///< by number of images
};

}  // namespace

OfferResult offer_channel_sum(const Group& group) {
  const GroupMember& member = group.members[0];
  const GroupOperand& x = group.operands[size_t(group.inputs[0])];
  const int64_t block = group.members.size() > 1 || x.type.dtype != DType::float32 ? 0 : arriving_block(x);
  if (block == 0) return Refusal{"not images in blocks of channels"};
  if ((!group.has_partial() && x.state.kind != SliceState::whole) ||
      member.attributes.as<ReductionAttributes>().axes != std::vector<int64_t>{0, 2, 3})
    return Refusal{"not a sum over all but the channels"};
  Offer offer;
  offer.name = "sum by channel";
  offer.reason = text_of("reads images in blocks of ", block, " channels");
  offer.input_layouts = {x.layout};
  offer.kernel = std::make_unique<ChannelSum>(group, block);
  offer.executed = required_of(group);
  return offer;
}

OfferResult offer_reshape(const Group& group) {
  const GroupOperand& x = group.operands[size_t(group.inputs[0])];
  const int64_t block = group.members.size() > 1 || x.type.dtype != DType::float32 ? 0 : arriving_block(x);
  const SliceState& out = group.operands[size_t(group.outputs[0])].state;
  if (block == 0 || (!out.is_sliced(0) && out.kind != SliceState::whole))
    return Refusal{"not images in blocks of channels"};
  Offer offer;
  offer.name = "reshape";
  offer.reason = text_of("out of blocks of ", block, " channels on the way");
  offer.input_layouts = {x.layout};
  offer.kernel = std::make_unique<Unblock>(block);
  offer.executed = required_of(group);
  return offer;
}

}  // namespace tacho::onednn
