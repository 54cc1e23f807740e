#include "op/backend.h"

namespace tacho {

const Backend& backend_named(std::string_view name) {
  std::string known;
  for (const Backend* backend : all_backends()) {
    if (backend->name == name) return *backend;
    known += (known.empty() ? "" : ", ") + std::string(backend->name);
  }
  fail("unknown backend '", name, "'; this build has: ", known);
}

}  // namespace tacho
