#include <algorithm>

#include "backends/onednn/blocked.h"
#include "backends/onednn/chain.h"
#include "backends/onednn/lanes.h"
#include "backends/onednn/layouts.h"
#include "ops/max_pool2d_backward.h"
#include "ops/pool_geometry.h"

namespace tacho::onednn {
namespace {

/// One window over kLanes channels side by side, of `block` from pixel to pixel, each with its own maximum and place.
/// Of equal elements the first wins; `places` may be null.
template <int64_t kLanes, class Index>
void pool_window(const PoolGeometry& g, int64_t oh, int64_t ow, int64_t block, const float* x, float* y,
                 Index* places) {
  const int64_t top = g.rows.place(oh, 0), left = g.columns.place(ow, 0);
  const int64_t first_row = std::max<int64_t>(top, 0), last_row = std::min(top + g.rows.kernel, g.rows.in);
  const int64_t first = std::max<int64_t>(left, 0), last = std::min(left + g.columns.kernel, g.columns.in);
  using L = Lanes<kLanes>;
  typename L::Floats best[L::kVectors], candidate;
  typename L::Integers at[L::kVectors];
  const int64_t start = first_row * g.columns.in + first;
  for (int64_t v = 0; v < L::kVectors; ++v) {
    load(best[v], x + start * block + v * L::kWidth);
    at[v] = int32_t((first_row - top) * g.columns.kernel + first - left) - typename L::Integers{};
  }
  for (int64_t row = first_row; row < last_row; ++row)
    for (int64_t column = first; column < last; ++column) {
      const int64_t place = row * g.columns.in + column, tap = (row - top) * g.columns.kernel + column - left;
      for (int64_t v = 0; v < L::kVectors; ++v) {
        load(candidate, x + place * block + v * L::kWidth);
        const auto larger = candidate > best[v];
        best[v] = larger ? candidate : best[v];
        at[v] = larger ? int32_t(tap) - typename L::Integers{} : at[v];
      }
    }
  for (int64_t v = 0; v < L::kVectors; ++v) {
    store(best[v], y + v * L::kWidth);
    if (places)
      for (int64_t i = 0; i < L::kWidth; ++i) places[v * L::kWidth + i] = Index(at[v][i]);
  }
}

class MaxPool2d final : public Kernel {
 public:
  MaxPool2d(const PoolGeometry& geometry, int64_t block, int y, int index)
      : geometry_(geometry), block_(block), y_(size_t(y)), index_(index) {}

  RunStatus run(const KernelRun& run) const override {
    const Shape& shape = run.inputs[0].shape();
    const int64_t blocks = shape[0] * ((shape[1] + block_ - 1) / block_);
    const float* x = run.in<float>(0);
    float* y = run.out<float>(y_);
    const auto pool = [&](auto* places) {
      for (int64_t i = 0; i < blocks; ++i, x += geometry_.rows.in * geometry_.columns.in * block_)
        for (int64_t oh = 0; oh < geometry_.rows.out; ++oh)
          for (int64_t ow = 0; ow < geometry_.columns.out; ++ow) {
            for_lanes(block_, [&](auto lanes, int64_t lane) {
              pool_window<lanes()>(geometry_, oh, ow, block_, x + lane, y + lane, places ? places + lane : nullptr);
            });
            y += block_;
            if (places) places += block_;
          }
    };
    if (index_ < 0) pool(static_cast<uint8_t*>(nullptr));
    else with_max_pool2d_index(run.outputs[size_t(index_)], pool);
    return {};
  }

 private:
  PoolGeometry geometry_;
  int64_t block_;
  size_t y_;
  int index_;
};

/// dx from zeros; each channel of a block adds at its own place.
class MaxPool2dBackward final : public Kernel {
 public:
  MaxPool2dBackward(const PoolGeometry& geometry, int64_t block, size_t dy, size_t index)
      : geometry_(geometry), block_(block), dy_(dy), index_(index) {}

