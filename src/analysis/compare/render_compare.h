#pragma once
#include <string>

#include "analysis/compare/regression.h"
#include "analysis/render_json.h"
#include "analysis/text.h"

namespace tacho {

struct CompareView {
  bool accept = false;                     ///< conclude in spite of confounders
  const Regression* regression = nullptr;  ///< null where the check was not asked for
  size_t rows = 12;                        ///< operations printed
};

/// At most 80 columns. Where something else differs and was not accepted, the terms are withheld.
std::string render_compare_text(const Comparison& comparison, const CompareView& view, const Paint& paint = {});

/// `schema` "tacho.compare": docs/compare.md says what each field means.
Json compare_to_json(const Comparison& comparison, const CompareView& view);

}  // namespace tacho
