#pragma once
#include <string>

#include "analysis/render_json.h"
#include "analysis/text.h"
#include "analysis/why/attribution.h"

namespace tacho {

/// Header, waterfall, ranges, kinds of operation, orders: at most 80 columns.
std::string render_text(const Why& why, const Paint& paint = {});

/// `schema` "tacho.why" first; docs/why.md says what the fields mean.
Json to_json(const Why& why);

}  // namespace tacho
