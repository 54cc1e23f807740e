#pragma once
// The same step executed in other ways, a few steps each: the documents' comparison at a glance.
#include "analysis/record.h"
#include "analysis/report.h"
#include "lab/measure.h"

namespace tacho {

/// Products against the rest, of a report's median step.
OtherWay way_of(const Report& report);

/// This run and the ways of the documents' story: procedural against graph, gather against im2col, reference against
/// BLAS, and this run's own kernels procedurally. Three steps each after one of warm-up; a way whose first step says
/// that it would take more than ten seconds is skipped, with the reason.
std::vector<OtherWay> measure_ways(const StepOptions& options, const Switches& switches, const Dataset& data,
                                   const Report& own, const MeasureOptions& measuring);

}  // namespace tacho
