// The keys one client watches (WATCH). A store marks it dirty when one of them changes; the group that carries it is
// then refused. Shared between the session and the store by reference count; `dirty` may be set from any thread.
#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace cachetted {

struct Watch {
  struct Key {
    uint16_t db;
    std::string key;
  };
  std::atomic<bool> dirty{false};
  std::vector<Key> keys;  // the session's loop alone
};

}  // namespace cachetted
