#pragma once
// Text for a terminal of 80 columns: widths in characters, not bytes; numbers as people read them.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tacho {

/// Characters that a terminal shows (UTF-8 without combining or wide ones).
size_t width_of(std::string_view text);
/// Filled with spaces behind, or cut with "…" where it is longer.
std::string left(const std::string& text, size_t width);
/// Filled with spaces in front; never cut, because half a number is a wrong number.
std::string right(const std::string& text, size_t width);
/// Lines of at most `width` characters; lines behind the first begin with `indent` spaces.
std::string wrap(const std::string& text, size_t width, size_t indent);

/// A command of any length over several lines, so that it can still be copied: broken before flags with a backslash.
std::string wrap_command(const std::string& command, size_t width, size_t indent);

/// "5,244".
std::string grouped(int64_t number);
/// With `decimals` places.
std::string fixed(double number, int decimals);
/// Three significant digits, at most two places: "0.24", "8.31", "61.3", "1104".
std::string short_number(double number);
/// A closed integer of 10^-decimals units: units(2044, 2) is "20.44", units(-5, 2) is "-0.05".
std::string units(int64_t number, int decimals);
/// Places of milliseconds that a step of this length deserves: microseconds matter in a short one.
inline int ms_places(int64_t step_ns) { return step_ns < 10'000'000 ? 3 : 2; }
/// Nanoseconds of one unit of the last place of a step's milliseconds.
inline int64_t ns_of_unit(int64_t step_ns) { return step_ns < 10'000'000 ? 1000 : 10'000; }
/// The step in units of its last place: what printed milliseconds close to.
inline int64_t ms_units(int64_t step_ns) { return (step_ns + ns_of_unit(step_ns) / 2) / ns_of_unit(step_ns); }
/// "12.3 MB", "4.5 GB".
std::string bytes_text(int64_t bytes);

/// Escape sequences, or nothing where colour is not wanted.
struct Paint {
  bool color = false;
  std::string bold(const std::string& text) const { return wrapped(text, "1"); }
  std::string dim(const std::string& text) const { return wrapped(text, "2"); }
  std::string in(const std::string& text, int code) const { return wrapped(text, std::to_string(code).c_str()); }

 private:
  std::string wrapped(const std::string& text, const char* code) const {
    return color ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
  }
};

}  // namespace tacho
