#include "data/read_idx.h"

#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <vector>

namespace tacho {
namespace {

constexpr unsigned kUnsignedBytes = 0x08;

/// An IDX file, plain or gzip (zlib's gz functions read both), open behind its header.
class IdxFile {
 public:
  explicit IdxFile(const std::string& path) : path_(path) {
    std::error_code none;
    const auto file_bytes = std::filesystem::file_size(path, none);
    if (none) fail("cannot read ", path, ": ", none.message());
    file_ = gzopen(path.c_str(), "rbe");
    if (!file_) fail("cannot open ", path);
    try {
      read_header(int64_t(file_bytes));
    } catch (...) {
      gzclose(file_);
      throw;
    }
  }
  ~IdxFile() { gzclose(file_); }
  IdxFile(const IdxFile&) = delete;
  IdxFile& operator=(const IdxFile&) = delete;

  const Shape& shape() const { return shape_; }

  void read(uint8_t* to, int64_t bytes) {
    while (bytes > 0) {
      const int n = gzread(file_, to, unsigned(std::min<int64_t>(bytes, 1 << 20)));
      if (n <= 0) fail_with_end(n);
      to += n;
      bytes -= n;
    }
  }

  /// Nothing may follow; for gzip this also checks the sum over all bytes.
  void expect_end() {
    uint8_t byte;
    const int n = gzread(file_, &byte, 1);
    int code = Z_OK;
    gzerror(file_, &code);
    if (n < 0 || code < 0) fail_with_end(n);
    if (n > 0) fail(path_, " is longer than its header says (", to_string(shape_), " bytes); it is damaged");
  }

 private:
  void read_header(int64_t file_bytes) {
    uint8_t magic[4];
    read(magic, sizeof magic);
    if (magic[0] != 0 || magic[1] != 0) fail(path_, " is no IDX file: it must begin with two zero bytes");
    if (magic[2] != kUnsignedBytes)
      fail(path_, ": IDX type ", unsigned(magic[2]), " is not read; expected 8 (unsigned bytes)");
    if (magic[3] < 1 || magic[3] > 4) fail(path_, ": ", unsigned(magic[3]), " dimensions; expected 1 to 4");
    for (int i = 0; i < magic[3]; ++i) {
      uint8_t b[4];
      read(b, sizeof b);
      const uint32_t extent = uint32_t{b[0]} << 24 | uint32_t{b[1]} << 16 | uint32_t{b[2]} << 8 | b[3];
      if (extent == 0) fail(path_, ": an extent of zero; the file holds nothing");
      shape_.push_back(extent);
    }
    const bool plain = gzdirect(file_);
    const int64_t header_bytes = 4 + 4 * int64_t{magic[3]};
    const int64_t limit = plain ? file_bytes - header_bytes : unfolded_limit(file_bytes);
    int64_t bytes = 1;
    for (int64_t extent : shape_)
      if (__builtin_mul_overflow(bytes, extent, &bytes) || bytes > limit)
        fail(path_, ": the header says ", to_string(shape_), " bytes, but a file of ", file_bytes,
             " bytes cannot hold them; it is damaged or cut off");
  }

  [[noreturn]] void fail_with_end(int n) {
    if (n == 0) fail(path_, " is cut off");
    int code = Z_OK;
    const std::string reason = gzerror(file_, &code);
    fail("cannot read ", path_, ": ", reason);
  }

  std::string path_;
  gzFile file_ = nullptr;
  Shape shape_;
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.rfind(from);
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

}  // namespace

Examples read_idx(const std::string& images_path, const std::string& labels_path) {
  IdxFile images(images_path), labels(labels_path);
  const Shape& shape = images.shape();
  if (shape.size() < 2)
    fail(images_path, " holds ", to_string(shape), " bytes: labels, not images; name the file of the images");
  if (labels.shape().size() != 1 || labels.shape()[0] != shape[0])
    fail(labels_path, " holds ", to_string(labels.shape()), " labels for the ", shape[0], " images of ", images_path);
  Shape x_shape = shape;
  if (shape.size() == 3) x_shape.insert(1, 1);
  Examples result{Tensor({DType::float32, x_shape}), Tensor({DType::int64, {shape[0]}}), "idx"};

  const int64_t row = result.x.elements() / shape[0];
  std::vector<uint8_t> bytes(static_cast<size_t>(std::max(row, int64_t{1} << 16)));
  const auto convert = [&](IdxFile& file, int64_t count, auto* to) {
    for (int64_t at = 0; at < count;) {
      const int64_t n = std::min<int64_t>(int64_t(bytes.size()), count - at);
      file.read(bytes.data(), n);
      std::copy_n(bytes.data(), n, to + at);
      at += n;
    }
    file.expect_end();
  };
  convert(images, result.x.elements(), result.x.as<float>());
  convert(labels, shape[0], result.y.as<int64_t>());
  return result;
}

std::string idx_labels_beside(const std::string& images_path) {
  const std::filesystem::path path(images_path);
  const std::string name = path.filename().string();
  if (name.find("images") == std::string::npos)
    fail(images_path, " looks like IDX, but its name does not say `images`, so its labels cannot be found beside it");
  std::string labels = replaced(replaced(replaced(name, "images", "labels"), "idx3", "idx1"), "idx4", "idx1");
  const std::string plain = labels.ends_with(".gz") ? labels.substr(0, labels.size() - 3) : labels;
  for (const std::string& candidate : {labels, plain, plain + ".gz"}) {
    const auto beside = path.parent_path() / candidate;
    if (candidate != name && std::filesystem::is_regular_file(beside)) return beside.string();
  }
  fail("no labels beside ", images_path, ": expected ", plain, " or ", plain,
       ".gz in the same folder (the images' name with `labels` and `idx1`)");
}

}  // namespace tacho
