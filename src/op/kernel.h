#pragma once
#include <memory>
#include <span>
#include <vector>

#include "count/op_count.h"
#include "op/slice.h"
#include "op/value.h"
#include "tensor/tensor.h"

namespace tacho {

/// One call of a kernel: views of this slice's part of each operand. Outputs that are partial results have no view here
/// (data null): they go into the partial.
struct KernelRun {
  std::span<const View> inputs, outputs;
  Slice slice;
  void* workspace = nullptr;            ///< Offer::workspace_bytes, 64-byte aligned, of this thread
  std::span<const void* const> packed;  ///< one pointer per Offer::packs entry, whose operand is then not read

  template <class T>
  const T* in(size_t i) const {
    return inputs[i].as<T>();
  }
  template <class T>
  T* out(size_t i) const {
    return outputs[i].as<T>();
  }
};

/// Something under way on a device or in a library's own threads; the executor polls between tasks.
class Event {
 public:
  virtual ~Event() = default;
  virtual bool done() = 0;
};

/// `event` is null where the work is done on return.
struct RunStatus {
  Event* event = nullptr;
  bool done() const { return event == nullptr; }
};

/// An executable group for fixed slice shapes. Const: threads share it. Never blocks, locks, allocates or opens a
/// measurement.
class Kernel {
 public:
  virtual ~Kernel() = default;
  /// All outputs from all inputs, for one slice.
  virtual RunStatus run(const KernelRun& run) const = 0;

  /// Reductions over slices: begin once a lane, accumulate once a slice in order, combine lanes by a binary tree,
  /// finish once. A partial is in the kernel's own layout (Winograd's weight gradient stays in its domain until
  /// `finish`).
  virtual size_t partial_bytes() const { return 0; }
  virtual void begin(void* partial) const;
  virtual RunStatus accumulate(const KernelRun& run, void* partial) const;
  virtual void combine(void* into, const void* from) const;
  /// Writes the partial outputs (views of the whole values; sliced outputs are null).
  virtual void finish(const void* partial, std::span<const View> outputs) const;

  /// Rewrites operand Offer::packs[index].operand into the kernel's own form; reruns when the operand changes.
  virtual void pack(size_t index, const View& operand, void* destination) const;
};

/// What a kernel performs, as against what the operation requires (architecture section 7).
struct Executed {
  Tally tally;  ///< for the shapes that were offered
  bool declared =
      false;  ///< false: counted by running the same template on the counting scalar; true: stated for a library
};

}  // namespace tacho
