#pragma once
#include <atomic>

namespace tacho::onednn {

/// Things made when they are first needed and kept as long as this: primitives of the shapes that a kernel meets.
/// oneDNN makes a primitive for one shape, but the last slice of a batch is smaller than the one that was offered.
/// Threads share it without a lock: finding is a walk over one or two entries; two threads that make the same one at
/// the same time both keep theirs, and the first found is used from then on.
template <class Key, class Made>
class MadeOnce {
 public:
  MadeOnce() = default;
  MadeOnce(const MadeOnce&) = delete;
  MadeOnce& operator=(const MadeOnce&) = delete;
  ~MadeOnce() {
    for (Entry* entry = first_.load(); entry;) {
      Entry* next = entry->next;
      delete entry;
      entry = next;
    }
  }

  /// The one for `key`, else what make() returns.
  template <class Make>
  const Made& at(const Key& key, Make&& make) const {
    Entry* head = first_.load(std::memory_order_acquire);
    for (const Entry* entry = head; entry; entry = entry->next)
      if (entry->key == key) return entry->made;
    Entry* entry = new Entry{key, make(), head};
    while (!first_.compare_exchange_weak(entry->next, entry, std::memory_order_acq_rel)) {
    }
    return entry->made;
  }

 private:
  struct Entry {
    Key key;
    Made made;
    Entry* next;
  };
  mutable std::atomic<Entry*> first_{nullptr};
};

}  // namespace tacho::onednn
