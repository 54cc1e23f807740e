#pragma once
// Images N x C x H x W with their channels in blocks of b: [N][C/b rounded up][H][W][b], behind the last channel zeros,
// which every kernel keeps. b = C is channels-last, the layout that backends share; the others are ours alone, with b
// as Layout::key. oneDNN's convolutions choose b; our own kernels work with any.
#include <optional>

#include "backends/onednn/dnnl_adapter.h"
#include "op/backend.h"

namespace tacho::onednn {

/// 0 for row-major, b for blocks, nothing for another backend's layout.
std::optional<int64_t> block_of(const Layout& layout, const Shape& shape);
/// The same for a layout that oneDNN chose for images of `shape`; nothing where it is none of these.
std::optional<int64_t> block_of(const Desc& desc, const Shape& shape);

/// What the plan is told; row-major where `block` is 0. `type` is one slice's part.
Layout layout_of(const TensorType& type, int64_t block);
/// What oneDNN is told: float32, or uint8 and int32 for the places of maxima. Images of 4, 8 or 16 channels in one
/// block have two names in oneDNN, and a primitive knows one of them: `last` says channels-last, else it is a block.
Desc image_desc(const Shape& shape, int64_t block, DType dtype = DType::float32, bool last = false);
/// Elements in memory, the padding of the last block included.
int64_t stored_elements(const Shape& shape, int64_t block);

/// Whether this operand may lie in this block: images taken in slices of the batch in any; whole ones, which the plan
/// may cut where it likes, only in a plain layout, which is channels-last.
bool may_block(const GroupOperand& operand, int64_t block);
/// The block that fits this machine's vectors: 16 with AVX-512, else 8; nothing where it does not divide the channels,
/// so that much of the last block would be padding.
std::optional<int64_t> preferred_block(int64_t channels);
/// The block in which an operand arrives, 0 where it is row-major or may not be in blocks.
int64_t arriving_block(const GroupOperand& operand);

/// Channels [first, first + lanes) of a block, for kernels that are compiled for a fixed number of lanes side by side:
/// calls f(std::integral_constant lanes, first) with as many of 16, then 4, then 1 as the block has.
template <class F>
void for_lanes(int64_t block, F&& f) {
  int64_t first = 0;
  for (; first + 16 <= block; first += 16) f(std::integral_constant<int64_t, 16>(), first);
  for (; first + 4 <= block; first += 4) f(std::integral_constant<int64_t, 4>(), first);
  for (; first < block; ++first) f(std::integral_constant<int64_t, 1>(), first);
}

/// Backend::reorder.
std::unique_ptr<Kernel> make_reorder_kernel(const TensorType& type, const Layout& from, const Layout& to);

}  // namespace tacho::onednn
