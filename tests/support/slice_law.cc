#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "tests/support/laws.h"
#include "tests/support/measure.h"
#include "tests/support/operands.h"
#include "tests/support/slices.h"

namespace tacho::support {
namespace {

/// Outputs put together from slices; `magnitude` sums the absolute values of the slices' partials, by output.
struct Assembled {
  std::vector<Tensor> outputs;
  std::vector<double> magnitude;
};

template <class T>
void combine_elements(PartialKind kind, const Tensor& into, const Tensor& from) {
  for (int64_t i = 0, n = into.elements(); i < n; ++i) {
    T& x = into.as<T>()[i];
    const T y = from.as<T>()[i];
    x = kind == PartialKind::sum ? x + y : std::max(x, y);
  }
}

void combine(PartialKind kind, const Tensor& into, const Tensor& from) {
  if (into.dtype() == DType::float64) combine_elements<double>(kind, into, from);
  else combine_elements<float>(kind, into, from);
}

/// Merged outputs in their places; the others have no view, as for a kernel's partials.
std::vector<View> merged_views(const SlicedCall& call, std::span<const Tensor> outputs) {
  std::vector<View> views;
  for (size_t j = 0; j < outputs.size(); ++j) {
    const SliceState& state = call.output_states[j];
    const bool merged = state.kind == SliceState::partial && state.combine == PartialKind::merge;
    views.push_back(merged ? outputs[j].view() : View{nullptr, outputs[j].type()});
  }
  return views;
}

bool has_merge(const SlicedCall& call) {
  for (const SliceState& state : call.output_states)
    if (state.kind == SliceState::partial && state.combine == PartialKind::merge) return true;
  return false;
}

/// The reference kernel on one slice, its outputs in fresh memory full of NaN.
std::vector<Tensor> run_slice(const SlicedCall& call, std::span<const Tensor> inputs, const Slice& slice) {
  std::vector<Tensor> parts, outputs;
  for (size_t i = 0; i < inputs.size(); ++i) parts.push_back(part_of(inputs[i], call.input_states[i], slice));
  for (size_t j = 0; j < call.outputs.size(); ++j)
    outputs.push_back(Guarded(part_type(call.outputs[j], call.output_states[j], slice), 0xFF).tensor);
  run_reference(*call.op, call.attributes, {views_of(parts), views_of(outputs), slice, nullptr, {}});
  return outputs;
}

Assembled run_in_slices(const SlicedCall& call, std::span<const Tensor> inputs, std::span<const Tensor> whole,
                        int64_t count) {
  Assembled result;
  for (const TensorType& type : call.outputs) result.outputs.push_back(Guarded(type, 0xFF).tensor);
  result.magnitude.assign(call.outputs.size(), 0.0);
  for (const Slice& slice : even_slices(call.rows, count)) {
    const std::vector<Tensor> parts = run_slice(call, inputs, slice);
    if (has_merge(call) && slice.begin > 0) {
      const std::vector<View> into = merged_views(call, result.outputs);
      call.op->merge(call.attributes, into, slice.begin, merged_views(call, parts), slice.count);
    }
    for (size_t j = 0; j < parts.size(); ++j) {
      const SliceState& state = call.output_states[j];
      if (state.kind == SliceState::sliced) {
        paste_part(parts[j], state, slice, result.outputs[j]);
      } else if (state.kind == SliceState::whole) {
        EXPECT_TRUE(same_bits(parts[j], whole[j])) << "output " << j << " is said to be whole, but a slice changes it";
        result.outputs[j] = parts[j];
      } else {
        result.magnitude[j] += max_magnitude(parts[j]);
        if (slice.begin == 0) result.outputs[j] = parts[j];
        else if (state.combine != PartialKind::merge) combine(state.combine, result.outputs[j], parts[j]);
      }
    }
  }
  return result;
}

/// The states after the rule describe something that can be cut.
void check_states(const SlicedCall& call, size_t initiator, int64_t axis) {
  ASSERT_EQ(call.output_states.size(), call.outputs.size());
  EXPECT_TRUE(call.input_states[initiator].is_sliced(axis)) << "the rule changed what it was given";
  for (size_t i = 0; i < call.inputs.size(); ++i) {
    const SliceState& state = call.input_states[i];
    ASSERT_TRUE(state.kind == SliceState::whole || state.kind == SliceState::sliced) << "input " << i;
    if (state.kind == SliceState::sliced) {
      ASSERT_LT(size_t(state.axis), call.inputs[i].shape.size()) << "input " << i;
    }
  }
  for (size_t j = 0; j < call.outputs.size(); ++j) {
    const SliceState& state = call.output_states[j];
    if (state.kind == SliceState::sliced) {
      ASSERT_LT(size_t(state.axis), call.outputs[j].shape.size()) << "output " << j;
    }
  }
  if (has_merge(call)) {
    ASSERT_NE(call.op->merge, nullptr) << "partial(merge) without a merge rule";
  }
}

void compare(const SlicedCall& call, const Assembled& sliced, std::span<const Tensor> whole, double terms) {
  for (size_t j = 0; j < whole.size(); ++j) {
    const SliceState& state = call.output_states[j];
    if (state.kind != SliceState::partial || state.combine == PartialKind::max) {
      EXPECT_TRUE(same_bits(sliced.outputs[j], whole[j]))
          << "output " << j << " differs from the whole by " << max_difference(sliced.outputs[j], whole[j]);
      continue;
    }
    const double epsilon = whole[j].dtype() == DType::float64 ? std::numeric_limits<double>::epsilon()
                                                              : std::numeric_limits<float>::epsilon();
    // Merged parts may be smaller than what they merge to (variances of single elements are all 0).
    const double magnitude = std::max(sliced.magnitude[j], max_magnitude(whole[j]));
    EXPECT_LE(max_difference(sliced.outputs[j], whole[j]), 16 * epsilon * terms * magnitude)
        << "output " << j << ", combined over slices";
  }
}

void check_axis(const OpDef& op, const Sample& sample, size_t initiator, int64_t axis, DType dtype) {
  const std::vector<Tensor> inputs = filled_inputs(sample, dtype, 1);
  const SlicedCall call = sliced_call(op, sample.attributes, types_of_all(inputs), initiator, axis);
  if (call.refused()) {
    for (const SliceState& state : call.output_states)
      if (state.kind == SliceState::refused) {
        EXPECT_TRUE(state.reason && *state.reason) << "a refusal without its reason";
      }
    return;
  }
  check_states(call, initiator, axis);
  if (testing::Test::HasFatalFailure()) return;
  const std::vector<Tensor> whole = run_whole(op, sample.attributes, inputs);
  int64_t terms = 1;
  for (const TensorType& type : call.inputs) terms = std::max(terms, element_count(type.shape));
  for (int64_t count : std::set<int64_t>{1, 2, 3, call.rows}) {
    if (count < 1 || count > call.rows) continue;  // nothing is run where there are no rows
    SCOPED_TRACE(text_of(count, " slices of ", call.rows, " rows"));
    compare(call, run_in_slices(call, inputs, whole, count), whole, double(terms));
  }
}

void check_partial_refused(const OpDef& op, const Sample& sample, size_t input) {
  const std::vector<TensorType> inputs = input_types(sample, DType::float32);
  const TensorTypes outputs = types_of(op, sample.attributes, inputs);
  for (PartialKind kind : {PartialKind::sum, PartialKind::max, PartialKind::merge}) {
    SliceStates states(inputs.size());
    states[input] = SliceState::Partial(kind);
    const SliceStates out = op.slice({sample.attributes, inputs, outputs}, states);
    bool refused = false;
    for (const SliceState& state : out) refused |= state.kind == SliceState::refused && state.reason && *state.reason;
    EXPECT_TRUE(refused) << "reads partial input " << input << " before it is combined";
  }
}

void check_whole_stays_whole(const OpDef& op, const Sample& sample) {
  const std::vector<TensorType> inputs = input_types(sample, DType::float32);
  const TensorTypes outputs = types_of(op, sample.attributes, inputs);
  SliceStates states(inputs.size());
  const SliceStates out = op.slice({sample.attributes, inputs, outputs}, states);
  ASSERT_EQ(out.size(), outputs.size());
  for (const SliceState& state : out) EXPECT_EQ(state.kind, SliceState::whole) << "of whole inputs";
  for (const SliceState& state : states) EXPECT_EQ(state.kind, SliceState::whole) << "input of whole inputs";
}

}  // namespace

void check_slices(const OpDef& op) {
  for (size_t s = 0; s < op.samples.size(); ++s) {
    const Sample& sample = op.samples[s];
    SCOPED_TRACE(describe(op, s, sample));
    check_whole_stays_whole(op, sample);
    for (size_t i = 0; i < sample.inputs.size(); ++i) {
      if (sample.inputs[i] == kAbsent) continue;
      check_partial_refused(op, sample, i);
      for (size_t axis = 0; axis < sample.inputs[i].shape.size(); ++axis)
        for (DType dtype : {DType::float32, DType::float64}) {
          SCOPED_TRACE(text_of("input ", i, " sliced along axis ", axis, ", ", name_of(dtype)));
          check_axis(op, sample, i, int64_t(axis), dtype);
        }
    }
  }
}

}  // namespace tacho::support
