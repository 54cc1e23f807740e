#pragma once
#include "data/examples.h"

namespace tacho {

/// LIBSVM text, `label index:value ...` a line, indices from 1 and ascending, `#` starts a comment. Labels are
/// integers. The result is dense, N x the largest index, or `features` where that is more. Throws tacho::Error with the
/// line's number.
Examples read_libsvm(const std::string& path, int64_t features = 0);

}  // namespace tacho
