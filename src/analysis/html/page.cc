#include "analysis/html/page.h"

#include <nlohmann/json.hpp>

#include "analysis/html/page_parts.h"
#include "base/error.h"

namespace tacho {
namespace {

/// A '<' of the text, which only strings can hold, is written as JSON's escape: so no name in a result can end the
/// element that holds it.
std::string as_element_text(const std::string& json) {
  std::string text;
  text.reserve(json.size());
  for (const char c : json) {
    if (c == '<') text += "\\u003c";
    else text += c;
  }
  return text;
}

}  // namespace

std::string html_page(const std::string& json) {
  const auto result = nlohmann::json::parse(json, nullptr, false);
  if (!result.is_object() || !result.contains("schema"))
    fail("a page is made of a result: expected a JSON object with a schema");
  std::string page;
  for (size_t begin = 0; begin < kPageMarkup.size();) {
    const size_t mark = kPageMarkup.find("<!--", begin);
    page += kPageMarkup.substr(begin, mark - begin);
    if (mark == std::string_view::npos) break;
    const size_t end = kPageMarkup.find("-->", mark);
    TACHO_CHECK(end != std::string_view::npos);
    const std::string_view name = kPageMarkup.substr(mark + 4, end - mark - 4);
    if (name == "style") page += kPageStyle;
    else if (name == "library") page += kPageLibrary;
    else if (name == "script") page += kPageScript;
    else if (name == "result") page += as_element_text(json);
    else TACHO_CHECK(!"a mark of page.html that nobody fills");
    begin = end + 3;
  }
  return page;
}

}  // namespace tacho
