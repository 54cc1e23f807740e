#include "lower/columns.h"

#include "ops/matmul.h"
#include "ops/reshape.h"

namespace tacho {

std::vector<int64_t> columns_shape(const ConvGeometry& g) {
  const int64_t rows = g.channels_per_group() * g.taps();
  if (g.groups == 1) return {rows, g.places()};
  return {g.groups, rows, g.places()};
}

Value product_with_columns(Emitter& emitter, const ConvGeometry& g, Products products, Value filters, Value columns) {
  const int64_t rows = g.channels_per_group() * g.taps();
  const std::vector<int64_t> matrix =
      g.groups == 1 ? std::vector<int64_t>{g.k, rows} : std::vector<int64_t>{g.groups, g.filters_per_group(), rows};
  const Value product = matmul(emitter, reshape(emitter, filters, matrix), columns, {.products = products});
  return reshape(emitter, product, {g.n, g.k, g.rows.out, g.columns.out});
}

}  // namespace tacho
