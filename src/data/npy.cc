#include "data/npy.h"

#include <charconv>

#include "base/error.h"

namespace tacho {
namespace {

/// Reads the Python dictionary literal that NumPy writes: only strings, True, False and tuples of integers occur.
class Literal {
 public:
  Literal(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  /// Skips blanks, then takes `token` if it comes next.
  bool take(std::string_view token) {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n')) text_.remove_prefix(1);
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }
  void expect(std::string_view token) {
    if (!take(token)) damaged();
  }
  std::string string() {
    const std::string_view quote = take("'") ? "'" : "\"";
    if (quote == "\"") expect(quote);
    const size_t end = text_.find(quote[0]);
    if (end == std::string_view::npos) damaged();
    const std::string value(text_.substr(0, end));
    text_.remove_prefix(end + 1);
    return value;
  }
  bool boolean() {
    if (take("True")) return true;
    expect("False");
    return false;
  }
  Shape tuple() {
    Shape shape;
    expect("(");
    while (!take(")")) {
      if (shape.size() == kMaxRank) fail(where_, ": more than ", kMaxRank, " dimensions");
      take("");  // blanks before the number
      int64_t extent = 0;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), extent);
      if (error != std::errc() || extent < 0) damaged();
      text_.remove_prefix(size_t(end - text_.data()));
      shape.push_back(extent);
      if (!take(",")) {
        expect(")");
        break;
      }
    }
    return shape;
  }
  void end() {
    take("");
    if (!text_.empty()) damaged();
  }
  [[noreturn]] void damaged() { fail(where_, ": the head of the NumPy array cannot be read; the file is damaged"); }

 private:
  std::string_view text_;
  const std::string& where_;
};

DType dtype_from(const std::string& descr, const std::string& where) {
  if (descr == "<f4") return DType::float32;
  if (descr == "<f8") return DType::float64;
  if (descr == "|u1") return DType::uint8;
  if (descr == "<i4") return DType::int32;
  if (descr == "<i8") return DType::int64;
  if (descr == "|b1") return DType::boolean;
  if (descr.find('O') != std::string::npos)
    fail(where, " holds Python objects, which are not read; save an array of numbers");
  fail(where, ": NumPy dtype '", descr, "' is not read; expected float32, float64, uint8, int32, int64 or bool");
}

}  // namespace

NpyHeader parse_npy_header(std::string_view bytes, const std::string& where) {
  if (!bytes.starts_with("\x93NUMPY")) fail(where, " is no NumPy array: it must begin with \\x93NUMPY");
  if (bytes.size() < 10) fail(where, " is cut off");
  const int version = static_cast<unsigned char>(bytes[6]);
  if (version < 1 || version > 3)
    fail(where, ": version ", version, " of the NumPy format is not read; expected 1 to 3");
  const size_t length_bytes = version == 1 ? 2 : 4, prefix = 8 + length_bytes;
  if (bytes.size() < prefix) fail(where, " is cut off");
  size_t length = 0;
  for (size_t i = 0; i < length_bytes; ++i) length |= size_t{static_cast<unsigned char>(bytes[8 + i])} << (8 * i);
  if (length > kMaxNpyHead - prefix) fail(where, ": a head of ", length, " bytes; at most ", kMaxNpyHead, " are read");
  if (bytes.size() - prefix < length) fail(where, " is cut off in its head");

  Literal literal(bytes.substr(prefix, length), where);
  std::string descr;
  bool fortran = false, has_order = false, has_shape = false;
  Shape shape;
  literal.expect("{");
  while (!literal.take("}")) {
    const std::string key = literal.string();
    literal.expect(":");
    if (key == "descr" && descr.empty()) {
      if (literal.take("[")) fail(where, " holds records; expected an array of numbers");
      descr = literal.string();
    } else if (key == "fortran_order" && !has_order) {
      fortran = literal.boolean();
      has_order = true;
    } else if (key == "shape" && !has_shape) {
      shape = literal.tuple();
      has_shape = true;
    } else {
      literal.damaged();
    }
    if (!literal.take(",")) {
      literal.expect("}");
      break;
    }
  }
  literal.end();
  if (descr.empty() || !has_order || !has_shape) literal.damaged();
  const TensorType type{dtype_from(descr, where), shape};
  if (fortran) fail(where, " is in Fortran order; save numpy.ascontiguousarray(...) of it");
  // Zero extents would hide an overflow of the others from a plain product.
  Shape nonzero = shape;
  for (int64_t& extent : nonzero) extent = std::max<int64_t>(extent, 1);
  byte_count(nonzero, type.dtype);
  return {type, int64_t(prefix + length)};
}

}  // namespace tacho
