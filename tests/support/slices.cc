#include "tests/support/slices.h"

#include <cstring>
#include <numeric>

namespace tacho::support {
namespace {

/// Calls copy(bytes of the whole, bytes of the part, length) for each contiguous run.
template <class Copy>
void for_each_run(const Tensor& whole, const Tensor& part, int64_t axis, int64_t begin, Copy&& copy) {
  const Shape& shape = whole.shape();
  int64_t outer = 1, inner = int64_t(size_of(whole.dtype()));
  for (int64_t i = 0; i < axis; ++i) outer *= shape[size_t(i)];
  for (size_t i = size_t(axis) + 1; i < shape.size(); ++i) inner *= shape[i];
  const int64_t rows = part.shape()[size_t(axis)], all = shape[size_t(axis)];
  TACHO_CHECK(begin >= 0 && begin + rows <= all);
  for (int64_t o = 0; o < outer; ++o)
    copy(static_cast<std::byte*>(whole.view().data) + (o * all + begin) * inner,
         static_cast<std::byte*>(part.view().data) + o * rows * inner, size_t(rows * inner));
}

int64_t extent(const TensorType& type, const SliceState& state) { return type.shape[size_t(state.axis)]; }

}  // namespace

Tensor cut(const Tensor& whole, int64_t axis, int64_t begin, int64_t count) {
  TensorType type = whole.type();
  type.shape[size_t(axis)] = count;
  Tensor part(type);
  for_each_run(whole, part, axis, begin, [](std::byte* w, std::byte* p, size_t n) { std::memcpy(p, w, n); });
  return part;
}

void paste(const Tensor& part, int64_t axis, int64_t begin, const Tensor& whole) {
  for_each_run(whole, part, axis, begin, [](std::byte* w, std::byte* p, size_t n) { std::memcpy(w, p, n); });
}

bool SlicedCall::refused() const {
  for (const SliceState& state : output_states)
    if (state.kind == SliceState::refused) return true;
  return false;
}

SlicedCall sliced_call(const OpDef& op, const Attributes& attributes, std::span<const TensorType> inputs,
                       size_t initiator, int64_t axis) {
  SlicedCall call{&op, attributes, {inputs.begin(), inputs.end()}, {}, {}, {}, 0};
  const TensorTypes outputs = types_of(op, attributes, inputs);
  call.outputs.assign(outputs.begin(), outputs.end());
  call.input_states = SliceStates(inputs.size());
  call.input_states[initiator] = SliceState::Sliced(axis);
  call.output_states = op.slice({attributes, call.inputs, call.outputs}, call.input_states);
  if (call.refused()) return call;
  for (size_t i = 0; i < inputs.size(); ++i)
    if (call.input_states[i].kind == SliceState::sliced)
      call.rows = std::gcd(call.rows, extent(call.inputs[i], call.input_states[i]));
  for (size_t j = 0; j < call.outputs.size() && j < call.output_states.size(); ++j)
    if (call.output_states[j].kind == SliceState::sliced)
      call.rows = std::gcd(call.rows, extent(call.outputs[j], call.output_states[j]));
  return call;
}

std::vector<Slice> even_slices(int64_t rows, int64_t parts) {
  std::vector<Slice> slices;
  int64_t begin = 0;
  for (int64_t i = 0; i < parts; ++i) {
    const int64_t count = rows / parts + (i < rows % parts ? 1 : 0);
    slices.push_back({begin, count, rows});
    begin += count;
  }
  return slices;
}

TensorType part_type(const TensorType& whole, const SliceState& state, const Slice& slice) {
  TensorType type = whole;
  if (state.kind == SliceState::sliced)
    type.shape[size_t(state.axis)] = extent(whole, state) / slice.total * slice.count;
  return type;
}

Tensor part_of(const Tensor& whole, const SliceState& state, const Slice& slice) {
  if (!whole.defined() || state.kind != SliceState::sliced) return whole;
  const int64_t ratio = extent(whole.type(), state) / slice.total;
  return cut(whole, state.axis, slice.begin * ratio, slice.count * ratio);
}

void paste_part(const Tensor& part, const SliceState& state, const Slice& slice, const Tensor& whole) {
  paste(part, state.axis, slice.begin * (extent(whole.type(), state) / slice.total), whole);
}

}  // namespace tacho::support
