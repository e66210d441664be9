// A request on its way through a worker. What was asked and its reply are the job's own memory, so that the loop may
// give the request up, or go away, while a worker has it: a worker never touches what belongs to a session.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

#include "core/request.h"

namespace cachetted::workers {

class Inbox;

class Job {
 public:
  // `asked` keeps all its words from now on (keep_asked). `deadline`: steady ns.
  Job(Request& asked, std::shared_ptr<Inbox> home, uint64_t now, uint64_t deadline);
  ~Job();
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // --- the worker ---
  // To be called before anything is done for it. False: it is past its deadline, or was given up, and is not run.
  bool start();
  // What is to be done. The reply is the worker's to fill; `owner` is no more than a name.
  Request& request() { return request_; }

  // --- the loop ---
  // True: it has not been started, and never will be.
  bool give_up();
  // Once it is back: moves the reply to who asked.
  void answer(Request& to);
  // Bytes that it holds of what was asked.
  size_t bytes() const { return bytes_; }
  bool was_run() const { return state_.load(std::memory_order_acquire) == State::running; }

  Request* asked;                                   // the loop alone; null: nobody waits for it any more
  std::list<std::shared_ptr<Job>>::iterator place;  // the loop alone: in its list of those that are out
  const std::shared_ptr<Inbox> home;
  const uint64_t queued, deadline;     // steady ns
  uint64_t started = 0, finished = 0;  // steady ns; the worker's until it is back

 private:
  enum class State : uint8_t { waiting, running, given_up };

  size_t bytes_ = 0;
  Request request_;
  std::unique_ptr<Request[]> children_;  // of a group: those that are still to be run
  std::atomic<State> state_{State::waiting};
};

using JobRef = std::shared_ptr<Job>;

}  // namespace cachetted::workers