  RunStatus run(const KernelRun& run) const override {
    const Shape &in = run.inputs[dy_].shape(), &out = run.outputs[0].shape();
    const int64_t blocks = in[0] * ((in[1] + block_ - 1) / block_), plane = out[2] * out[3];
    const float* dy = run.in<float>(dy_);
    float* dx = run.out<float>(0);
    std::fill_n(dx, stored_elements(out, block_), 0.0f);
    with_max_pool2d_index(run.inputs[index_], [&](const auto* index) {
      for (int64_t i = 0; i < blocks; ++i, dx += plane * block_) {
        // Channels of the last block that are none have no place either.
        const int64_t present = std::min(block_, in[1] - i % ((in[1] + block_ - 1) / block_) * block_);
        for (int64_t oh = 0; oh < in[2]; ++oh)
          for (int64_t ow = 0; ow < in[3]; ++ow, dy += block_, index += block_)
            for (int64_t b = 0; b < present; ++b) {
              // A first place on padding is what measuring finds in a layout that it cannot fill: nothing is added.
              const bool padding = index[b] == 0 && !(geometry_.rows.inside(oh, 0) && geometry_.columns.inside(ow, 0));
              if (padding) continue;
              dx[place_in_plane(geometry_, oh, ow, index[b], "max_pool2d_backward") * block_ + b] += dy[b];
            }
      }
    });
    return {};
  }

 private:
  PoolGeometry geometry_;
  int64_t block_;
  size_t dy_, index_;
};

std::string objection(const Group& group, const OfferContext& context, int64_t block) {
  if (group.members.size() > 1) return "one operation at a time";
  if (context.row_major_outputs) return "the result is read row-major";
  const TensorTypes inputs = group.input_types(group.members[0]);
  if (inputs[0].dtype != DType::float32) return text_of("dtype ", name_of(inputs[0].dtype));
  if (block == 0) return "row-major images";
  for (int operand : group.inputs)
    if (!may_block(group.operands[size_t(operand)], block)) return "not images taken in slices";
  return {};
}

Offer offer_of(const Group& group, int64_t block) {
  Offer offer;
  offer.name = std::string(group.members[0].op->name);
  offer.reason = text_of("images stay in blocks of ", block, " channels");
  for (int operand : group.inputs)
    offer.input_layouts.push_back(layout_of(group.operands[size_t(operand)].type, block));
  for (int operand : group.outputs)
    offer.output_layouts.push_back(layout_of(group.operands[size_t(operand)].type, block));
  offer.executed = required_of(group);
  return offer;
}

}  // namespace

OfferResult offer_max_pool2d(const Group& group, const OfferContext& context) {
  const GroupMember& member = group.members[0];
  const GroupOperand& x = group.operands[size_t(group.inputs[0])];
  const int64_t block = arriving_block(x);
  if (std::string reason = objection(group, context, block); !reason.empty()) return Refusal{reason};
  const int y = position_of(group.outputs, member.outputs[0]), index = position_of(group.outputs, member.outputs[1]);
  if (y < 0) return Refusal{"only the places of the maxima are read"};
  const PoolGeometry geometry = pool_geometry(member.attributes.as<MaxPool2dAttributes>(), x.type.shape);
  Offer offer = offer_of(group, block);
  offer.kernel = std::make_unique<MaxPool2d>(geometry, block, y, index);
  return offer;
}

OfferResult offer_max_pool2d_backward(const Group& group, const OfferContext& context) {
  const GroupMember& member = group.members[0];
  const int dy = position_of(group.inputs, member.inputs[0]), index = position_of(group.inputs, member.inputs[1]);
  // The places decide: they come from the pooling itself, the gradient perhaps from a fully connected layer.
  const int64_t block = arriving_block(group.operands[size_t(group.inputs[size_t(index)])]);
  if (std::string reason = objection(group, context, block); !reason.empty()) return Refusal{reason};
  Offer offer = offer_of(group, block);
  const PoolGeometry geometry =
      pool_geometry(member.attributes.as<MaxPool2dBackwardAttributes>().pool, group.output_types(member)[0].shape);
  offer.kernel = std::make_unique<MaxPool2dBackward>(geometry, block, size_t(dy), size_t(index));
  return offer;
}

}  // namespace tacho::onednn
