// Batch normalisation in training and inference, forward and backward, on images that lie channels last.
#include "backends/simd/batch_norm.h"

#include <algorithm>
#include <cmath>

#include "backends/simd/convolution_group.h"
#include "backends/simd/gradient_source.h"
#include "backends/simd/kernels.h"
#include "backends/simd/layouts.h"
#include "op/part_run.h"
#include "ops/batch_norm.h"
#include "ops/batch_norm_statistics_backward.h"
#include "ops/clip.h"

namespace tacho::simd {
namespace {

struct Images {
  int64_t places = 0, channels = 0;
  explicit Images(const Shape& shape) : places(shape[0] * shape[2] * shape[3]), channels(shape[1]) {}
};

/// Why the group's images cannot be taken; empty where they can.
std::string reason_against(const Group& group) {
  for (int index : group.inputs) {
    const GroupOperand& operand = group.operands[size_t(index)];
    if (operand.type.dtype != DType::float32) return "float32 only";
    if (operand.type.shape.size() == 1) continue;
    if (!may_be_images(operand)) return "not images, or images sliced along another axis than the batch";
    if (element_count(operand.type.shape) == 0) return "no elements";
  }
  return "";
}

/// Images channels last, numbers per channel as they are.
std::vector<Layout> layouts_of(const Group& group, const std::vector<int>& indices) {
  std::vector<Layout> layouts;
  for (int index : indices)
    layouts.push_back(group.operands[size_t(index)].type.shape.size() == 4 ? nhwc_layout() : Layout{});
  return layouts;
}

Offer offer_for(const Group& group, std::unique_ptr<Kernel> kernel, std::string reason, size_t workspace_bytes) {
  Offer offer;
  offer.kernel = std::move(kernel);
  offer.name = to_string(group);
  offer.reason = std::move(reason);
  offer.workspace_bytes = workspace_bytes;
  offer.input_layouts = layouts_of(group, group.inputs);
  offer.output_layouts = layouts_of(group, {group.outputs.begin(), group.outputs.end()});
  for (const GroupMember& member : group.members) {
    const TensorTypes inputs = group.input_types(member), outputs = group.output_types(member);
    offer.executed.tally += tally_of(*member.op, {member.attributes, inputs, outputs});
  }
  offer.executed.declared = true;
  return offer;
}

/// Place of an operand among the group's inputs; -1 where it is made inside.
int external(const Group& group, int operand) {
  const auto found = std::find(group.inputs.begin(), group.inputs.end(), operand);
  return found == group.inputs.end() ? -1 : int(found - group.inputs.begin());
}

/// What the activation before a gradient lets through.
NormGate gate_of(const KernelRun& run, const std::optional<GradientSource>& source) {
  if (!source) return {};
  const float* const values = run.in<float>(size_t(source->gate));
  if (source->by_relu()) return {.values = values};
  return {values, true, float(source->call.numbers[0]), float(source->call.numbers[1])};
}

/// y = relu(batch_norm(x) + residual), or clip, the last two where the group has them.
class Normalize final : public Kernel, public PartRun {
 public:
  explicit Normalize(const Group& group)
      : epsilon_(group.members[0].attributes.as<BatchNormAttributes>().epsilon),
        places_(Images(group.operands[size_t(group.inputs[0])].type.shape).places) {
    for (size_t i = 1; i < group.members.size(); ++i) {
      const GroupMember& member = group.members[i];
      if (member.op->name == "relu") end_.kind = NormEnd::relu;
      if (member.op->name == "clip") {
        const auto& bounds = member.attributes.as<ClipAttributes>();
        end_ = {NormEnd::clip, float(bounds.low), float(bounds.high)};
      }
      for (int input : member.inputs)
        if (member.op->name == "add" && external(group, input) >= 0) residual_ = external(group, input);
    }
  }

  RunStatus run(const KernelRun& run) const override { return normalize(run, 0, Images(run.inputs[0].shape()).places); }
  int64_t units() const override { return places_; }
  RunStatus run_part(const KernelRun& run) const override { return normalize(run, run.slice.begin, run.slice.count); }

