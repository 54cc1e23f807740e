#pragma once
#include <cstdint>

#include "op/value.h"
#include "ops/products.h"

namespace tacho {
class Emitter;

struct MatmulAttributes {
  bool transpose_a = false, transpose_b = false;
  /// The first `contracted` batch axes are summed over as well: C = sum_b A_b B_b, one product with their extents times
  /// k terms.
  int64_t contracted = 0;
  Products products = Products::as_given;
  static void fields(auto& self, auto&& field) {
    field("transpose_a", self.transpose_a, "transA");
    field("transpose_b", self.transpose_b, "transB");
    field("contracted", self.contracted);
    list_products(self.products, field);
  }
};

/// C = A B over the last two axes (m x k by k x n), batched over the axes before them, which broadcast.
Value matmul(Emitter& emitter, Value a, Value b, MatmulAttributes attributes = {});

}  // namespace tacho
