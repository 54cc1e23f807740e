#pragma once
// Runs a reader that we do not trust (a C library on a hostile file) in a process of its own with limits.
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace tacho {

/// What the child may use. Memory is on top of what the parent has mapped; not enforced under sanitizers, whose shadow
/// memory counts as address space.
struct ChildLimits {
  size_t memory_bytes = size_t{1} << 30;
  int cpu_seconds = 60;
};

/// The child's end of the pipe.
class ChildOutput {
 public:
  explicit ChildOutput(int fd) : fd_(fd) {}
  /// One message of `bytes` bytes.
  void send(const void* data, size_t bytes);
  void send_int(int64_t value) { send(&value, sizeof value); }
  /// The last message: `text` becomes the parent's tacho::Error.
  void send_error(const std::string& text);

 private:
  void write_all(const void* data, size_t bytes);
  int fd_;
};

/// A forked process that runs `work` and sends messages; the parent receives them in order. The child has no core
/// dump, writes no files, is silent, and dies with its parent.
class Child {
 public:
  /// `what` names the file in error messages. An exception in `work` becomes an Error of the next `receive`.
  Child(std::string what, const ChildLimits& limits, const std::function<void(ChildOutput&)>& work);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// The next message, which must have exactly `bytes` bytes. Throws tacho::Error with the child's own text, or with
  /// the reason why it ended.
  void receive(void* data, size_t bytes);
  int64_t receive_int();

 private:
  void read_all(void* data, size_t bytes);
  [[noreturn]] void fail_with_end();
  std::string what_;
  pid_t pid_ = -1;
  int fd_ = -1;
};

}  // namespace tacho
