#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include "base/error.h"

namespace tacho {

ColorChoice color_choice_of(const std::string& text) {
  if (text == "auto") return ColorChoice::automatic;
  if (text == "always") return ColorChoice::always;
  if (text == "never") return ColorChoice::never;
  fail("--color expects auto, always or never, got '", text, "'");
}

bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }

bool use_color(ColorChoice choice, int descriptor) {
  if (choice != ColorChoice::automatic) return choice == ColorChoice::always;
  const char* none = std::getenv("NO_COLOR");  // https://no-color.org: any value but the empty one counts
  const char* term = std::getenv("TERM");
  if ((none && *none) || (term && std::string(term) == "dumb")) return false;
  return is_terminal(descriptor);
}

int terminal_columns(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

}  // namespace tacho
