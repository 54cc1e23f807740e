#include "backends/onednn/chain.h"
#include "backends/onednn/layouts.h"
#include "backends/onednn/offers.h"
#include "backends/onednn/one_call.h"
#include "ops/adaptive_avg_pool2d.h"
#include "ops/adaptive_avg_pool2d_backward.h"
#include "ops/avg_pool2d_backward.h"
#include "ops/pool_geometry.h"

namespace tacho::onednn {
namespace {

/// The padding behind an axis by which oneDNN finds as many windows.
int64_t room_behind(const WindowAxis& axis) {
  return std::max(axis.after, (axis.out - 1) * axis.stride + axis.kernel - axis.in - axis.before);
}

AveragePooling pooling_of(const PoolGeometry& g, bool padded) {
  return {{g.rows.kernel, g.columns.kernel},
          {g.rows.stride, g.columns.stride},
          {g.rows.before, g.columns.before},
          {room_behind(g.rows), room_behind(g.columns)},
          padded,
          {},
          {}};
}

/// Windows of one size that do not overlap; nothing where they are not such.
std::optional<AveragePooling> even_windows_of(const Shape& x, const std::array<int64_t, 2>& windows) {
  if (x[2] % windows[0] || x[3] % windows[1]) return std::nullopt;
  const std::array<int64_t, 2> size{x[2] / windows[0], x[3] / windows[1]};
  return AveragePooling{size, size, {0, 0}, {0, 0}, true, {}, {}};
}

std::variant<AveragePooling, Refusal> pooling_of(const GroupMember& member, const Shape& x, const Shape& y) {
  const std::string_view op = member.op->name;
  if (op.starts_with("adaptive")) {
    if (const auto even = even_windows_of(x, {y[2], y[3]})) return *even;
    return Refusal{"windows of several sizes"};
  }
  const AvgPool2dAttributes& a = op == "avg_pool2d" ? member.attributes.as<AvgPool2dAttributes>()
                                                    : member.attributes.as<AvgPool2dBackwardAttributes>().pool;
  const PoolGeometry g = pool_geometry(a, x);
  // A last window over the padding's end is averaged by fewer places here, by all of the kernel's there.
  if (a.count_include_pad && (room_behind(g.rows) > g.rows.after || room_behind(g.columns) > g.columns.after))
    return Refusal{"oneDNN counts places behind the padding to a window"};
  return pooling_of(g, a.count_include_pad);
}

}  // namespace

OfferResult offer_average_pool(const Group& group, const OfferContext& context) {
  if (std::string reason = plain_objection(group); !reason.empty()) return Refusal{reason};
  const GroupMember& member = group.members[0];
  const bool backward = member.op->name.ends_with("_backward");
  const Shape in = group.input_types(member)[0].shape, out = group.output_types(member)[0].shape;
  const auto found = backward ? pooling_of(member, out, in) : pooling_of(member, in, out);
  if (const auto* refusal = std::get_if<Refusal>(&found)) return *refusal;
  const ImageBlocks blocks = arriving_blocks(group.operands[size_t(group.inputs[0])], context);
  CallRecipe recipe;
  recipe.operands = {input_place(group, 0), output_place(group, 0)};
  recipe.make = [=, pooling = std::get<AveragePooling>(found)](const CallShapes& shapes) {
    AveragePooling made = pooling;
    made.x = desc_of(backward ? shapes.outputs[0] : shapes.inputs[0], blocks);
    made.y = desc_of(backward ? shapes.inputs[0] : shapes.outputs[0], blocks);
    return backward ? make_average_pooling_backward(made) : make_average_pooling(made);
  };
  return offer_call(group, std::move(recipe), blocks, false);
}

}  // namespace tacho::onednn
