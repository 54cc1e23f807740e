#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "base/error.h"
#include "io/traces/read_trace.h"

namespace tacho {

std::string read_maybe_gzip(const std::string& path, size_t limit) {
  std::error_code none;
  if (std::filesystem::is_directory(path, none)) fail(path, " is a folder, expected a result or a trace");
  static_cast<void>(std::filesystem::file_size(path, none));
  if (none) fail("cannot read ", path, ": ", none.message());
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rbe"), gzclose);
  if (!file) fail("cannot open ", path);
  std::string text;
  constexpr size_t kPiece = size_t{1} << 20;
  for (;;) {
    const size_t had = text.size();
    text.resize(had + kPiece);
    const int n = gzread(file.get(), text.data() + had, unsigned(kPiece));
    text.resize(had + size_t(std::max(n, 0)));
    int code = Z_OK;
    const char* reason = gzerror(file.get(), &code);
    if (n < 0 || (n == 0 && code < 0))
      fail(path, ": damaged behind byte ", had,
           " of its contents: ", code == Z_BUF_ERROR ? "it ends too early" : reason);
    if (n == 0) return text;
    if (text.size() > limit)
      fail(path, " has more than ", limit >> 20, " MB", gzdirect(file.get()) ? "" : " decompressed",
           "; record fewer steps");
  }
}

}  // namespace tacho
