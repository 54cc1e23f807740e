#pragma once
// The events of a Chrome trace, one by one: files have millions, and a document of all of them would not fit.
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace tacho {

/// One event. `ts` and `dur` with a fraction are kept as the text that stands in the file: absolute microseconds with
/// three places are longer than a double holds.
using TraceEvent = nlohmann::json;

/// Where an event is, for errors: "trace.json: event 12".
struct EventPlace {
  const std::string& where;
  size_t index;
};
std::ostream& operator<<(std::ostream& out, const EventPlace& place);

/// Calls `each` for every object of the root's `traceEvents`, or of the root itself where that is an array. Returns the
/// root's other members that are no containers, as text. Throws tacho::Error for anything but JSON, for nesting deeper
/// than 64, for more than 10 million events and for an event of more than a million values.
std::map<std::string, std::string> for_each_event(
    std::string_view text, const std::string& where,
    const std::function<void(const TraceEvent& event, const EventPlace& place)>& each);

/// The text with a backslash before each quote that cannot end a string, because no comma, colon or bracket follows it:
/// some versions of Kineto write names with quotes as they are.
std::string with_quotes_escaped(std::string_view text);

/// A member in microseconds as nanoseconds, exact to three places (further ones are rounded). Throws tacho::Error where
/// it is absent, no number, or beyond about 290 years.
int64_t nanoseconds_of(const TraceEvent& event, const char* member, const EventPlace& place);

/// A member as text, whether it is a string or a number; empty where it is absent.
std::string text_of_member(const TraceEvent& event, const char* member);

}  // namespace tacho
