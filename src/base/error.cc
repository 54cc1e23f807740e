#include "base/error.h"

#include <cstdio>
#include <cstdlib>

namespace tacho {

void check_failed(const char* expression, const char* file, int line, const std::string& detail) {
  std::fprintf(stderr, "tacho: internal error: %s does not hold (%s:%d)%s%s\n", expression, file, line,
               detail.empty() ? "" : ": ", detail.c_str());
  std::abort();
}

}  // namespace tacho
