// Operations of each element alone, with broadcasting, on tensors that lie row-major or images that lie channels last.
#include <algorithm>
#include <array>

#include "backends/simd/convolution_group.h"
#include "backends/simd/elementwise_call.h"
#include "backends/simd/kernels.h"
#include "backends/simd/layouts.h"
#include "backends/simd/product_chain.h"
#include "backends/simd/targets.h"
#include "op/part_run.h"
#include "ops/bias_add.h"
#include "ops/walk.h"

namespace tacho::simd {
namespace {

Shape channels_innermost(const Shape& shape) { return {shape[0], shape[2], shape[3], shape[1]}; }

/// How both operands of an operation are walked through: the result's axes in the order in which they lie.
struct Broadcast {
  bool channels_last = false;
  int64_t bias_axis = -1;  ///< of the result, along which the second operand lies; -1: by the rule of broadcasting

  Walk<2> walk(const Shape& a, const Shape& b, const Shape& out) const {
    const Shape extents = channels_last ? channels_innermost(out) : out;
    return make_walk<2>(extents, {steps(a, out, -1), steps(b, out, bias_axis)});
  }

 private:
  Shape steps(const Shape& own, const Shape& out, int64_t axis) const {
    if (own == out) return strides_of(channels_last ? channels_innermost(out) : out);
    Shape steps(out.size(), 0);
    if (axis < 0) steps = broadcast_strides(own, out);
    else steps[size_t(axis)] = own[0] == 1 ? 0 : 1;
    return channels_last ? channels_innermost(steps) : steps;
  }
};

/// Whether rows of this walk are plain loops; operands that are no images may lie across them.
bool walkable(const Walk<2>& walk) { return walk.strides[0].back() <= 1 && walk.strides[1].back() <= 1; }

template <class T>
class ElementwiseKernel final : public Kernel, public PartRun {
 public:
  /// `whole`: how all of the largest slice is walked through.
  ElementwiseKernel(const ElementwiseCall& call, const Broadcast& broadcast, size_t a, size_t b, const Walk<2>& whole)
      : numbers_(call.numbers), broadcast_(broadcast), a_(a), b_(b), whole_(whole) {
    for (const Spread spread : {Spread::none, Spread::first, Spread::second})
      functions_[size_t(spread)] = elementwise_function<T>(call.function, spread);
  }

  RunStatus run(const KernelRun& run) const override {
    const T *a = run.in<T>(a_), *b = run.in<T>(b_);
    T* y = run.out<T>(0);
    const Shape &out = run.outputs[0].shape(), &left = run.inputs[a_].shape(), &right = run.inputs[b_].shape();
    if (left == out && right == out) {
      functions_[0](numbers_.data(), a, b, y, run.outputs[0].elements());
      return {};
    }
    apply(broadcast_.walk(left, right, out), a, b, y);
    return {};
  }

  /// Of the outermost axis; where that is the only one, stretches of it.
  int64_t units() const override { return in_stretches() ? (outermost() + kUnit - 1) / kUnit : outermost(); }
  RunStatus run_part(const KernelRun& run) const override {
    const int64_t unit = in_stretches() ? kUnit : 1, first = run.slice.begin * unit;
    Walk<2> part = whole_;
    part.extents[0] = std::min(run.slice.count * unit, outermost() - first);
    int64_t row = 1;  // elements of the result that belong to a step along the outermost axis
    for (size_t axis = 1; axis < whole_.extents.size(); ++axis) row *= whole_.extents[axis];
    apply(part, run.in<T>(a_) + first * whole_.strides[0][0], run.in<T>(b_) + first * whole_.strides[1][0],
          run.out<T>(0) + first * row);
    return {};
  }

 private:
  static constexpr int64_t kUnit = 1024;  ///< elements: whole vectors, so that a part's tail is the whole's

  bool in_stretches() const { return whole_.extents.size() == 1; }
  int64_t outermost() const { return whole_.extents[0]; }
  void apply(const Walk<2>& walk, const T* a, const T* b, T* y) const {
    const int64_t n = walk.extents.back(), along_a = walk.strides[0].back(), along_b = walk.strides[1].back();
    // Where neither moves there is one element.
    const Spread spread = along_a == along_b ? Spread::none : along_a ? Spread::second : Spread::first;
    for_each_row(walk, [&](int64_t first, const std::array<int64_t, 2>& offsets) {
      functions_[size_t(spread)](numbers_.data(), a + offsets[0], b + offsets[1], y + first, n);
    });
  }

  ElementwiseFunction<T> functions_[kSpreads];
  std::array<double, 2> numbers_;
  Broadcast broadcast_;
  size_t a_, b_;
  Walk<2> whole_;
};

/// Whether the result's images lie channels last: some operand's do already, and nobody outside wants them otherwise.
/// A refusal where one lies in a way that only another backend knows.
std::variant<bool, Refusal> lies_channels_last(const Group& group, const OfferContext& context) {
  const GroupOperand& out = group.operands[size_t(group.outputs[0])];
  bool last = false;
  for (int operand : group.inputs) {
    const GroupOperand& in = group.operands[size_t(operand)];
    if (!in.layout.is_row_major() && !is_nhwc(in.layout)) return Refusal{"images in another backend's layout"};
    last = last || (is_nhwc(in.layout) && in.type.shape == out.type.shape);
  }
  return last && may_be_images(out) && !context.row_major_outputs;
}

}  // namespace

OfferResult offer_elementwise(const Group& group, const OfferContext& context) {
  if (group.members.size() != 1) return Refusal{"one operation at a time"};
  const GroupMember& member = group.members[0];
  const ElementwiseCall call = *elementwise_call_of(member.op->name, member.attributes);
  const GroupOperand& out = group.operands[size_t(group.outputs[0])];
  const DType dtype = out.type.dtype;
  if (dtype != DType::float32 && dtype != DType::float64) return Refusal{text_of("dtype ", name_of(dtype))};
  const auto lies = lies_channels_last(group, context);
  if (const auto* refusal = std::get_if<Refusal>(&lies)) return *refusal;
  const size_t a = size_t(position_of(group.inputs, member.inputs[0]));
  const size_t b = size_t(position_of(group.inputs, member.inputs.back()));
  Broadcast broadcast{std::get<bool>(lies)};
  if (member.op->name == "bias_add")
    broadcast.bias_axis = normalize_axis(member.attributes.as<BiasAddAttributes>().axis, out.type.shape.size());
  const Shape &left = group.operands[size_t(group.inputs[a])].type.shape,
              &right = group.operands[size_t(group.inputs[b])].type.shape;
  const Walk<2> walk = broadcast.walk(left, right, out.type.shape);
  if (!walkable(walk)) return Refusal{"an operand that lies across the result"};
  Offer offer;
  offer.name = std::string(member.op->name);
  offer.reason = text_of(broadcast.channels_last ? "images stay channels last, " : "", "vectors for ", target_in_use());
  if (broadcast.channels_last) {
    for (int operand : group.inputs) {
      const TensorType& type = group.operands[size_t(operand)].type;
      offer.input_layouts.push_back(type.shape == out.type.shape ? image_layout(type) : Layout{});
    }
    offer.output_layouts = {image_layout(out.type)};
  }
  offer.aliases = {int(a)};
  if (dtype == DType::float32) offer.kernel = std::make_unique<ElementwiseKernel<float>>(call, broadcast, a, b, walk);
  else offer.kernel = std::make_unique<ElementwiseKernel<double>>(call, broadcast, a, b, walk);
  offer.executed = {required_by(group), true};
  return offer;
}

}  // namespace tacho::simd
