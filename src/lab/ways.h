#pragma once
// The same step executed in other ways, a few steps each: the documents' comparison at a glance.
#include "analysis/record.h"
#include "analysis/report.h"
#include "lab/measure.h"

namespace tacho {

/// Products against the rest, of a report's median step.
OtherWay way_of(const Report& report);

/// This run and the ways of the documents' story: procedural against graph, gather against im2col, reference against
/// BLAS, and this run's own kernels procedurally. Up to three steps each after those of warm-up; a way that would
/// take more than `seconds` for them is skipped, with the reason: by its first step, the reference's by one of
/// two examples.
std::vector<OtherWay> measure_ways(const StepOptions& options, const Switches& switches, const Dataset& data,
                                   const Report& own, const MeasureOptions& measuring, double seconds = 10);

}  // namespace tacho
