#include "analysis/html/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "analysis/html/page_parts.h"
#include "base/error.h"

namespace tacho {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kBegin = "<script type=\"application/json\" id=\"result\">";

std::string result_in(const std::string& page) {
  const size_t begin = page.find(kBegin) + kBegin.size();
  return page.substr(begin, page.find("</script>", begin) - begin);
}

int times(const std::string& text, const std::string& part) {
  int n = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST(HtmlPage, HoldsTheResultAndEveryPart) {
  const std::string json = R"({"schema": "tacho.analyze", "numbers": [1, 2.5], "text": "a \"b\" \\ <i>"})";
  const std::string page = html_page(json);
  EXPECT_EQ(nlohmann::json::parse(result_in(page)), nlohmann::json::parse(json));
  for (const std::string_view part : {kPageStyle, kPageScript, kPageLibrary}) {
    EXPECT_GT(part.size(), 1000u);
    EXPECT_NE(page.find(part), std::string::npos);
  }
  EXPECT_THAT(std::string(kPageLibrary.substr(0, 100)), HasSubstr("d3js.org"));
  EXPECT_EQ(page.substr(0, 15), "<!doctype html>");
  EXPECT_THAT(page, Not(HasSubstr("<!--")));
}

TEST(HtmlPage, NamesInAResultCannotBecomeMarkup) {
  const std::string page =
      html_page(R"({"schema": "tacho.analyze", "network": {"name": "</script><script>alert(1)</script><!--"}})");
  EXPECT_THAT(page, Not(HasSubstr("alert(1)</script>")));
  EXPECT_EQ(nlohmann::json::parse(result_in(page))["network"]["name"], "</script><script>alert(1)</script><!--");
  EXPECT_EQ(times(page, "</script>"), 3) << "the result, the library, the page's own";
}

TEST(HtmlPage, LoadsNothing) {
  const std::string page = html_page(R"({"schema": "tacho.any"})");
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  for (const char* loader : {"<link rel=\"stylesheet\"", "<script src", "@import", "url(http", "src=\"http"})
    EXPECT_THAT(page, Not(HasSubstr(loader)));
}

TEST(HtmlPage, RefusesWhatIsNoResult) {
  for (const char* text : {"", "[1]", "{", "{}", "nonsense"}) EXPECT_THROW(html_page(text), Error) << text;
}

}  // namespace
}  // namespace tacho
