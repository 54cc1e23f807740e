#pragma once
#include "ops/normalize_rows.h"

namespace tacho {

/// Gradient of normalize_rows for x from dy, its y and its `inverse`; of dy's shape.
Value normalize_rows_backward(Emitter& emitter, Value dy, Value y, Value inverse,
                              const NormalizeRowsAttributes& attributes);

}  // namespace tacho
