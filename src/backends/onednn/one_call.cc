#include "backends/onednn/one_call.h"

#include "backends/onednn/chain.h"
#include "backends/onednn/layouts.h"

namespace tacho::onednn {
namespace {

/// One degree of freedom, the rows of the slice, decides all shapes of a call.
struct CallKey {
  int64_t in = 0, out = 0;  ///< elements of the first input and output
  friend bool operator==(const CallKey&, const CallKey&) = default;
};

/// A slice's partial results go straight into an empty partial, else into a second one in the workspace that is then
/// joined to it.
class OneCall final : public OutputPartialKernel {
 public:
  OneCall(const Group& group, CallRecipe recipe)
      : OutputPartialKernel(group),
        outputs_(group.outputs),
        recipe_(std::move(recipe)),
        made_(recipe_.make(offered(group))) {
    for (int output : outputs_)
      partial_outputs_.push_back(group.operands[size_t(output)].state.kind == SliceState::partial);
    const CallShapes shapes = offered(group);
    key_ = {element_count(shapes.inputs[0]), element_count(shapes.outputs[0])};
  }

  const std::string& implementation() const { return made_.implementation; }
  size_t workspace_bytes() const {
    return partial_.bytes() + aligned_bytes(recipe_.scratch_bytes) + made_.primitive.workspace_bytes();
  }

  RunStatus run(const KernelRun& run) const override {
    call(run);
    return {};
  }
  RunStatus accumulate(const KernelRun& run, void* partial) const override {
    const bool first = partial_.empty(partial);
    void* into = first ? partial : run.workspace;
    if (!first) partial_.begin(into);
    SmallVector<View, kMaxOperands> outputs;
    for (size_t j = 0; j < outputs_.size(); ++j)
      outputs.push_back(partial_outputs_[j] ? partial_.view(into, outputs_[j]) : run.outputs[j]);
    KernelRun whole = run;
    whole.outputs = outputs;
    call(whole);
    partial_.add_rows(into, run.slice.count);
    if (!first) partial_.combine(partial, into);
    return {};
  }

 private:
  static CallShapes offered(const Group& group) {
    CallShapes shapes;
    for (int input : group.inputs) shapes.inputs.push_back(group.operands[size_t(input)].type.shape);
    for (int output : group.outputs) shapes.outputs.push_back(group.operands[size_t(output)].type.shape);
    return shapes;
  }

  void call(const KernelRun& run) const {
    std::byte* scratch = static_cast<std::byte*>(run.workspace) + partial_.bytes();
    if (recipe_.before) recipe_.before(run, scratch);
    SmallVector<const void*, 16> data;
    for (const Place& place : recipe_.operands)
      data.push_back(place.kind == Place::input    ? run.inputs[place.at].data
                     : place.kind == Place::output ? run.outputs[place.at].data
                                                   : scratch + place.at);
    primitive_for(run).run({data.begin(), data.size()}, scratch + aligned_bytes(recipe_.scratch_bytes),
                           made_.primitive.workspace_bytes());
    if (recipe_.after) recipe_.after(run, scratch);
  }

  const Primitive& primitive_for(const KernelRun& run) const {
    const CallKey key{run.inputs[0].elements(), run.outputs[0].elements()};
    if (key == key_) return made_.primitive;
    return fewer_.at(key, [&] {
      CallShapes shapes;
      for (const View& view : run.inputs) shapes.inputs.push_back(view.shape());
      for (const View& view : run.outputs) shapes.outputs.push_back(view.shape());
      return std::move(recipe_.make(shapes).primitive);
    });
  }

  std::vector<int> outputs_;
  std::vector<bool> partial_outputs_;
  CallRecipe recipe_;
  Made made_;
  CallKey key_;
  MadeOnce<CallKey, Primitive> fewer_;
};

}  // namespace

ImageBlocks arriving_blocks(const GroupOperand& operand, const OfferContext& context) {
  const int64_t block = context.row_major_outputs ? 0 : arriving_block(operand);
  return {block, block > 0 && block == operand.type.shape[1]};
}

Desc desc_of(const Shape& shape, ImageBlocks blocks) {
  if (shape.size() != 4 || blocks.block == 0) return plain_desc({shape.begin(), shape.end()});
  return image_desc(shape, blocks.of(shape), DType::float32, blocks.last);
}

Desc elements_desc(const Shape& shape, ImageBlocks blocks) {
  if (shape.size() == 4 && blocks.block && shape[1] % blocks.of(shape)) return desc_of(shape, blocks);
  return plain_desc({element_count(shape)});
}

std::string plain_objection(const Group& group) {
  if (group.members.size() > 1) return "one operation at a time";
  for (int operand : group.inputs) {
    const TensorType& type = group.operands[size_t(operand)].type;
    if (type.dtype != DType::float32) return text_of("dtype ", name_of(type.dtype));
    if (element_count(type.shape) == 0) return "an operand without elements";
  }
  for (int operand : group.outputs)
    if (element_count(group.operands[size_t(operand)].type.shape) == 0) return "a result without elements";
  return {};
}

OfferResult offer_call(const Group& group, CallRecipe recipe, ImageBlocks blocks, bool in_place) {
  for (const Place& place : recipe.operands)
    if (place.kind == Place::output && place.at >= group.outputs.size()) return Refusal{"a result that nobody reads"};
  auto kernel = std::make_unique<OneCall>(group, std::move(recipe));
  if (kernel->implementation().find("ref") != std::string::npos)
    return Refusal{text_of(library_description(), " has only its slow ", kernel->implementation())};
  Offer offer;
  offer.name = std::string(group.members[0].op->name);
  offer.reason = text_of(library_description(), " ", kernel->implementation(), " on one thread");
  offer.workspace_bytes = kernel->workspace_bytes();
  if (blocks.block) {
    const auto layout = [&](int operand) {
      const TensorType& type = group.operands[size_t(operand)].type;
      return type.shape.size() == 4 ? layout_of(type, blocks.of(type.shape)) : Layout{};
    };
    for (int operand : group.inputs) offer.input_layouts.push_back(layout(operand));
    for (int operand : group.outputs) offer.output_layouts.push_back(layout(operand));
  }
  if (in_place) offer.aliases = {int(input_place(group, 0).at)};
  offer.kernel = std::move(kernel);
  offer.executed = required_of(group);
  return offer;
}

Place input_place(const Group& group, size_t input) {
  return {Place::input, size_t(position_of(group.inputs, group.members[0].inputs[input]))};
}
Place output_place(const Group& group, size_t output) {
  return {Place::output, size_t(position_of(group.outputs, group.members[0].outputs[output]))};
}

}  // namespace tacho::onednn
