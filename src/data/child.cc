#include "data/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/error.h"

namespace tacho {
namespace {

constexpr size_t kLongestError = 2000;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

void limit(int resource, rlim_t value) {
  rlimit old{};
  getrlimit(decltype(RLIMIT_AS)(resource), &old);
  const rlim_t bound = std::min(value, old.rlim_max);
  const rlimit both{bound, bound};
  setrlimit(decltype(RLIMIT_AS)(resource), &both);
}

/// Bytes of address space in use, from the kernel's own count.
size_t mapped_bytes() {
  unsigned long pages = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%lu", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return size_t(pages) * size_t(sysconf(_SC_PAGESIZE));
}

void enter_child(const ChildLimits& limits, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  // An inherited handler (an interrupted run saves its state) must not run in here, nor a closed pipe go unnoticed.
  for (int s : {SIGINT, SIGTERM, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGPIPE, SIGXCPU}) signal(s, SIG_DFL);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_CPU, rlim_t(limits.cpu_seconds));
  if (!kSanitized) limit(RLIMIT_AS, mapped_bytes() + limits.memory_bytes);
  const int null = open("/dev/null", O_RDWR);
  if (null >= 0) {
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
  }
}

}  // namespace

void ChildOutput::write_all(const void* data, size_t bytes) {
  const char* p = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t n = ::write(fd_, p, bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) _exit(1);  // the parent has gone
    p += n;
    bytes -= size_t(n);
  }
}

void ChildOutput::send(const void* data, size_t bytes) {
  const int64_t length = int64_t(bytes);
  write_all(&length, sizeof length);
  write_all(data, bytes);
}

void ChildOutput::send_error(const std::string& text) {
  const size_t bytes = std::min(text.size(), kLongestError);
  const int64_t length = -int64_t(bytes) - 1;  // negative: an error, also with an empty text
  write_all(&length, sizeof length);
  write_all(text.data(), bytes);
}

Child::Child(std::string what, const ChildLimits& limits, const std::function<void(ChildOutput&)>& work)
    : what_(std::move(what)) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("cannot read ", what_, ": no pipe: ", std::strerror(errno));
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) {
    const int reason = errno;
    ::close(ends[0]);
    ::close(ends[1]);
    fail("cannot read ", what_, ": no process for its reader: ", std::strerror(reason));
  }
  if (pid_ == 0) {
    ::close(ends[0]);
    enter_child(limits, parent);
    ChildOutput output(ends[1]);
    try {
      work(output);
    } catch (const std::bad_alloc&) {
      output.send_error(what_ + ": its reader ran out of the memory that a file of this size may need; is it damaged?");
    } catch (const std::exception& error) {
      output.send_error(error.what());
    }
    _exit(0);
  }
  ::close(ends[1]);
  fd_ = ends[0];
}

Child::~Child() {
  ::close(fd_);
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

void Child::fail_with_end() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  if (WIFSIGNALED(status))
    fail("cannot read ", what_, ": its reader was stopped by signal ", WTERMSIG(status), " (",
         strsignal(WTERMSIG(status)), "); the file is damaged or needs too much");
  fail("cannot read ", what_, ": its reader ended early; the file is damaged");
}

void Child::read_all(void* data, size_t bytes) {
  char* p = static_cast<char*>(data);
  while (bytes > 0) {
    const ssize_t n = ::read(fd_, p, bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail_with_end();
    p += n;
    bytes -= size_t(n);
  }
}

void Child::receive(void* data, size_t bytes) {
  int64_t length = 0;
  read_all(&length, sizeof length);
  if (length < 0) {
    if (length < -int64_t(kLongestError) - 1) fail("cannot read ", what_, ": its reader sent nonsense");
    std::string text(size_t(-(length + 1)), '\0');
    read_all(text.data(), text.size());
    throw Error(text);
  }
  if (length != int64_t(bytes)) fail("cannot read ", what_, ": its reader sent ", length, " bytes, not ", bytes);
  read_all(data, bytes);
}

int64_t Child::receive_int() {
  int64_t value = 0;
  receive(&value, sizeof value);
  return value;
}

}  // namespace tacho
