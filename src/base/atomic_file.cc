#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/error.h"

namespace tacho {
namespace {

/// A file descriptor that closes itself.
struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

std::string folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

void write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("cannot write ", path, ": ", std::strerror(errno));
    bytes.remove_prefix(size_t(n));
  }
}

}  // namespace

void sync_folder(const std::string& folder) {
  Descriptor d{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (d.fd < 0 || ::fsync(d.fd) != 0) fail("cannot sync folder ", folder, ": ", std::strerror(errno));
}

void write_file_atomic(const std::string& path, std::string_view bytes) {
  const std::string temporary = path + ".tmp." + std::to_string(::getpid());
  try {
    Descriptor d{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
    if (d.fd < 0) fail("cannot create ", temporary, ": ", std::strerror(errno), "; is the folder there and writable?");
    write_all(d.fd, bytes, temporary);
    if (::fsync(d.fd) != 0) fail("cannot sync ", temporary, ": ", std::strerror(errno));
    if (std::rename(temporary.c_str(), path.c_str()) != 0)
      fail("cannot rename ", temporary, " to ", path, ": ", std::strerror(errno));
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_folder(folder_of(path));
}

std::string read_file(const std::string& path, size_t limit) {
  Descriptor d{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (d.fd < 0) fail("cannot open ", path, ": ", std::strerror(errno));
  struct stat info {};
  if (::fstat(d.fd, &info) != 0) fail("cannot read ", path, ": ", std::strerror(errno));
  if (!S_ISREG(info.st_mode)) fail("cannot read ", path, ": not a regular file");
  if (size_t(info.st_size) > limit) fail(path, " has ", info.st_size, " bytes; at most ", limit, " are accepted here");
  std::string bytes(size_t(info.st_size), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::read(d.fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("cannot read ", path, ": ", std::strerror(errno));
    if (n == 0) break;
    done += size_t(n);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace tacho