 private:
  RunStatus normalize(const KernelRun& run, int64_t first, int64_t places) const {
    const Images images(run.inputs[0].shape());
    float* slope = static_cast<float*>(run.workspace);
    float* offset = slope + images.channels;
    for (int64_t c = 0; c < images.channels; ++c) {
      slope[c] = run.in<float>(1)[c] / std::sqrt(run.in<float>(4)[c] + float(epsilon_));
      offset[c] = run.in<float>(2)[c] - run.in<float>(3)[c] * slope[c];
    }
    const int64_t at = first * images.channels;
    functions_.normalize(run.in<float>(0) + at, slope, offset,
                         residual_ < 0 ? nullptr : run.in<float>(size_t(residual_)) + at, end_, run.out<float>(0) + at,
                         places, images.channels);
    return {};
  }

  const BatchNormFunctions& functions_ = batch_norm_functions();
  double epsilon_;
  int64_t places_;
  NormEnd end_;
  int residual_ = -1;  ///< input
};

/// Sums per channel in double precision behind a header; how slices and lanes are joined.
class ChannelSums : public Kernel {
 public:
  explicit ChannelSums(int64_t channels) : channels_(channels) {}
  size_t partial_bytes() const override {
    return sizeof(double) + size_t(channels_) * (2 * sizeof(double) + sizeof(float));
  }
  void begin(void* partial) const override { std::fill_n(static_cast<char*>(partial), partial_bytes(), char{0}); }
  /// Unsliced: one slice is all.
  RunStatus run(const KernelRun& run) const override {
    begin(run.workspace);
    accumulate(run, run.workspace);
    finish(run.workspace, run.outputs);
    return {};
  }

 protected:
  double& count(void* partial) const { return *static_cast<double*>(partial); }
  double count(const void* partial) const { return *static_cast<const double*>(partial); }
  double* first(void* partial) const { return static_cast<double*>(partial) + 1; }
  const double* first(const void* partial) const { return static_cast<const double*>(partial) + 1; }
  DeviationSums sums(void* partial) const { return {first(partial), first(partial) + channels_}; }
  float* numbers(void* partial) const { return reinterpret_cast<float*>(first(partial) + 2 * channels_); }
  const float* numbers(const void* partial) const {
    return reinterpret_cast<const float*>(first(partial) + 2 * channels_);
  }
  const BatchNormFunctions& functions_ = batch_norm_functions();
  const int64_t channels_;
};

/// Sums of deviations from a number near the mean (each channel's first element), so that little cancels.
class Statistics final : public ChannelSums {
 public:
  using ChannelSums::ChannelSums;

  RunStatus accumulate(const KernelRun& run, void* partial) const override {
    const Images images(run.inputs[0].shape());
    if (count(partial) == 0) std::copy_n(run.in<float>(0), channels_, numbers(partial));
    functions_.deviations(run.in<float>(0), numbers(partial), images.places, channels_, sums(partial));
    count(partial) += double(images.places);
    return {};
  }

  /// The other's sums about this one's shift.
  void combine(void* into, const void* from) const override {
    if (count(from) == 0) return;
    if (count(into) == 0) {
      std::copy_n(static_cast<const char*>(from), partial_bytes(), static_cast<char*>(into));
      return;
    }
    const DeviationSums to = sums(into);
    for (int64_t c = 0; c < channels_; ++c) {
      const double step = double(numbers(from)[c]) - double(numbers(into)[c]), sum = first(from)[c];
      to.first[c] += sum + count(from) * step;
      to.second[c] += first(from)[channels_ + c] + 2 * step * sum + count(from) * step * step;
    }
    count(into) += count(from);
  }

