// Calls to DynamoDB: so many at a time, tried again where that may help, within their deadline. One per loop.
//
//   call() -> queue -> sent -> answered --(throttled, 5xx, lost)--> backoff with full jitter -> queue
//
// Who has more than single calls (the backend, which gathers keys into batches) is asked whenever a connection is free.
// Retries are paid for from a bucket that successes fill: when DynamoDB refuses much, less is asked again, not more.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "backends/dynamodb/table.h"
#include "backends/dynamodb/wire.h"
#include "core/backend.h"

namespace cachetted::dynamodb {

// How a call ended.
struct Outcome {
  Answered answered = Answered::done;
  bool uncertain = false;  // it, or an earlier attempt of it, may have been carried out without an answer
  std::string why;         // where it is no success
  Json json;               // its body, until the next call is answered
};

class Client {
 public:
  using Done = std::function<void(Outcome&)>;
  struct Call {
    Operation op;
    std::string body;
    uint64_t deadline;       // steady ns
    Done done;               // once, perhaps at once
    bool once = false;       // done twice it would do harm: where an answer is lost, that is the outcome
    bool uncertain = false;  // an earlier attempt may have been carried out
    unsigned tries = 0;
    uint64_t sent_at = 0;
  };

  // gather() is to begin() one more call where there is one, and tell whether there was.
  Client(Table& table, Host& host, Http& http, uint32_t connections, std::function<bool()> gather);

  // To be sent by the next pump().
  void call(Call c);
  // Of gather(): a connection is free.
  void begin(Call c);
  // Sends what there is, while connections are free. Called once a tick, so that what comes together goes together, and
  // whenever an answer came.
  void pump();
  void beat(uint64_t now);
  // Why nothing can be asked now; empty: it can, or it may soon.
  std::string down() const;
  size_t in_flight() const { return in_flight_; }
  // For gather()'s own retries: how long to wait before the n-th, in ms.
  uint64_t backoff_ms(unsigned tries);
  // Whether a retry is paid for.
  bool pay();
  // DynamoDB had no capacity for a call, or for a part of it.
  void note_throttle(std::string_view why);

 private:
  void on_answer(const std::shared_ptr<Call>& c, const std::shared_ptr<const Credentials>& with, Http::Answer& a);
  void wait_for_keys(const std::shared_ptr<Call>& c, const std::shared_ptr<const Credentials>& stale);
  void count_capacity(const Outcome& o, Operation op);
  void fail(Call& c, Answered how, std::string why);

  Table& table_;
  Host& host_;
  Http& http_;
  const uint32_t connections_;
  const std::function<bool()> gather_;
  std::deque<Call> queue_;
  simdjson::dom::parser parser_;
  size_t in_flight_ = 0;
  bool pumping_ = false, gathered_ = false;
  unsigned tokens_;
  uint64_t tell_at_ = 0;  // steady ns: of throttling, not before
  uint64_t random_;
};

}  // namespace cachetted::dynamodb
