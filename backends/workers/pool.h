// The bounded pool for drivers that block: the only place in the daemon that may. To put a store behind one: derive
// from Driver, make the Pool in the Store, and give each loop's Backend a Lane (lane.h) to hand its requests to.
//
//   loop: Lane::add -> Pool::push -> | worker's queue | -> up to max_batch at once -> Driver::run, part by part
//         complete() <- Lane   <-  Host::post, one wake-up a batch   <-  Inbox      <- replies
//
// A session's requests all go to one worker, which runs them in their order. A queue is bounded; what is over it is
// refused at once. What has waited past its deadline is not run.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "backends/workers/job.h"
#include "config/config.h"
#include "core/arena.h"

namespace cachetted::workers {

// Drives a store by a library that blocks. Made, used and destroyed in one worker's thread.
class Driver {
 public:
  virtual ~Driver() = default;
  // Runs these and fills in the reply of each for which start() is true; the others are none of its business. Small
  // bytes of a reply may be in `arena`, for the length of the call; large ones in blobs. It may do the reads among them
  // first, together: none of them touches a key, or comes from a session, of which a write stands before it.
  virtual void run(std::span<Job* const> jobs, Arena& arena) = 0;
  // How many it wants next, at most: replies are held until a run is over.
  virtual size_t most() const { return SIZE_MAX; }
};

// How many of these, from the front, one Driver::run may have.
size_t together(std::span<Job* const> jobs);

// Of one loop: what workers have done for it.
class Inbox {
 public:
  // `post` wakes the loop, which then calls take(). A task that was posted may come when the inbox is closed.
  void open(std::function<void()> post);
  bool is_open() const { return open_; }
  // Any thread: a batch, and in how many parts it was run. Dropped when the loop is gone.
  void deliver(std::vector<JobRef> jobs, uint64_t parts);
  // The loop.
  std::vector<JobRef> take(uint64_t& parts);
  // The loop goes away: post is not called again.
  void close();

 private:
  bool open_ = false;  // the loop's
  std::mutex lock_;
  std::function<void()> post_;  // guarded by lock_, as all that follows; null: closed
  std::vector<JobRef> done_;
  uint64_t parts_ = 0;
  bool posted_ = false;
};

class Pool {
 public:
  using Make = std::function<std::unique_ptr<Driver>()>;  // called in each worker's thread
  Pool(const config::Workers& size, Make make);
  ~Pool();  // waits for what is being run; what waits is dropped
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  unsigned size() const { return static_cast<unsigned>(workers_.size()); }
  // Any thread. Returns how many, from the front, the worker's queue had room for.
  size_t push(unsigned worker, std::span<const JobRef> jobs);

 private:
  struct Worker {
    std::mutex lock;
    std::condition_variable more;
    std::deque<JobRef> queue;  // guarded by lock
    bool stop = false;         // guarded by lock
    std::thread thread;
  };

  void work(Worker& w);
  void run(std::vector<JobRef> jobs, Driver& driver, Arena& arena);

  const config::Workers options_;
  const Make make_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace cachetted::workers
