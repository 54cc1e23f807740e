// softmax, log_softmax, their gradients, cross entropy and the normalisation of rows, on row-major tensors.
#include <algorithm>

#include "backends/simd/kernels.h"
#include "backends/simd/one_operation.h"
#include "backends/simd/rows.h"
#include "ops/axis_rows.h"
#include "ops/labels.h"
#include "ops/row_geometry.h"

namespace tacho::simd {
namespace {

template <class T>
const RowFunctions<T>& functions() {
  if constexpr (std::is_same_v<T, float>) return row_tables().f32;
  else return row_tables().f64;
}

/// softmax or log_softmax, or a gradient of one, along the last axis.
template <class T>
class SoftmaxRows final : public Kernel {
 public:
  explicit SoftmaxRows(const Group& group) : at_(input_places(group)) {
    const std::string_view op = group.members[0].op->name;
    const RowFunctions<T>& f = functions<T>();
    if (op == "softmax" || op == "log_softmax") forward_ = op == "softmax" ? f.softmax : f.log_softmax;
    else backward_ = op == "softmax_backward" ? f.softmax_backward : f.log_softmax_backward;
  }
  RunStatus run(const KernelRun& run) const override {
    const int64_t n = run.outputs[0].shape().back(), rows = run.outputs[0].elements() / std::max<int64_t>(n, 1);
    if (forward_) forward_(run.in<T>(at_[0]), run.out<T>(0), rows, n);
    else backward_(run.in<T>(at_[0]), run.in<T>(at_[1]), run.out<T>(0), rows, n);
    return {};
  }

 private:
  SmallVector<size_t, kMaxOperands> at_;
  void (*forward_)(const T*, T*, int64_t, int64_t) = nullptr;
  void (*backward_)(const T*, const T*, T*, int64_t, int64_t) = nullptr;
};

/// softmax_cross_entropy or its gradient.
template <class T>
class CrossEntropy final : public Kernel {
 public:
  explicit CrossEntropy(const Group& group)
      : at_(input_places(group)),
        name_(group.members[0].op->name.data()),
        backward_(group.members[0].inputs.size() == 3) {}
  RunStatus run(const KernelRun& run) const override {
    const Shape& shape = run.inputs[at_[0]].shape();
    const int64_t* labels = run.in<int64_t>(at_[1]);
    for (int64_t row = 0; row < shape[0]; ++row) label_of(run, row, shape[1], name_);
    const T* x = run.in<T>(at_[0]);
    if (backward_) functions_.cross_entropy_backward(x, labels, run.in<T>(at_[2]), run.out<T>(0), shape[0], shape[1]);
    else functions_.cross_entropy(x, labels, run.out<T>(1), run.out<T>(0), shape[0], shape[1]);
    return {};
  }

 private:
  const RowFunctions<T>& functions_ = functions<T>();
  SmallVector<size_t, kMaxOperands> at_;
  const char* name_;
  bool backward_;
};

/// normalize_rows or its gradient.
template <class T>
class NormalizeRows final : public Kernel {
 public:
  explicit NormalizeRows(const Group& group)
      : at_(input_places(group)),
        attributes_(group.members[0].attributes.as<NormalizeRowsAttributes>()),
        backward_(group.members[0].inputs.size() == 3) {}
  RunStatus run(const KernelRun& run) const override {
    const Rows rows = rows_of(attributes_, run.outputs[0].shape());
    const T* x = run.in<T>(at_[0]);
    if (backward_)
      functions_.normalize_backward(x, run.in<T>(at_[1]), run.in<T>(at_[2]), run.out<T>(0), rows.count, rows.length,
                                    attributes_.center);
    else
      functions_.normalize(x, run.out<T>(0), run.out<T>(1), rows.count, rows.length, T(attributes_.epsilon),
                           attributes_.center);
    return {};
  }

 private:
  const RowFunctions<T>& functions_ = functions<T>();
  SmallVector<size_t, kMaxOperands> at_;
  NormalizeRowsAttributes attributes_;
  bool backward_;
};

constexpr const char* kHow = "rows in one pass through memory";

}  // namespace

OfferResult offer_softmax(const Group& group, const OfferContext&) {
  const GroupMember& member = group.members[0];
  const Shape& shape = group.operands[size_t(member.inputs[0])].type.shape;
  if (axis_rows(shape, member.attributes.as<AxisAttributes>().axis).inner != 1)
    return Refusal{"rows whose elements are not side by side"};
  return offer_alone<SoftmaxRows>(group, kHow);
}

OfferResult offer_cross_entropy(const Group& group, const OfferContext&) {
  return offer_alone<CrossEntropy>(group, kHow);
}

OfferResult offer_normalize_rows(const Group& group, const OfferContext&) {
  return offer_alone<NormalizeRows>(group, kHow);
}

}  // namespace tacho::simd
