#pragma once
#include "ops/im2col.h"

namespace tacho {

struct Col2imAttributes {
  Im2colAttributes window;
  std::array<int64_t, 2> image{1, 1};  ///< H, W
  static void fields(auto& self, auto&& field) {
    Im2colAttributes::fields(self.window, field);
    field("image", self.image);
  }
};

/// Adjoint of im2col: columns (N x (C*KH*KW) x (OH*OW)) are added up where they came from: N x C x H x W.
Value col2im(Emitter& emitter, Value columns, const Col2imAttributes& attributes);

}  // namespace tacho