  void finish(const void* partial, std::span<const View> outputs) const override {
    for (int64_t c = 0; c < channels_; ++c) {
      const double off = first(partial)[c] / count(partial);
      const double variance = first(partial)[channels_ + c] / count(partial) - off * off;
      outputs[0].as<float>()[c] = float(double(numbers(partial)[c]) + off);
      outputs[1].as<float>()[c] = float(std::max(variance, 0.0));
    }
  }
};

/// dscale and dbias.
class Parameters final : public ChannelSums {
 public:
  Parameters(const Group& group, int64_t channels)
      : ChannelSums(channels),
        epsilon_(group.members.back().attributes.as<BatchNormAttributes>().epsilon),
        source_(gradient_source_of(group)) {
    const GroupMember& member = group.members.back();
    for (size_t i = 0; i < member.inputs.size(); ++i) at_[i] = external(group, member.inputs[i]);
    if (source_) at_[0] = source_->dy;
  }

  RunStatus accumulate(const KernelRun& run, void* partial) const override {
    const Images images(run.inputs[0].shape());
    const auto in = [&](size_t i) { return run.in<float>(size_t(at_[i])); };
    functions_.products(in(0), gate_of(run, source_), in(1), in(2), images.places, channels_, sums(partial));
    count(partial) += double(images.places);
    std::copy_n(in(3), channels_, numbers(partial));  // `finish` does not see the inputs
    return {};
  }

  void combine(void* into, const void* from) const override {
    if (count(from) == 0) return;
    for (int64_t i = 0; i < 2 * channels_; ++i) first(into)[i] += first(from)[i];
    count(into) += count(from);
    std::copy_n(numbers(from), channels_, numbers(into));
  }

  void finish(const void* partial, std::span<const View> outputs) const override {
    for (int64_t c = 0; c < channels_; ++c) {
      const double deviation = std::sqrt(double(numbers(partial)[c]) + epsilon_);
      outputs[0].as<float>()[c] = float(first(partial)[channels_ + c] / deviation);
      outputs[1].as<float>()[c] = float(first(partial)[c]);
    }
  }

 private:
  double epsilon_;
  std::optional<GradientSource> source_;
  int at_[4] = {-1, -1, -1, -1};  ///< inputs: dy, x, mean and variance
};

/// The gradient in x: through the normalisation, through its statistics, or both and their sum, in one pass.
class InputGradient final : public Kernel {
 public:
  explicit InputGradient(const Group& group) : source_(gradient_source_of(group)) {
    for (const GroupMember& member : group.members) {
      const auto at = [&](size_t i) { return external(group, member.inputs[i]); };
      if (member.op->name == "batch_norm_backward_input") {
        dy_ = at(0), scale_ = at(1), variance_ = at(2);
        epsilon_ = member.attributes.as<BatchNormAttributes>().epsilon;
      } else if (member.op->name == "batch_norm_statistics_backward") {
        x_ = at(0), mean_ = at(1), dmean_ = at(2), dvariance_ = at(3);
        terms_ = member.attributes.as<BatchNormStatisticsBackwardAttributes>().terms;
      }
    }
    if (source_) dy_ = source_->dy;
  }

  RunStatus run(const KernelRun& run) const override {
    const auto in = [&](int i) { return run.in<float>(size_t(i)); };
    const Images images(run.outputs[0].shape());
    const int64_t channels = images.channels;
    float* a = static_cast<float*>(run.workspace);
    float *b = a + channels, *c = b + channels;
    std::fill_n(a, 3 * channels, 0.0f);
    for (int64_t i = 0; i < channels && dy_ >= 0; ++i)
      a[i] = in(scale_)[i] / std::sqrt(in(variance_)[i] + float(epsilon_));
    const float terms = float(terms_ ? terms_ : images.places);
    for (int64_t i = 0; i < channels && x_ >= 0; ++i) {
      b[i] = 2 * in(dvariance_)[i] / terms;
      c[i] = in(dmean_)[i] / terms - in(mean_)[i] * b[i];
    }
    functions_.combine(dy_ < 0 ? nullptr : in(dy_), gate_of(run, source_), x_ < 0 ? nullptr : in(x_), a, b, c,
                       run.out<float>(0), images.places, channels);
    return {};
  }

