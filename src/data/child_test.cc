#include "data/child.h"

#include <cstdlib>
#include <vector>

#include "data/test_files.h"

namespace tacho {
namespace {

TEST(Child, SendsMessagesInOrder) {
  Child child("a file", {}, [](ChildOutput& out) {
    out.send_int(42);
    const std::vector<float> big(1 << 20, 1.5f);  // far more than a pipe holds
    out.send(big.data(), big.size() * sizeof(float));
  });
  EXPECT_EQ(child.receive_int(), 42);
  std::vector<float> big(1 << 20);
  child.receive(big.data(), big.size() * sizeof(float));
  EXPECT_EQ(big.back(), 1.5f);
  EXPECT_ERROR(child.receive_int(), "ended early");
}

TEST(Child, ErrorsAndDeathsReachTheParent) {
  Child thrower("a file", {}, [](ChildOutput&) { fail("a file: byte 7 is bad"); });
  EXPECT_ERROR(thrower.receive_int(), "byte 7 is bad");
  Child dying("a file", {}, [](ChildOutput&) { std::abort(); });
  EXPECT_ERROR(dying.receive_int(), "stopped by signal 6");
  Child wrong("a file", {}, [](ChildOutput& out) { out.send("abc", 3); });
  EXPECT_ERROR(wrong.receive_int(), "sent 3 bytes, not 8");
}

TEST(Child, TimeIsLimited) {
  Child busy("a file", {.cpu_seconds = 1}, [](ChildOutput&) {
    for (volatile int64_t i = 0;;) i = i + 1;
  });
  EXPECT_ERROR(busy.receive_int(), "stopped by signal");
}

TEST(Child, MemoryIsLimited) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers' shadow memory counts as address space, so the limit is off";
#endif
  Child greedy("a file", {.memory_bytes = size_t{64} << 20}, [](ChildOutput& out) {
    const std::vector<char> much(size_t{1} << 30);
    out.send_int(int64_t(much.size()));
  });
  EXPECT_ERROR(greedy.receive_int(), "ran out of the memory");
}

}  // namespace
}  // namespace tacho
