#pragma once
#include <cstdint>
#include <string_view>

namespace tacho {

/// Element types. `counting` exists only inside the operations' laws: a double that tallies what is done with it.
enum class DType : uint8_t { float32, float64, int32, int64, uint8, boolean, counting };

/// Bytes of one element.
size_t size_of(DType dtype);
/// "float32", "float64", "int32", "int64", "uint8", "bool".
std::string_view name_of(DType dtype);
/// Inverse of name_of; throws tacho::Error that lists what is known.
DType dtype_of(std::string_view name);
/// True for float32, float64 and counting.
bool is_floating(DType dtype);

}  // namespace tacho
