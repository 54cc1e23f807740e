#pragma once
// Lines and fields of the text formats, with places for errors.
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace tacho {

/// "log.csv: line 12".
struct LinePlace {
  const std::string& where;
  size_t line;
};
std::ostream& operator<<(std::ostream& out, const LinePlace& place);

/// Every line without its end. Throws tacho::Error for a line of more than 1 MB or more than 10 million lines.
void for_each_line(std::string_view text, const std::string& where,
                   const std::function<void(std::string_view line, const LinePlace& place)>& each);

/// At most 64 fields; the rest stays in the last one.
std::vector<std::string_view> split_fields(std::string_view line, char separator);

/// Integers of at most 16 places; empty where the text is anything else.
std::vector<int64_t> parse_integer_list(std::string_view text, char separator);

/// "4.36792" as nanoseconds. Throws tacho::Error with the place for what is no time from 0 to 290 years.
int64_t parse_milliseconds(std::string_view text, const LinePlace& place);

}  // namespace tacho
