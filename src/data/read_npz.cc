#include "data/read_npz.h"

#include <zip.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <vector>

#include "data/npy.h"

namespace tacho {
namespace {

using Archive = std::unique_ptr<zip_t, void (*)(zip_t*)>;

constexpr int64_t kPieceElements = int64_t{1} << 16;

/// One array of the archive, read from front to back.
class Member {
 public:
  Member(zip_t* archive, const std::string& path, const std::string& name, int64_t file_bytes)
      : where_(path + ": " + name), file_(nullptr, zip_fclose) {
    const std::string entry = name + ".npy";
    zip_stat_t stat;
    zip_stat_init(&stat);
    if (zip_stat(archive, entry.c_str(), 0, &stat) != 0)
      fail(path, " has no array `", name, "`; expected `x` (N x C x H x W or N x features) and `y` (labels)");
    const zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_INDEX;
    if ((stat.valid & needed) != needed) fail(where_, ": the archive does not say its size");
    if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE)
      fail(where_, ": compression method ", stat.comp_method, " is not read; expected stored or deflated");
    if (stat.comp_size > zip_uint64_t(file_bytes))
      fail(where_, ": ", stat.comp_size, " bytes are said to be in a file of ", file_bytes, "; it is damaged");
    const int64_t limit =
        stat.comp_method == ZIP_CM_STORE ? int64_t(stat.comp_size) : unfolded_limit(int64_t(stat.comp_size));
    if (stat.size > zip_uint64_t(limit))
      fail(where_, " says it unfolds from ", stat.comp_size, " to ", stat.size, " bytes; more than ", limit,
           " are not accepted");
    file_.reset(zip_fopen_index(archive, stat.index, 0));
    if (!file_) fail("cannot read ", where_, ": ", zip_strerror(archive));
    read_head(int64_t(stat.size));
  }

  const TensorType& type() const { return type_; }
  const std::string& where() const { return where_; }

  /// All elements as To, then the archive's check sum.
  template <class To>
  void read(To* to, auto&& convert) {
    const size_t size = size_of(type_.dtype);
    std::vector<char> piece(size_t(kPieceElements) * size);
    for (int64_t at = 0, n = element_count(type_.shape); at < n; at += kPieceElements) {
      const int64_t count = std::min(kPieceElements, n - at);
      read_bytes(piece.data(), count * int64_t(size));
      View view{piece.data(), {type_.dtype, {count}}};
      for (int64_t i = 0; i < count; ++i) to[at + i] = convert(element(view, i), at + i);
    }
    char byte;
    const zip_int64_t n = zip_fread(file_.get(), &byte, 1);
    if (n != 0) fail(where_, " is damaged: ", n > 0 ? "it is longer than it says" : zip_file_strerror(file_.get()));
  }

 private:
  void read_head(int64_t declared) {
    std::string head(10, '\0');
    if (declared < int64_t(head.size())) fail(where_, " is cut off");
    read_bytes(head.data(), int64_t(head.size()));
    const auto byte = [&](size_t i) { return int64_t{static_cast<unsigned char>(head[i])}; };
    // Version 1 has a two-byte length, later ones four bytes, two of which are already here.
    int64_t rest = byte(8) | byte(9) << 8;
    if (byte(6) > 1) {
      char more[2];
      read_bytes(more, sizeof more);
      head.append(more, sizeof more);
      rest |= byte(10) << 16 | byte(11) << 24;
    }
    const int64_t most = std::min(declared, int64_t{kMaxNpyHead}) - int64_t(head.size());
    const size_t prefix = head.size();
    head.resize(prefix + size_t(std::clamp(rest, int64_t{0}, std::max(most, int64_t{0}))));
    read_bytes(head.data() + prefix, int64_t(head.size() - prefix));
    const NpyHeader parsed = parse_npy_header(head, where_);
    type_ = parsed.type;
    if (byte_count(type_.shape, type_.dtype) != declared - parsed.head_bytes)
      fail(where_, " says ", to_string(type_), ", but has ", declared - parsed.head_bytes,
           " bytes of elements; it is damaged");
  }

  void read_bytes(char* to, int64_t bytes) {
    while (bytes > 0) {
      const zip_int64_t n = zip_fread(file_.get(), to, zip_uint64_t(bytes));
      if (n < 0) fail("cannot read ", where_, ": ", zip_file_strerror(file_.get()));
      if (n == 0) fail(where_, " is cut off");
      to += n;
      bytes -= n;
    }
  }

  static double element(const View& view, int64_t i) {
    switch (view.type.dtype) {
      case DType::float32:
        return view.as<float>()[i];
      case DType::float64:
        return view.as<double>()[i];
      case DType::int32:
        return view.as<int32_t>()[i];
      case DType::int64:
        return double(view.as<int64_t>()[i]);
      default:
        return view.as<uint8_t>()[i];
    }
  }

  std::string where_;
  std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file_;
  TensorType type_;
};

}  // namespace

Examples read_npz(const std::string& path) {
  std::error_code none;
  const auto file_bytes = std::filesystem::file_size(path, none);
  if (none) fail("cannot read ", path, ": ", none.message());
  int code = 0;
  Archive archive(zip_open(path.c_str(), ZIP_RDONLY, &code), zip_discard);
  if (!archive) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string reason = zip_error_strerror(&error);
    zip_error_fini(&error);
    fail("cannot read ", path, " as a NumPy archive: ", reason);
  }
  Member x(archive.get(), path, "x", int64_t(file_bytes)), y(archive.get(), path, "y", int64_t(file_bytes));
  const Shape& shape = x.type().shape;
  if (shape.size() != 2 && shape.size() != 4)
    fail(x.where(), " is ", to_string(shape), "; expected N x C x H x W (images) or N x features");
  if (element_count(shape) == 0) fail(x.where(), " is empty (", to_string(shape), ")");
  const Shape& labels = y.type().shape;
  const bool column = labels.size() == 2 && labels[1] == 1;
  if ((labels.size() != 1 && !column) || labels[0] != shape[0])
    fail(y.where(), " is ", to_string(labels), "; expected one label for each of the ", shape[0], " examples of x");
  Examples result{Tensor({DType::float32, shape}), Tensor({DType::int64, {shape[0]}}), "npz"};
  x.read(result.x.as<float>(), [](double value, int64_t) { return float(value); });
  y.read(result.y.as<int64_t>(), [&](double value, int64_t i) { return integer_label(value, y.where(), i); });
  return result;
}

}  // namespace tacho
