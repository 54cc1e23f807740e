// sum, mean, max and min over any axes, of row-major tensors and of images channels last.
#include <algorithm>

#include "backends/simd/convolution_group.h"
#include "backends/simd/kernels.h"
#include "backends/simd/layouts.h"
#include "backends/simd/product_chain.h"
#include "backends/simd/reductions.h"
#include "backends/simd/targets.h"
#include "op/output_partial.h"
#include "ops/mean.h"
#include "ops/reduction_geometry.h"

namespace tacho::simd {
namespace {

/// The axes in the order in which they lie in memory, neighbours of one kind merged: reduced and kept in turn.
struct Runs {
  SmallVector<int64_t, kMaxRank> extents;
  SmallVector<bool, kMaxRank> reduced;

  Runs(const Shape& shape, const ReducedAxes& axes, bool channels_last) {
    static constexpr size_t kChannelsLast[] = {0, 2, 3, 1};
    for (size_t i = 0; i < shape.size(); ++i) {
      const size_t axis = channels_last ? kChannelsLast[i] : i;
      if (shape[axis] == 1) continue;
      if (reduced.size() > 0 && reduced.back() == axes[axis]) {
        extents.back() *= shape[axis];
        continue;
      }
      extents.push_back(shape[axis]);
      reduced.push_back(axes[axis]);
    }
  }
};

template <class T>
class Reduce final : public OutputPartialKernel {
 public:
  Reduce(const Group& group, Reduction reduction, const ReductionAttributes& attributes, bool channels_last)
      : OutputPartialKernel(group), output_(group.outputs[0]), attributes_(attributes), channels_last_(channels_last) {
    const GroupMember& member = group.members[0];
    mean_ = member.op->name == "mean";
    if (mean_) terms_ = member.attributes.as<MeanAttributes>().terms;
    if constexpr (std::is_same_v<T, float>) functions_ = reduction_tables().f32[size_t(reduction)];
    else functions_ = reduction_tables().f64[size_t(reduction)];
  }

  RunStatus run(const KernelRun& run) const override {
    reduce(run.inputs[0], run.out<T>(0), run.outputs[0].elements());
    return {};
  }
  RunStatus accumulate(const KernelRun& run, void* partial) const override {
    const View sums = partial_.view(partial, output_);
    const int64_t n = sums.elements();
    if (partial_.empty(partial)) {
      reduce(run.inputs[0], sums.as<T>(), n);
    } else {
      T* part = static_cast<T*>(run.workspace);
      reduce(run.inputs[0], part, n);
      functions_.columns(part, sums.as<T>(), 1, n, true);
    }
    partial_.add_rows(partial, run.slice.count);
    return {};
  }

 private:
  void reduce(const View& x, T* y, int64_t results) const {
    const ReducedAxes axes = reduced_axes(attributes_, x.shape().size());
    Runs runs(x.shape(), axes, channels_last_);
    walk(x.as<T>(), runs, y);
    if (!mean_) return;
    const T terms(double(terms_ ? terms_ : reduced_elements(attributes_, x.shape())));
    for (int64_t i = 0; i < results; ++i) y[i] /= terms;
  }

  /// The two innermost runs at a time by one of the functions, the others one index after another.
  void walk(const T* x, Runs& runs, T* y) const {
    const auto take = [&] {
      const int64_t extent = runs.extents.empty() ? 1 : runs.extents.back();
      if (!runs.extents.empty()) runs.extents.pop_back(), runs.reduced.pop_back();
      return extent;
    };
    const bool rows = !runs.reduced.empty() && runs.reduced.back();
    const int64_t inner = take(), outer = take();
    const int64_t results = rows ? outer : inner;
    SmallVector<int64_t, kMaxRank> steps(runs.extents.size()), index(runs.extents.size());
    int64_t step = results;
    for (size_t r = runs.extents.size(); r-- > 0;)
      if (!runs.reduced[r]) steps[r] = step, step *= runs.extents[r];
    for (int64_t at = 0;; x += inner * outer) {
      bool onto = false;
      for (size_t r = 0; r < index.size(); ++r) onto = onto || (runs.reduced[r] && index[r] > 0);
      if (rows) functions_.rows(x, y + at, outer, inner, onto);
      else functions_.columns(x, y + at, outer, inner, onto);
      size_t r = index.size();
      for (; r > 0; --r) {
        at += steps[r - 1];
        if (++index[r - 1] < runs.extents[r - 1]) break;
        at -= steps[r - 1] * runs.extents[r - 1];
        index[r - 1] = 0;
      }
      if (r == 0) return;
    }
  }

  int output_;
  ReductionAttributes attributes_;
  bool channels_last_, mean_ = false;
  int64_t terms_ = 0;
  ReductionFunctions<T> functions_{};
};

/// Whether what is kept of images lies in the result's order though the channels are innermost.
bool keeps_order(const ReducedAxes& reduced) { return reduced[1] || (reduced[2] && reduced[3]); }

}  // namespace

OfferResult offer_reduction(const Group& group, const OfferContext&) {
  if (group.members.size() != 1) return Refusal{"one operation at a time"};
  const GroupMember& member = group.members[0];
  const GroupOperand& x = group.operands[size_t(group.inputs[0])];
  if (x.type.dtype != DType::float32 && x.type.dtype != DType::float64)
    return Refusal{text_of("dtype ", name_of(x.type.dtype))};
  if (element_count(x.type.shape) == 0) return Refusal{"no elements"};
  if (!x.layout.is_row_major() && !is_nhwc(x.layout)) return Refusal{"images in another backend's layout"};
  ReductionAttributes attributes;
  if (member.op->name == "mean") attributes = member.attributes.as<MeanAttributes>();
  else attributes = member.attributes.as<ReductionAttributes>();
  const bool last = is_nhwc(x.layout) && may_be_images(x) && keeps_order(reduced_axes(attributes, 4));
  const Reduction reduction = member.op->name == "max"   ? Reduction::max
                              : member.op->name == "min" ? Reduction::min
                                                         : Reduction::sum;
  Offer offer;
  offer.name = std::string(member.op->name);
  offer.reason = text_of(last ? "images lie channels last, " : "", "vectors for ", target_in_use());
  if (last) offer.input_layouts = {nhwc_layout()}, offer.output_layouts = {Layout{}};
  if (group.has_partial()) {
    const TensorType& result = group.operands[size_t(group.outputs[0])].type;
    offer.workspace_bytes = size_t(byte_count(result.shape, result.dtype));
  }
  if (x.type.dtype == DType::float32)
    offer.kernel = std::make_unique<Reduce<float>>(group, reduction, attributes, last);
  else offer.kernel = std::make_unique<Reduce<double>>(group, reduction, attributes, last);
  offer.executed = {required_by(group), true};
  return offer;
}

}  // namespace tacho::simd
