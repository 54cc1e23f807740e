// Layouts: which offers fit what --layout asks for, and the visible nodes that convert where two do not agree.
#include <algorithm>

#include "plan/planner.h"

namespace tacho {
namespace {

/// What stands against an operand in `layout` where images shall lie as `wanted`; empty where nothing does. Layouts of
/// other things than images (a packed matrix) are nobody's business but their owner's.
std::string image_objection(const TensorType& type, const Layout& layout, ImageLayout wanted) {
  if (type.shape.size() != 4 || layout.is_row_major()) return {};
  const bool in_blocks = !layout.is_channels_last();
  // Images of at most 16 channels lie in one block as they lie channels-last.
  const bool one_block = !in_blocks && type.shape[1] <= 16;
  switch (wanted) {
    case ImageLayout::automatic:
      return {};
    case ImageLayout::nchw:
      return text_of("--layout nchw, and it works on images ", to_string(layout));
    case ImageLayout::nhwc:
      return in_blocks ? text_of("--layout nhwc, and it works on images ", to_string(layout)) : "";
    case ImageLayout::blocked:
      return in_blocks || one_block ? "" : "--layout blocked, and it works on images channels-last";
  }
  return {};
}

/// Whether a part of the outermost axis is one piece of memory whose place does not depend on how it was cut.
bool outermost_first(const Layout& layout) {
  return layout.kind == Layout::plain && (layout.permutation.empty() || layout.permutation[0] == 0);
}

}  // namespace

/// Whether all operands may be cut along their outermost axis anywhere.
bool Planner::splits(const Offer& offer) {
  return std::all_of(offer.input_layouts.begin(), offer.input_layouts.end(), outermost_first) &&
         std::all_of(offer.output_layouts.begin(), offer.output_layouts.end(), outermost_first);
}

/// Somebody's kernel between two layouts of a value whose slice's part has type `part`: the owners' first, then by
/// preference; null where nobody has one.
std::pair<const Backend*, std::unique_ptr<Kernel>> Planner::converter(const TensorType& part, const Layout& from,
                                                                      const Layout& to) const {
  std::vector<const Backend*> asked{from.owner, to.owner};
  asked.insert(asked.end(), options_.backends.begin(), options_.backends.end());
  asked.insert(asked.end(), all_backends().begin(), all_backends().end());
  for (const Backend* backend : asked) {
    if (!backend || !backend->reorder || (backend->unavailable && backend->unavailable())) continue;
    if (auto kernel = backend->reorder(part, from, to)) return {backend, std::move(kernel)};
  }
  return {nullptr, nullptr};
}

bool Planner::convertible(const TensorType& part, const Layout& from, const Layout& to) const {
  const auto at_once = [&](const Layout& a, const Layout& b) {
    return same_in_memory(part.shape, a, b) || converter(part, a, b).first != nullptr;
  };
  return at_once(from, to) || (at_once(from, {}) && at_once({}, to));
}

/// Why an offer's layouts do not fit the plan; empty where they do. A layout that nobody converts to or from row-major
/// is refused here, so that a plan never finds itself without a reorder.
std::string Planner::layout_objection(const Group& group, const Offer& offer, const OfferContext& context) const {
  for (size_t i = 0; i < offer.input_layouts.size(); ++i) {
    const GroupOperand& operand = group.operands[size_t(group.inputs[i])];
    const Layout& layout = offer.input_layouts[i];
    if (std::string reason = image_objection(operand.type, layout, context.images); !reason.empty()) return reason;
    if (!convertible(operand.type, operand.layout, layout))
      return text_of("no backend makes ", to_string(layout), " of ", to_string(operand.layout));
  }
  for (size_t i = 0; i < offer.output_layouts.size(); ++i) {
    const GroupOperand& operand = group.operands[size_t(group.outputs[i])];
    const Layout& layout = offer.output_layouts[i];
    if (context.row_major_outputs && !same_in_memory(operand.type.shape, layout, {}))
      return "a layout of its own for a result that is read outside of the plan";
    if (std::string reason = image_objection(operand.type, layout, context.images); !reason.empty()) return reason;
    if (!convertible(operand.type, layout, {})) return text_of("no backend makes row-major of ", to_string(layout));
  }
  return {};
}

/// The reader's view of a value in another layout: through a reorder, made once and shared by all readers that take it
/// alike; through two where nobody converts at once. `sliced`: the reader takes it in slices of `rows` an example, also
/// where the value itself is whole.
int Planner::in_layout(int value, bool sliced, int64_t rows, const Layout& wanted, const PlannedNode& reader) {
  // Other slices than the writer's: it leaves the layout that knows of them in the writer's segment.
  if (const PlannedValue& from = plan_->values[size_t(value)]; !cut_alike(from, reader.order))
    value = reordered(value, true, from.rows, {}, reader, from.order);
  const PlannedValue& from = plan_->values[size_t(value)];
  if (same_in_memory(from.type.shape, from.layout, wanted)) return value;
  TensorType part = from.type;
  if (sliced) part.shape[0] = rows * plan_->examples_in(reader.order);
  if (!from.layout.is_row_major() && !wanted.is_row_major() && !converter(part, from.layout, wanted).first)
    value = reordered(value, sliced, rows, {}, reader, reader.order);
  return reordered(value, sliced, rows, wanted, reader, reader.order);
}

/// Whether a segment finds a value's slices where they lie: a layout that is its owner's own is of whole slices.
bool Planner::cut_alike(const PlannedValue& value, int order) const {
  return !value.sliced || value.layout.kind != Layout::opaque || order % 2 == 0 ||
         plan_->slices_in(value.order) == plan_->slices_in(order);
}

int Planner::reordered(int value, bool sliced, int64_t rows, const Layout& wanted, const PlannedNode& reader,
                       int order) {
  const auto key = std::pair{value, to_string(wanted) + std::to_string(order) + (sliced ? "/" : "")};
  if (const auto known = reordered_.find(key); known != reordered_.end()) return known->second;
  const PlannedValue from = plan_->values[size_t(value)];
  TensorType part = from.type;
  if (sliced) part.shape[0] = rows * plan_->examples_in(order);
  PlannedValue to = from;
  to.sliced = sliced;
  to.order = order;
  to.rows = sliced ? rows : 1;
  to.layout = wanted;
  to.storage = Storage::none;
  to.slot = -1;
  to.constant = {};
  const int result = int(plan_->values.size());
  to.root = result;
  PlannedNode node;
  node.kind = PlannedNode::reorder;
  node.op = "reorder";
  node.place = reader.place;
  node.path = reader.place.layer + "/reorder/" + name_of(reader.place.phase) + ":" + std::to_string(result);
  auto [backend, kernel] = converter(part, from.layout, wanted);
  TACHO_CHECK(kernel, "no reorder from ", to_string(from.layout), " to ", to_string(wanted),
              ", which layout_objection promised");
  node.kernel = std::move(kernel);
  node.backend = backend->name;
  node.kernel_name = "reorder";
  node.reason = to_string(from.layout) + " to " + to_string(wanted) + " for " + reader.path;
  node.order = order;
  node.sliced = sliced;
  node.inputs.push_back({value, sliced, false, rows});
  node.outputs.push_back({result, sliced, false, rows});
  if (!sliced && outermost_first(from.layout) && outermost_first(wanted) && !part.shape.empty()) {
    node.split_rows = part.shape[0];
    node.inputs[0].sliced = node.outputs[0].sliced = true;
  }
  plan_->values.push_back(std::move(to));
  plan_->nodes.push_back(std::move(node));
  aliases_.emplace_back();
  reordered_[key] = result;
  return result;
}

}  // namespace tacho
