#include "backends/onednn/layouts.h"

#include "backends/onednn/made_once.h"

namespace tacho {

extern const Backend backend_onednn;

namespace onednn {
namespace {

Dims dims_of(const Shape& shape) { return {shape.begin(), shape.end()}; }

dnnl::memory::data_type data_type_of(DType dtype) {
  if (dtype == DType::uint8) return dnnl::memory::data_type::u8;
  TACHO_CHECK(dtype == DType::float32 || dtype == DType::int32, "no images of ", name_of(dtype));
  return dtype == DType::float32 ? dnnl::memory::data_type::f32 : dnnl::memory::data_type::s32;
}

class Reorder final : public Kernel {
 public:
  Reorder(int64_t from, int64_t to) : from_(from), to_(to) {}

  RunStatus run(const KernelRun& run) const override {
    const TensorType& type = run.inputs[0].type;
    if (element_count(type.shape) == 0) return {};
    reorders_
        .at(type.shape[0],
            [&] {
              return make_reorder(image_desc(type.shape, from_, type.dtype), image_desc(type.shape, to_, type.dtype));
            })
        .run({run.inputs[0].data, run.outputs[0].data}, nullptr, 0);
    return {};
  }

 private:
  int64_t from_, to_;
  MadeOnce<int64_t, Primitive> reorders_;  ///< by number of images
};

}  // namespace

std::optional<int64_t> block_of(const Layout& layout, const Shape& shape) {
  if (layout.is_row_major()) return 0;
  if (layout.is_channels_last()) return shape[1];
  if (layout.kind == Layout::opaque && layout.owner == &backend_onednn) return int64_t(layout.key);
  return std::nullopt;
}

std::optional<int64_t> block_of(const Desc& desc, const Shape& shape) {
  for (int64_t block : {int64_t(0), int64_t(16), int64_t(8), int64_t(4)})
    if (desc == image_desc(shape, block)) return block;
  // Of one channel, channels-last is row-major; of 16 it is also a block of 16, of which the descriptions differ.
  if (desc == Desc(dims_of(shape), dnnl::memory::data_type::f32, Tag::acdb)) return shape[1] == 1 ? 0 : shape[1];
  return std::nullopt;
}

Layout layout_of(const TensorType& type, int64_t block) {
  Layout layout;
  if (block == 0) return layout;
  if (block == type.shape[1]) return channels_last();
  layout.kind = Layout::opaque;
  layout.owner = &backend_onednn;
  layout.key = uint64_t(block);
  layout.bytes = stored_elements(type.shape, block) * int64_t(size_of(type.dtype));
  return layout;
}

Desc image_desc(const Shape& shape, int64_t block, DType dtype, bool last) {
  Tag tag = Tag::acdb;
  if (block == 0) tag = Tag::abcd;
  else if (last && block == shape[1]) tag = Tag::acdb;
  else if (block == 16) tag = Tag::aBcd16b;
  else if (block == 8) tag = Tag::aBcd8b;
  else if (block == 4) tag = Tag::aBcd4b;
  else TACHO_CHECK(block == shape[1], "images of ", shape[1], " channels in blocks of ", block);
  return {dims_of(shape), data_type_of(dtype), tag};
}

int64_t stored_elements(const Shape& shape, int64_t block) {
  if (block == 0) return element_count(shape);
  return element_count({shape[0], (shape[1] + block - 1) / block, shape[2], shape[3], block});
}

bool may_block(const GroupOperand& operand, int64_t block) {
  if (operand.type.shape.size() != 4) return false;
  return operand.state.is_sliced(0) || (operand.state.kind == SliceState::whole && block == operand.type.shape[1]);
}

int64_t arriving_block(const GroupOperand& operand) {
  if (operand.type.shape.size() != 4) return 0;
  const int64_t block = block_of(operand.layout, operand.type.shape).value_or(0);
  return may_block(operand, block) ? block : 0;
}

std::optional<int64_t> preferred_block(int64_t channels) {
  const int64_t block = this_cpu().has("avx512f") ? 16 : 8;
  return channels % block == 0 ? std::optional<int64_t>(block) : std::nullopt;
}

std::unique_ptr<Kernel> make_reorder_kernel(const TensorType& type, const Layout& from, const Layout& to) {
  if (type.shape.size() != 4) return nullptr;
  const auto from_block = block_of(from, type.shape), to_block = block_of(to, type.shape);
  if (!from_block || !to_block) return nullptr;
  if (type.dtype != DType::float32 && type.dtype != DType::int32 && type.dtype != DType::uint8) return nullptr;
  return std::make_unique<Reorder>(*from_block, *to_block);
}

}  // namespace onednn
}  // namespace tacho
