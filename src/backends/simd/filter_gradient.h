#pragma once
#include <algorithm>

#include "backends/simd/convolution_group.h"
#include "backends/simd/filter_range.h"
#include "op/output_partial.h"
#include "op/part_run.h"
#include "op/row_join.h"

namespace tacho::simd {

/// What the kernels of conv2d_backward_weights share: a partial of numbers T in their own form behind a header that
/// says whether any slice has been added yet (so that the first one overwrites instead of adding to zeros). A call on
/// whole images divides over the filters: each part makes sums of its own filters only.
template <class T>
class FilterGradientOf : public Kernel, public PartRun {
 public:
  explicit FilterGradientOf(const ConvolutionGroup& group) : group_(group) {}

  /// Of one call; where nothing is summed over slices (`whole`), with a partial of its own.
  size_t workspace_bytes(bool whole) const {
    return aligned_bytes(size_t(scratch_elements()) * sizeof(T)) + (whole ? partial_bytes() : 0);
  }

  RunStatus run(const KernelRun& run) const final { return make(run, all()); }
  int64_t units() const final {
    const int64_t together = filters_together();
    return together > 0 ? (all().count + together - 1) / together : 1;
  }
  RunStatus run_part(const KernelRun& run) const final {
    const int64_t together = filters_together(), first = run.slice.begin * together;
    return make(run, {first, std::min(run.slice.count * together, all().count - first)});
  }
  size_t partial_bytes() const final { return kHeaderBytes + aligned_bytes(size_t(elements()) * sizeof(T)); }
  void begin(void* partial) const final { empty(partial) = 1; }
  RunStatus accumulate(const KernelRun& run, void* partial) const final {
    const int64_t images = run.inputs[group_.first].shape()[0];
    if (images == 0) return {};
    add_from(run, images, run.in<T>(group_.second), all(), empty(partial) != 0, sums(partial),
             static_cast<T*>(run.workspace));
    empty(partial) = 0;
    return {};
  }
  void combine(void* into, const void* from) const final {
    if (empty(from)) return;
    join(sums(into), sums(from), empty(into) != 0);
    empty(into) = 0;
  }
  void finish(const void* partial, std::span<const View> outputs) const final {
    const View& dw = outputs[size_t(group_.y)];
    if (empty(partial)) std::fill_n(dw.as<T>(), dw.elements(), T(0));
    else write(sums(partial), all(), dw.as<T>());
  }

 protected:
  /// The sums of all lanes that have seen a slice: the plan gives every lane one, only a batch of nothing does not.
  static Lanes<T> filled(const Lanes<std::byte>& lanes) {
    int64_t count = 0;
    while (count < lanes.count && !empty(lanes[count])) ++count;
    return Lanes<std::byte>{lanes.first, lanes.step, count}.at<T>(kHeaderBytes);
  }
  /// A part's filters begin at multiples of this and, but for the last, are a multiple of it; 0: only all at once.
  virtual int64_t filters_together() const { return 0; }
  virtual int64_t scratch_elements() const = 0;
  /// Numbers in the partial.
  virtual int64_t elements() const = 0;
  /// Some filters' gradient of `images` images x and results' gradients dy, into sums (of all filters): added, or
  /// written over them where they are `empty`.
  virtual void add(int64_t, const T*, const T*, const FilterRange&, bool, T*, T*) const {
    TACHO_CHECK(false, "not the way it adds");
  }
  /// The same where the results' gradients are made of several operands of the run.
  virtual void add_from(const KernelRun& run, int64_t images, const T* x, const FilterRange& some, bool empty, T* sums,
                        T* workspace) const {
    add(images, x, run.in<T>(group_.first), some, empty, sums, workspace);
  }
  virtual void join(T* into, const T* from, bool empty) const = 0;
  /// Some filters into their own layout; `dw` is where the first of them goes.
  virtual void write(const T* sums, const FilterRange& some, T* dw) const = 0;

 private:
  static constexpr size_t kHeaderBytes = 64;
  FilterRange all() const { return {0, group_.geometry.k}; }
  /// Sums of one call's own, behind its scratch, and out of them these filters' gradient.
  RunStatus make(const KernelRun& run, const FilterRange& some) const {
    const int64_t images = run.inputs[group_.first].shape()[0], k = group_.geometry.k;
    const View& dw = run.outputs[size_t(group_.y)];
    const int64_t filter = k > 0 ? dw.elements() / k : 0;
    T* const to = dw.as<T>() + some.first * filter;
    if (images == 0) {
      std::fill_n(to, some.count * filter, T(0));
      return {};
    }
    T* const own = sums(static_cast<std::byte*>(run.workspace) + aligned_bytes(size_t(scratch_elements()) * sizeof(T)));
    add_from(run, images, run.in<T>(group_.second), some, true, own, static_cast<T*>(run.workspace));
    write(own, some, to);
    return {};
  }
  static int64_t& empty(void* partial) { return *static_cast<int64_t*>(partial); }
  static int64_t empty(const void* partial) { return *static_cast<const int64_t*>(partial); }
  static T* sums(void* partial) { return reinterpret_cast<T*>(static_cast<std::byte*>(partial) + kHeaderBytes); }
  static const T* sums(const void* partial) {
    return reinterpret_cast<const T*>(static_cast<const std::byte*>(partial) + kHeaderBytes);
  }

  ConvolutionGroup group_;
};
using FilterGradient = FilterGradientOf<float>;

}  // namespace tacho::simd
