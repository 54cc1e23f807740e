#pragma once
// The least time that an operation can take on this machine, by what its kernel executes and moves (architecture
// section 8).
#include "analysis/report.h"

namespace tacho {

/// What one step's executed operations take at least, in multiply-adds: one instruction does either a multiply-add, or
/// one of mul, add and cmp alone. A quotient takes at least 4 (an estimate of the reciprocal and a Newton step), an
/// exp, log, tanh or erf at least 8 (reduction of the range, a polynomial of degree 5, scaling), and a square root no
/// less where it is an instruction of its own. Moves take no arithmetic: they are in the bytes.
double multiply_adds(const Tally& executed);

/// Floor of all of a row's calls in one step, as thread time: the larger of arithmetic at a thread's rate and bytes at
/// a thread's bandwidth from the level that holds what a call touches, where `threads` threads are busy alike. Without
/// one of the ceilings (a dtype that was not measured) that side is left out.
Floor floor_of(const NodeRow& row, const MachineProfile& profile, int threads);

/// Fills in the floors of operations (the first of which are the record's rows), of layers and of the step. Does
/// nothing where the record has no profile.
void add_floors(Report& report);

}  // namespace tacho
