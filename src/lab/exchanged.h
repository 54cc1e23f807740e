#pragma once
// The kernels that a switch exchanges, by themselves, in turn with whole steps.
#include <optional>
#include <vector>

#include "analysis/price.h"
#include "lab/turns.h"
#include "plan/plan.h"

namespace tacho {

/// Seconds in which a switch's kernels must have been measured by themselves once; else it has no estimate.
constexpr double kPriceSeconds = 20;

/// Those of a plan's nodes for which `wanted` is set, together the ones that are the same calls: of the same kernel, on
/// operands of the same types and layouts, sliced alike.
std::vector<std::vector<size_t>> alike_nodes(const Plan& plan, const std::vector<bool>& wanted);

/// The rows that the other step has new, by themselves, and in turn with them those of the run in whose place they
/// come, and whole steps. `plan`: the run's, null where it has none; its rows, which only the estimate's interval
/// needs, are measured twice. `both`: see rows_in_both. Nothing where the first round takes longer than kPriceSeconds.
///
/// Three rounds; of rows that are the same calls each round measures another, the undisturbed of which stands for all.
/// While verifying each row is measured, in four rounds, and after those what differs by more than a thousandth of all
/// between its two least times: in quiet minutes hardly any, else what neighbours disturb most.
std::optional<AloneTimes> measure_exchanged(const Plan* plan, const Plan& other, const std::vector<int>& both,
                                            int threads, bool verifying, Turns& turns);

}  // namespace tacho
