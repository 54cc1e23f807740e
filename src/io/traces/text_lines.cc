#include "io/traces/text_lines.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ostream>

#include "base/error.h"

namespace tacho {

std::ostream& operator<<(std::ostream& out, const LinePlace& place) {
  return out << place.where << ": line " << place.line;
}

void for_each_line(std::string_view text, const std::string& where,
                   const std::function<void(std::string_view line, const LinePlace& place)>& each) {
  constexpr size_t kLongest = size_t{1} << 20, kMost = 10'000'000;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (end > kLongest) fail(LinePlace{where, number}, " is longer than 1 MB; is this the right file?");
    if (number > kMost) fail(where, " has more than ", kMost, " lines; record fewer steps");
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    each(line, {where, number});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::vector<std::string_view> split_fields(std::string_view line, char separator) {
  constexpr size_t kMost = 64;
  std::vector<std::string_view> fields;
  for (;;) {
    const size_t end = line.find(separator);
    if (end == std::string_view::npos || fields.size() + 1 == kMost) break;
    fields.push_back(line.substr(0, end));
    line.remove_prefix(end + 1);
  }
  fields.push_back(line);
  return fields;
}

std::vector<int64_t> parse_integer_list(std::string_view text, char separator) {
  std::vector<int64_t> values;
  for (std::string_view field : split_fields(text, separator)) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size() || values.size() == 16) return {};
    values.push_back(value);
  }
  return values;
}

int64_t parse_milliseconds(std::string_view text, const LinePlace& place) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0) || value > 9e12)
    fail(place, ": expected a time in milliseconds, got '", text.substr(0, 40), "'");
  return int64_t(std::llround(value * 1e6));
}

}  // namespace tacho