 private:
  const BatchNormFunctions& functions_ = batch_norm_functions();
  std::optional<GradientSource> source_;
  int dy_ = -1, scale_ = -1, variance_ = -1, x_ = -1, mean_ = -1, dmean_ = -1, dvariance_ = -1;  ///< inputs
  double epsilon_ = 0;
  int64_t terms_ = 0;
};

int64_t channels_of(const Group& group) { return group.operands[size_t(group.inputs[0])].type.shape[1]; }
size_t floats(int64_t count) { return size_t(count) * sizeof(float); }

/// Why a gradient cannot be made on the way in; empty where it can, or where there is none.
std::string objection_to(const std::optional<GradientSource>& source) {
  if (source && source->pool) return "an unpooling before batch_norm's gradient";
  if (source && !source->by_relu() && source->call.function != Elementwise::clip_backward_open)
    return "another activation's gradient than relu's and relu6's before batch_norm's";
  return {};
}

/// Whether the members behind the first are these, each once and in this order; `optional` ones may be missing.
bool follows(const Group& group, std::initializer_list<std::string_view> optional) {
  auto next = optional.begin();
  for (size_t i = 1; i < group.members.size(); ++i, ++next) {
    next = std::find(next, optional.end(), group.members[i].op->name);
    if (next == optional.end()) return false;
  }
  return true;
}

}  // namespace

OfferResult offer_batch_norm(const Group& group, const OfferContext&) {
  if (!follows(group, {"add", "relu"}) && !follows(group, {"add", "clip"}))
    return Refusal{"behind batch_norm only an add and a relu or clip"};
  if (const std::string reason = reason_against(group); !reason.empty()) return Refusal{reason};
  const Shape& x = group.operands[size_t(group.inputs[0])].type.shape;
  for (int index : group.inputs)
    if (group.operands[size_t(index)].type.shape.size() == 4 && group.operands[size_t(index)].type.shape != x)
      return Refusal{"an add that broadcasts"};
  return offer_for(group, std::make_unique<Normalize>(group), "one multiply-add an element, what follows on the way",
                   floats(2 * x[1]));
}

OfferResult offer_batch_norm_statistics(const Group& group, const OfferContext&) {
  if (const std::string reason = reason_against(group); !reason.empty()) return Refusal{reason};
  auto kernel = std::make_unique<Statistics>(channels_of(group));
  const size_t bytes = kernel->partial_bytes();
  return offer_for(group, std::move(kernel), "mean and variance in one pass, sums in double precision", bytes);
}

OfferResult offer_batch_norm_backward_parameters(const Group& group, const OfferContext&) {
  const auto source = gradient_source_of(group);
  if (std::string reason = objection_to(source); !reason.empty()) return Refusal{std::move(reason)};
  if (group.members.size() != (source ? source->members : 0) + 1) return Refusal{"something behind the sums"};
  if (const std::string reason = reason_against(group); !reason.empty()) return Refusal{reason};
  auto kernel = std::make_unique<Parameters>(group, channels_of(group));
  const size_t bytes = kernel->partial_bytes();
  return offer_for(group, std::move(kernel), "both sums in one pass, in double precision", bytes);
}

OfferResult offer_batch_norm_input_gradient(const Group& group, const OfferContext&) {
  const auto source = gradient_source_of(group);
  if (std::string reason = objection_to(source); !reason.empty()) return Refusal{std::move(reason)};
  const size_t first = source ? source->members : 0, members = group.members.size() - first;
  const bool whole = members == 3 && group.members[first + 2].op->name == "add";
  if (members != 1 && !whole) return Refusal{"either part alone, or both with their sum"};
  if (const std::string reason = reason_against(group); !reason.empty()) return Refusal{reason};
  return offer_for(group, std::make_unique<InputGradient>(group), "all terms in one pass",
                   floats(3 * channels_of(group)));
}

}  // namespace tacho::simd
