#pragma once
// Where a kernel's call stands among the calls that were calibrated: its family, and its sizes in octaves.
#include <string>
#include <vector>

#include "plan/kernel_times.h"
#include "plan/plan.h"

namespace tacho {

/// Calls of one family differ in sizes only: same backend, algorithm, operation and symbols.
struct KernelPoint {
  std::string op;         ///< of the anchor; "pack", "reorder"
  std::string family;     ///< "simd|conv2d(C,H,...)|direct ..."
  std::vector<double> x;  ///< log2(1 + size) of each symbol, work and bytes; flags of what is fused and of layouts
  std::vector<std::string> names;  ///< of x: "C", "work", "bytes in"
  double work = 0;                 ///< required, of the call
  double executed = 0;             ///< work that the kernel says it does; what is required where it says nothing
  double bytes = 0;                ///< of all its operands, each once
};

/// A group run on the slice whose shapes it has; `executed`: the kernel's own work there, 0 where it is not known.
KernelPoint point_of_run(const Group& group, std::string_view backend, std::string_view kernel, std::string_view reason,
                         double executed);
/// An operand rewritten for a kernel of operation `op`.
KernelPoint point_of_pack(std::string_view backend, std::string_view kernel, std::string_view op,
                          const TensorType& type, int64_t bytes);
KernelPoint point_of_reorder(std::string_view backend, const TensorType& type, const Layout& from, const Layout& to);
KernelPoint point_of(const KernelCall& call);

/// One node of a plan in a step: the times that it is called, each with its point, and where its operands lie.
struct NodeCalls {
  struct Part {
    KernelPoint point;
    int64_t calls = 0, examples = 0;
  };
  std::vector<Part> parts;  ///< the larger slices, and those of one example less; empty where nothing runs
  double context[8] = {};   ///< see kContextNames
};
inline constexpr const char* kContextNames[] = {"local bytes", "crossing bytes",        "whole bytes",  "partial bytes",
                                                "local arena", "segment's whole bytes", "shared arena", "sliced"};
NodeCalls calls_of(const Plan& plan, int node);

/// What a step's schedule costs besides kernels depends on.
struct StepCalls {
  int64_t items = 0;   ///< calls of a step, all slices counted
  int64_t stages = 0;  ///< with a barrier behind each
  int64_t waits = 0;   ///< tasks that wait for other tasks instead (Plan::successors)
};
StepCalls step_calls_of(const Plan& plan);

}  // namespace tacho
