#include "backends/stub/matmul.h"

#include "ops/matmul.h"

namespace tacho::stub {
namespace {

/// Our own layout of a matrix: row-major with `stride` elements from row to row, always more than the columns, so that
/// whoever mistakes it for row-major reads nonsense in the tests. The gaps hold anything.
int64_t padded_stride(int64_t columns) { return (columns / 16 + 1) * 16; }

/// The layout carries all that its owner must know again: here the stride, as its key.
Layout padded_layout(const TensorType& type, const Backend& owner) {
  Layout layout;
  layout.kind = Layout::opaque;
  layout.owner = &owner;
  layout.key = uint64_t(padded_stride(type.shape[1]));
  layout.bytes = type.shape[0] * int64_t(layout.key) * int64_t(sizeof(float));
  return layout;
}

/// C = op(A) op(B) as dot products of rows: op(B) is packed column by column, so that both factors are read along
/// memory.
class PackedMatmul final : public Kernel {
 public:
  PackedMatmul(const MatmulAttributes& attributes, size_t a) : attributes_(attributes), a_(a) {}

  /// Called once, and again whenever the operand has changed; slices then share the result. Column j of op(B) becomes
  /// row j.
  void pack(size_t, const View& operand, void* destination) const override {
    const float* b = operand.as<float>();
    float* packed = static_cast<float*>(destination);
    const int64_t n = operand.shape()[attributes_.transpose_b ? 0 : 1];
    const int64_t k = operand.shape()[attributes_.transpose_b ? 1 : 0];
    for (int64_t j = 0; j < n; ++j)
      for (int64_t p = 0; p < k; ++p) packed[j * k + p] = attributes_.transpose_b ? b[j * k + p] : b[p * n + j];
  }

  /// The output's view has the logical shape m x n; where its elements lie is ours to know.
  RunStatus run(const KernelRun& run) const override {
    const View& a_view = run.inputs[a_];
    const int64_t m = run.outputs[0].shape()[0], n = run.outputs[0].shape()[1], stride = padded_stride(n);
    const int64_t k = a_view.shape()[attributes_.transpose_a ? 0 : 1];
    const int64_t row_step = attributes_.transpose_a ? 1 : k, term_step = attributes_.transpose_a ? m : 1;
    const float* a = a_view.as<float>();
    const float* packed = static_cast<const float*>(run.packed[0]);
    float* c = run.out<float>(0);
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        const float *row = a + i * row_step, *column = packed + j * k;
        float sum = k == 0 ? 0.0f : row[0] * column[0];
        for (int64_t p = 1; p < k; ++p) sum += row[p * term_step] * column[p];
        c[i * stride + j] = sum;
      }
    return {};
  }

 private:
  MatmulAttributes attributes_;
  size_t a_;
};

/// Copies rows between two strides; 0 stands for row-major.
class Reorder final : public Kernel {
 public:
  Reorder(int64_t from_stride, int64_t to_stride) : from_stride_(from_stride), to_stride_(to_stride) {}

  RunStatus run(const KernelRun& run) const override {
    const int64_t rows = run.inputs[0].shape()[0], columns = run.inputs[0].shape()[1];
    const int64_t from = from_stride_ ? from_stride_ : columns, to = to_stride_ ? to_stride_ : columns;
    for (int64_t i = 0; i < rows; ++i) std::copy_n(run.in<float>(0) + i * from, columns, run.out<float>(0) + i * to);
    return {};
  }

 private:
  int64_t from_stride_, to_stride_;
};

}  // namespace

OfferResult offer_matmul(const Group& group, const Backend& owner) {
  const GroupMember& member = group.members[0];
  const TensorTypes inputs = group.input_types(member), outputs = group.output_types(member);
  const auto& attributes = member.attributes.as<MatmulAttributes>();
  if (outputs[0].dtype != DType::float32) return Refusal{text_of("dtype ", name_of(outputs[0].dtype))};
  if (inputs[0].shape.size() != 2 || inputs[1].shape.size() != 2) return Refusal{"a batch of products"};
  // A packed operand is made once for all slices, and we have no partial sums: the slices must be rows of A.
  if (group.operands[size_t(member.inputs[1])].state.kind != SliceState::whole)
    return Refusal{"the second factor is sliced, so it cannot be packed once"};
  if (group.has_partial()) return Refusal{"no partial sums"};

  size_t a = 0, b = 0;  // the member's operands among the group's external ones
  for (size_t i = 0; i < group.inputs.size(); ++i) {
    if (group.inputs[i] == member.inputs[0]) a = i;
    if (group.inputs[i] == member.inputs[1]) b = i;
  }
  Offer offer;
  offer.kernel = std::make_unique<PackedMatmul>(attributes, a);
  offer.name = "packed matmul";
  offer.reason = "second factor packed by columns, result in padded rows";
  offer.packs = {{b, size_t(byte_count(inputs[1].shape, DType::float32))}};
  offer.output_layouts = {padded_layout(outputs[0], owner)};
  offer.efficiency = kPlainLoops;
  offer.executed = {tally_of(*member.op, {member.attributes, inputs, outputs}), false};
  return offer;
}

std::unique_ptr<Kernel> reorder(const TensorType& type, const Layout& from, const Layout& to, const Backend& owner) {
  if (type.dtype != DType::float32 || type.shape.size() != 2) return nullptr;
  const auto ours = [&](const Layout& layout) { return layout.kind == Layout::opaque && layout.owner == &owner; };
  if (ours(from) && to.is_row_major()) return std::make_unique<Reorder>(int64_t(from.key), 0);
  if (from.is_row_major() && ours(to)) return std::make_unique<Reorder>(0, int64_t(to.key));
  return nullptr;
}

}  // namespace tacho::stub
