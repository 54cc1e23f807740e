#pragma once
// The page's sources as the build embeds them (cmake/embed_page.cmake): the files of page/ and the chart library.
#include <string_view>

namespace tacho {

extern const std::string_view
    kPageMarkup;  ///< page.html, with <!--style-->, <!--library-->, <!--script--> and <!--result-->
extern const std::string_view kPageStyle;    ///< every .css file
extern const std::string_view kPageScript;   ///< every .js file
extern const std::string_view kPageLibrary;  ///< D3

}  // namespace tacho
