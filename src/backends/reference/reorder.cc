#include "backends/reference/reorder.h"

#include "ops/walk.h"

namespace tacho::reference {
namespace {

class Reorder final : public Kernel {
 public:
  Reorder(const Layout& from, const Layout& to) : from_(from), to_(to) {}

  RunStatus run(const KernelRun& run) const override {
    const Shape& shape = run.inputs[0].shape();
    Shape strides(shape.size()), extents, steps;
    int64_t stride = 1;
    for (size_t i = shape.size(); i-- > 0; stride *= shape[axis_at(from_, i)]) strides[axis_at(from_, i)] = stride;
    for (size_t i = 0; i < shape.size(); ++i) {
      extents.push_back(shape[axis_at(to_, i)]);
      steps.push_back(strides[axis_at(to_, i)]);
    }
    move_by_walk<float>(run, make_walk<1>(extents, {steps}));
    return {};
  }

 private:
  /// The axis that stands at place `i` in memory, 0 outermost.
  static size_t axis_at(const Layout& layout, size_t i) {
    return layout.permutation.empty() ? i : size_t(layout.permutation[i]);
  }

  Layout from_, to_;
};

bool fits(const TensorType& type, const Layout& layout) {
  return layout.kind == Layout::plain && (layout.permutation.empty() || layout.permutation.size() == type.shape.size());
}

}  // namespace

std::unique_ptr<Kernel> make_reorder(const TensorType& type, const Layout& from, const Layout& to) {
  if (!fits(type, from) || !fits(type, to)) return nullptr;
  return std::make_unique<Reorder>(from, to);
}

}  // namespace tacho::reference
