// A loop's way to the workers and back: what its requests wait in while a Pool has them. On the loop's thread alone.
#pragma once
#include <list>
#include <string>
#include <vector>

#include "backends/workers/pool.h"
#include "core/backend.h"

namespace cachetted::workers {

class Lane {
 public:
  // `backend`: its name, for errors.
  Lane(Pool& pool, Host& host, std::string backend);
  ~Lane();  // what is out is forgotten, not completed
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // Each for the worker of its session; what is not among `caps` is answered at once. Takes them all.
  size_t submit(Batch batch, const Caps& caps);
  // What submit() does with one, and with what was added.
  void add(Request& r);
  void flush();
  // What time brings about; ten times a second is enough.
  void beat(uint64_t now);

 private:
  void take();
  void fail(Request& r, std::string_view what);
  void fail_late(Request& r);

  Pool& pool_;
  Host& host_;
  const std::string backend_;
  const std::shared_ptr<Inbox> inbox_;
  std::vector<std::vector<JobRef>> unsent_;  // by worker
  uint64_t held_ = 0;                        // bytes of what workers have, given up or not
  std::list<JobRef> out_;                    // in the order of their deadlines, but for a reload
};

}  // namespace cachetted::workers
