#include "tensor/dtype.h"

#include "base/error.h"

namespace tacho {
namespace {
struct Row {
  DType dtype;
  std::string_view name;
  size_t bytes;
};
constexpr Row kRows[] = {{DType::float32, "float32", 4},   {DType::float64, "float64", 8}, {DType::int32, "int32", 4},
                         {DType::int64, "int64", 8},       {DType::uint8, "uint8", 1},     {DType::boolean, "bool", 1},
                         {DType::counting, "counting", 16}};
}  // namespace

size_t size_of(DType dtype) { return kRows[size_t(dtype)].bytes; }
std::string_view name_of(DType dtype) { return kRows[size_t(dtype)].name; }

DType dtype_of(std::string_view name) {
  for (const Row& row : kRows)
    if (row.name == name && row.dtype != DType::counting) return row.dtype;
  fail("unknown dtype '", name, "'; known: float32, float64, int32, int64, uint8, bool");
}

bool is_floating(DType dtype) { return dtype == DType::float32 || dtype == DType::float64 || dtype == DType::counting; }

}  // namespace tacho
