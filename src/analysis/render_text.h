#pragma once
// A report for a terminal.
#include <string>

#include "analysis/report.h"
#include "analysis/text.h"

namespace tacho {

/// Everything that `analyze` prints: at most 80 columns.
std::string render_text(const Report& report, const Paint& paint = {});

// Its sections.
std::string render_header(const Report& report, const Paint& paint);      ///< what ran, on what
std::string render_step(const Report& report, const Paint& paint);        ///< STEP
std::string render_ledger(const Report& report, const Paint& paint);      ///< LEDGER
std::string render_operations(const Report& report, const Paint& paint);  ///< OPERATIONS and KERNELS
std::string render_terms(const Report& report, const Paint& paint);       ///< ABOVE THEIR FLOORS; empty unmeasured
std::string render_layers(const Report& report, const Paint& paint);      ///< LAYERS
std::string render_ways(const Report& report, const Paint& paint);        ///< SAME STEP, OTHER WAYS; empty without any
std::string render_findings(const Report& report, const Paint& paint);    ///< FINDINGS, trust and NEXT

/// The median step of two runs that differ by one switch, side by side.
std::string render_against(const Report& base, const Report& other, const std::string& name, const std::string& value,
                           const Paint& paint);

}  // namespace tacho
