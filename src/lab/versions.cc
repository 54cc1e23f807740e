#include "lab/versions.h"

#include <dlfcn.h>

#include "backends/blas/library.h"
#include "base/error.h"

#if __has_include(<hwy/highway.h>)
#include <hwy/highway.h>
#endif

namespace tacho {
namespace {

/// oneDNN says its version itself; a build without it has no such symbol. The first members of its dnnl_version_t.
std::string onednn_version() {
  struct Version {
    int major, minor, patch;
  };
  using Ask = const Version* (*)();
  const auto ask = reinterpret_cast<Ask>(::dlsym(RTLD_DEFAULT, "dnnl_version"));
  if (!ask) return "";
  const Version* version = ask();
  return text_of(version->major, ".", version->minor, ".", version->patch);
}

}  // namespace

std::map<std::string, std::string> versions() {
#if defined(__clang__)
  std::map<std::string, std::string> versions{{"clang", __clang_version__}};
#else
  std::map<std::string, std::string> versions{{"gcc", __VERSION__}};
#endif
  versions["tacho"] = TACHO_VERSION;
#if defined(HWY_MAJOR)
  versions["Highway"] = text_of(HWY_MAJOR, ".", HWY_MINOR, ".", HWY_PATCH);
#endif
  if (const std::string version = onednn_version(); !version.empty()) versions["oneDNN"] = version;
  if (!blas::unavailable()) {
    const std::string text = blas::blas_description();  // "OpenBLAS 0.3.21, Zen kernels"
    const size_t space = text.find(' ');
    versions[text.substr(0, space)] = space == std::string::npos ? "unknown" : text.substr(space + 1);
  }
  return versions;
}

}  // namespace tacho
