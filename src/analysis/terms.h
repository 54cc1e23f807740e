#pragma once
#include "analysis/report.h"

namespace tacho {

/// Adds up each operation's time from its floor on, and the step's from one thread on. Does nothing where the record
/// has no profile or was not measured apart.
void add_terms(Report& report);

}  // namespace tacho
