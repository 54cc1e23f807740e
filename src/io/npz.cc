#include "io/npz.h"

#include <zip.h>

#include <memory>

#include "base/atomic_file.h"

namespace tacho {
namespace {

const char* descriptor_of(DType dtype) {
  switch (dtype) {
    case DType::float32:
      return "<f4";
    case DType::float64:
      return "<f8";
    case DType::int32:
      return "<i4";
    case DType::int64:
      return "<i8";
    case DType::uint8:
      return "|u1";
    case DType::boolean:
      return "|b1";
    case DType::counting:
      break;
  }
  fail("npz: counting tensors are not stored");
}

/// Version 1.0: magic, head padded with spaces so that the elements begin at a multiple of 64.
std::string npy_bytes(const Tensor& tensor) {
  std::string shape = "(";
  for (int64_t extent : tensor.shape()) shape += std::to_string(extent) + ",";
  std::string head =
      text_of("{'descr': '", descriptor_of(tensor.dtype()), "', 'fortran_order': False, 'shape': ", shape, "), }");
  constexpr size_t kBefore = 10, kAlignment = 64;
  head.append(kAlignment - (kBefore + head.size() + 1) % kAlignment, ' ');
  head += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += char(head.size() & 0xff);
  bytes += char(head.size() >> 8);
  return bytes.append(head).append(static_cast<const char*>(tensor.view().data), size_t(tensor.bytes()));
}

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};

}  // namespace

void write_npz(const std::string& path, const std::vector<std::pair<std::string, Tensor>>& arrays) {
  // Into memory first, so that the file itself is written atomically like everything else.
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* memory = zip_source_buffer_create(nullptr, 0, 0, &error);
  if (!memory) fail(path, ": ", zip_error_strerror(&error));
  zip_source_keep(memory);
  const std::unique_ptr<zip_source_t, void (*)(zip_source_t*)> keep(memory, zip_source_free);
  std::unique_ptr<zip_t, Discard> archive(zip_open_from_source(memory, ZIP_TRUNCATE, &error));
  if (!archive) fail(path, ": ", zip_error_strerror(&error));
  std::vector<std::string> members;  // libzip reads them when the archive is closed
  for (const auto& entry : arrays) members.push_back(npy_bytes(entry.second));
  for (size_t i = 0; i < arrays.size(); ++i) {
    zip_source_t* source = zip_source_buffer(archive.get(), members[i].data(), members[i].size(), 0);
    const zip_int64_t index =
        source ? zip_file_add(archive.get(), (arrays[i].first + ".npy").c_str(), source, ZIP_FL_ENC_UTF_8) : -1;
    if (index < 0) fail(path, ": ", zip_strerror(archive.get()));
    zip_set_file_compression(archive.get(), zip_uint64_t(index), ZIP_CM_STORE, 0);
    // 1 January 1980, the first day that zip knows: bytes must not depend on the clock.
    zip_file_set_dostime(archive.get(), zip_uint64_t(index), 0, 33, 0);
  }
  if (zip_close(archive.get()) != 0) fail(path, ": ", zip_strerror(archive.get()));
  archive.release();
  zip_stat_t info;
  zip_stat_init(&info);
  if (zip_source_stat(memory, &info) != 0 || zip_source_open(memory) != 0) fail(path, ": cannot read the archive back");
  std::string bytes(size_t(info.size), '\0');
  const zip_int64_t got = zip_source_read(memory, bytes.data(), bytes.size());
  zip_source_close(memory);
  if (got != zip_int64_t(bytes.size())) fail(path, ": cannot read the archive back");
  write_file_atomic(path, bytes);
}

}  // namespace tacho
