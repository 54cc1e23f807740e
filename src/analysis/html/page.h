#pragma once
// A result as a page for a browser.
#include <string>

namespace tacho {

/// One self-contained page (style, scripts, chart library and `json` itself inside; it loads nothing) that shows a
/// result of any command, given as JSON text with a `schema`. Whatever the result says stays data: nothing in it can
/// become markup or script. Throws tacho::Error where the text is no JSON object.
std::string html_page(const std::string& json);

}  // namespace tacho
