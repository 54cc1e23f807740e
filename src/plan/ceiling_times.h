#pragma once
// The cost model of --tune off: what a kernel's call takes by what it executes and moves, and by the machine's
// ceilings. Runs and measures nothing, so that the same machine always chooses alike.
#include "machine/profile.h"
#include "plan/kernel_times.h"

namespace tacho {

/// What one step's executed operations take at least, in multiply-adds: one instruction does either a multiply-add, or
/// one of mul, add and cmp alone. A quotient takes at least 4 (an estimate of the reciprocal and a Newton step), an
/// exp, log, tanh or erf at least 8 (reduction of the range, a polynomial of degree 5, scaling), and a square root no
/// less where it is an instruction of its own. Moves take no arithmetic: they are in the bytes.
double multiply_adds(const Tally& executed);

/// A call takes the larger of two times, and a constant for the call itself. Arithmetic: multiply_adds() of what the
/// offer says it executes, at the ceiling of its dtype times the offer's efficiency. Bytes: each operand read or
/// written once (a packed operand in its packed form, a partial read and written), at the bandwidth of the level of
/// memory that holds them all. Packing and converting layouts are bytes alone, at half of that: one of the two sides is
/// not read in order.
class CeilingTimes final : public KernelTimes {
 public:
  /// Of one thread's ceilings.
  explicit CeilingTimes(MachineProfile ceilings) : ceilings_(std::move(ceilings)) {}
  int64_t ns(const KernelCall& call, const std::string& key) override;

 private:
  double run_ns(const KernelCall& call) const;
  double bytes_ns(double bytes) const;

  MachineProfile ceilings_;
};

/// By the kept profile of this machine, as `tacho machine` measured it; where there is none, by what processors with
/// its instruction sets have in common (machine/nominal.h). One a process.
CeilingTimes& this_machine_times();

}  // namespace tacho
