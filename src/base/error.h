#pragma once
// The two kinds of failure that travel as failures (architecture section 9); "not supported" is a value with a reason,
// not an error.
#include <sstream>
#include <stdexcept>
#include <string>

namespace tacho {

/// A user's mistake or a bad file. The text is one line: what was expected, what was got, where, what to do. Exit
/// code 2.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Joins its arguments into one text with operator<<; for error messages.
template <class... Parts>
std::string text_of(const Parts&... parts) {
  std::ostringstream out;
  static_cast<void>((out << ... << parts));
  return out.str();
}

/// Throws tacho::Error with the joined arguments.
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  throw Error(text_of(parts...));
}

/// Prints the broken expression with its place and aborts; called by TACHO_CHECK only.
[[noreturn]] void check_failed(const char* expression, const char* file, int line, const std::string& detail);

}  // namespace tacho

/// A broken invariant of our own code: aborts with its expression. Never for a user's mistake.
#define TACHO_CHECK(expression, ...)                                                         \
  do {                                                                                       \
    if (!(expression)) [[unlikely]]                                                          \
      ::tacho::check_failed(#expression, __FILE__, __LINE__, ::tacho::text_of(__VA_ARGS__)); \
  } while (false)
