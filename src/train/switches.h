#pragma once
// The switches of architecture section 5: ways to execute the same network that differ by one named thing each.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ops/products.h"
#include "plan/plan.h"

namespace tacho {

/// What the user asked for; a switch that is absent from `set` is at its default. Known names: execution, convolution,
/// gemm, fusion, memory-plan, layout, schedule, lanes, tune, backend, threads, dtype.
struct Switches {
  std::map<std::string, std::string> set;
};

/// One switch as reports and --help print it.
struct SwitchInfo {
  std::string name, values, default_value, isolates;
};
const std::vector<SwitchInfo>& all_switches();

/// Sets one switch. Throws tacho::Error for an unknown name or value (listing the known ones) and for values that this
/// version does not have yet (with the reason).
void set_switch(Switches& switches, const std::string& name, const std::string& value);

/// Switches with every default filled in and every combination checked.
struct Way {
  bool procedural = false;
  std::string convolution;  ///< auto, gather, im2col, direct, winograd, winograd-2x2
  std::string gemm;         ///< auto, reference, blas, onednn
  bool fusion = true, memory_plan = true;
  ImageLayout images = ImageLayout::automatic;
  Schedule schedule = Schedule::slices;
  int lanes = 0;       ///< 0: the machine's cores
  bool tune = false;   ///< kernels by measurement
  bool model = false;  ///< kernels by the cost model; where neither, by the order of the backends
  int threads = 1;
  DType dtype = DType::float32;  ///< of values
  Products products = Products::as_given;
  std::vector<std::string> backends;  ///< in order of preference, `reference` last
  /// Name and value of every switch, in all_switches' order: what reports print.
  std::vector<std::pair<std::string, std::string>> switches;
};

/// What --dtype says: "bfloat16" where products may multiply in it, else the dtype of values.
std::string dtype_name(const Way& way);

/// Throws tacho::Error where switches contradict each other, with the reason.
Way resolve(const Switches& switches);

/// "graph, im2col convolution, blas gemm, fusion on": the switches that say how.
std::string to_string(const Way& way);

/// What --convolution comes to: for auto "direct" where a backend of this way computes convolutions, else "im2col".
std::string convolution_of(const Way& way);

/// The planner's options for this way.
PlanOptions plan_options(const Way& way);

}  // namespace tacho
