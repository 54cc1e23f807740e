#pragma once
// The least time that an operation can take on this machine, by what its kernel executes and moves (architecture
// section 8).
#include "analysis/report.h"
#include "plan/ceiling_times.h"

namespace tacho {

/// Floor of all of a row's calls in one step, as thread time: the larger of arithmetic at a thread's rate and bytes at
/// a thread's bandwidth from the level that holds what a call touches, where `threads` threads are busy alike. Without
/// one of the ceilings (a dtype that was not measured) that side is left out.
Floor floor_of(const NodeRow& row, const MachineProfile& profile, int threads);

/// Fills in the floors of operations (the first of which are the record's rows), of layers and of the step. Does
/// nothing where the record has no profile.
void add_floors(Report& report);

}  // namespace tacho
