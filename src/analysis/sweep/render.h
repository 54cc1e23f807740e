#pragma once
#include <string>

#include "analysis/render_json.h"
#include "analysis/sweep/sweep.h"
#include "analysis/text.h"

namespace tacho {

/// Points, a picture, the fits beside the formulas' exponents, and where they part: at most 80 columns.
std::string render_text(const Sweep& sweep, const Paint& paint = {});

/// `schema` "tacho.sweep" first; docs/sweep.md says what the fields mean.
Json to_json(const Sweep& sweep);

// Shared with other results.
Json to_json(const PowerFit& fit);
/// "1.00 ± 0.02"; "-" where there is none.
std::string exponent_text(const std::optional<PowerFit>& fit);

}  // namespace tacho
