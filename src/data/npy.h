#pragma once
#include <string>
#include <string_view>

#include "tensor/shape.h"

namespace tacho {

/// What the head of a NumPy array file says.
struct NpyHeader {
  TensorType type;         ///< only '<f4', '<f8', '|u1', '<i4', '<i8' and '|b1' in C order are accepted
  int64_t head_bytes = 0;  ///< the elements begin here
};

/// The longest head that is read; a longer one is refused.
constexpr size_t kMaxNpyHead = 64 << 10;

/// Parses the head of a .npy file (versions 1 to 3) from its first bytes, `where` naming the file. Throws tacho::Error,
/// also for object arrays, Fortran order, big-endian numbers, and shapes whose product overflows.
NpyHeader parse_npy_header(std::string_view bytes, const std::string& where);

}  // namespace tacho
