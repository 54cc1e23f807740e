#pragma once
// How a value lies in memory. Views are logical (the operation's own axis order); the layout says where element (i, j,
// ...) is.
#include <cstdint>
#include <string>

#include "base/small_vector.h"
#include "tensor/shape.h"

namespace tacho {

struct Backend;

/// plain: row-major after permuting the axes (empty permutation: as they are). blocked: plain, with one axis split into
/// blocks that are innermost. opaque: only its owner knows; the owner supplies the reorders.
struct Layout {
  enum Kind : uint8_t { plain, blocked, opaque } kind = plain;
  SmallVector<int8_t, kMaxRank> permutation;
  int8_t block_axis = 0;
  int16_t block = 0;
  const Backend* owner = nullptr;
  uint64_t key = 0;   ///< the owner's name for it
  int64_t bytes = 0;  ///< of one slice's part, for opaque layouts
  bool is_row_major() const { return kind == plain && permutation.empty(); }
  bool is_channels_last() const { return kind == plain && permutation == SmallVector<int8_t, kMaxRank>{0, 2, 3, 1}; }
  friend bool operator==(const Layout& a, const Layout& b) {
    return a.kind == b.kind && a.permutation == b.permutation && a.block_axis == b.block_axis && a.block == b.block &&
           a.owner == b.owner && a.key == b.key && a.bytes == b.bytes;
  }
};

/// Images N x C x H x W that lie as N x H x W x C: the layout in which backends hand images to one another.
inline Layout channels_last() { return {.permutation = {0, 2, 3, 1}}; }

/// Whether a value of `shape` lies alike in memory in both: plain layouts that differ only in where axes of extent 1
/// stand (images of one channel, or of one place, lie channels-last as they do row-major).
bool same_in_memory(const Shape& shape, const Layout& a, const Layout& b);

/// How images shall lie (--layout).
enum class ImageLayout : uint8_t {
  automatic,  ///< as each backend likes
  nchw,       ///< row-major
  nhwc,       ///< channels-last, else row-major
  blocked,    ///< in blocks of channels, else row-major
};

/// "row-major", "permuted(0,2,3,1)", "blocked(axis 1 by 16)", "opaque(stub:7)".
std::string to_string(const Layout& layout);

}  // namespace tacho
