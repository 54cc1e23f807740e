#pragma once
#include <string>
#include <vector>

#include "trace/step_profile.h"

namespace tacho {

/// Something beside what is compared that would explain a difference.
struct Confounder {
  enum State : uint8_t {
    same,
    differs,
    unknown,  ///< at least one side does not say
  } state = unknown;
  std::string what, a, b;  ///< values in words; "not recorded" where a side does not say
};

/// Network, kind of step, threads, batch, dtype, machine, library versions, warm-up, and whether whole steps were
/// recorded.
std::vector<Confounder> confounders(const StepProfile& a, const StepProfile& b);

}  // namespace tacho
