#pragma once
// What the terminal is and can.
#include <string>

namespace tacho {

/// --color.
enum class ColorChoice { automatic, always, never };

/// Inverse of the flag's values; throws tacho::Error.
ColorChoice color_choice_of(const std::string& text);

/// Whether to colour what is written to `descriptor` (1 or 2). `automatic`: on a terminal, unless NO_COLOR is set or
/// TERM is "dumb".
bool use_color(ColorChoice choice, int descriptor);

/// Columns of the terminal behind `descriptor`; 80 where it is none.
int terminal_columns(int descriptor);

/// Whether `descriptor` is a terminal.
bool is_terminal(int descriptor);

}  // namespace tacho
