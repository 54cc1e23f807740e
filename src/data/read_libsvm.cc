#include "data/read_libsvm.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "base/atomic_file.h"

namespace tacho {
namespace {

/// Walks over the file's numbers; used twice, to size and to fill.
class Parser {
 public:
  Parser(const std::string& text, const std::string& path) : text_(text), path_(path) {}

  /// Calls on_label(value) and on_feature(index, value) in the file's order.
  void run(auto&& on_label, auto&& on_feature) {
    std::string_view rest = text_;
    for (line_ = 1; !rest.empty(); ++line_) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      left_ = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      left_ = left_.substr(0, left_.find('#'));
      skip_blanks();
      if (left_.empty()) continue;
      on_label(number());
      int64_t last = 0;
      for (skip_blanks(); !left_.empty(); skip_blanks()) {
        const int64_t index = feature_index();
        if (index <= last) damaged("indices must begin at 1 and ascend");
        last = index;
        on_feature(index, number());
      }
    }
  }

  [[noreturn]] void damaged(std::string_view reason) const {
    fail(path_, ", line ", line_, ": ", reason, "; expected LIBSVM text: `label index:value index:value ...`");
  }

 private:
  void skip_blanks() { left_.remove_prefix(std::min(left_.find_first_not_of(" \t\r"), left_.size())); }

  double number() {
    if (left_.starts_with('+')) left_.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(left_.data(), left_.data() + left_.size(), value);
    if (error != std::errc() || !std::isfinite(value)) damaged("no finite number where one must be");
    left_.remove_prefix(size_t(end - left_.data()));
    if (!left_.empty() && left_[0] != ' ' && left_[0] != '\t' && left_[0] != '\r') damaged("a number does not end");
    return value;
  }

  int64_t feature_index() {
    int64_t index = 0;
    const auto [end, error] = std::from_chars(left_.data(), left_.data() + left_.size(), index);
    left_.remove_prefix(size_t(end - left_.data()));
    if (error != std::errc() || !left_.starts_with(':')) damaged("no `index:value` where one must be");
    left_.remove_prefix(1);
    return index;
  }

  const std::string& text_;
  const std::string& path_;
  std::string_view left_;
  int64_t line_ = 0;
};

}  // namespace

Examples read_libsvm(const std::string& path, int64_t features) {
  const std::string text = read_file(path);
  Parser parser(text, path);
  int64_t n = 0;
  parser.run([&](double) { ++n; }, [&](int64_t index, double) { features = std::max(features, index); });
  if (n == 0 || features == 0) fail(path, " holds no examples; expected LIBSVM text: `label index:value ...` a line");
  int64_t bytes = 0;
  if (__builtin_mul_overflow(n, features, &bytes) || __builtin_mul_overflow(bytes, int64_t{sizeof(float)}, &bytes) ||
      bytes > sparse_limit(int64_t(text.size())))
    fail(path, ": ", n, " examples of ", features, " features are too many to hold densely for a file of ", text.size(),
         " bytes");
  Examples result{Tensor::zeros({DType::float32, {n, features}}), Tensor({DType::int64, {n}}), "libsvm"};
  int64_t i = -1;
  parser.run(
      [&](double label) {
        ++i;
        result.y.as<int64_t>()[i] = integer_label(label, path, i);
      },
      [&](int64_t index, double value) { result.x.as<float>()[i * features + index - 1] = float(value); });
  return result;
}

}  // namespace tacho
