// A DynamoDB table as the store, in the items of the cachette library (item.h). table.h knows whether it can be reached
// and sees to it, client.h sends calls, http.h drives libcurl; this is the way of a request. One DynamoBackend per
// loop, on its thread; none of it blocks.
//
//   submit: request -> Lane (its session's order) -> Work: a coroutine that asks and waits, until the reply is whole
//   asked:  reads of all Works -> one BatchGetItem, plain writes -> one BatchWriteItem, what has a condition by itself
//
// reads.cc looks keys up, writes.cc stores, edits and deletes, walks.cc has what concerns all keys. Every way of
// writing is safe against others, cachetted or not: what depends on the old value is stored only where that still
// stands there.
#pragma once
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "backends/dynamodb/client.h"
#include "backends/dynamodb/item.h"
#include "backends/dynamodb/task.h"
#include "core/backend.h"

namespace cachetted::dynamodb {

Caps native_caps();

class DynamoStore final : public Store {
 public:
  // Throws std::runtime_error with a text for the operator.
  explicit DynamoStore(const config::Config& c);
  Backend* open(Host& host, unsigned loop, unsigned loops) override;
  std::string trouble() const override;

  Table& table() { return table_; }
  const Curl& curl() const { return *curl_; }
  const config::Config& config() const { return config_; }  // as it was at the start

 private:
  const Curl* curl_;
  const config::Config config_;
  Table table_;
};

class DynamoBackend final : public Backend {
 public:
  DynamoBackend(DynamoStore& store, Host& host, bool first);
  ~DynamoBackend() override;

  Caps caps() const override { return native_caps(); }
  size_t submit(Batch batch) override;
  bool advance() override;

 private:
  // A request under way. Its body waits by `co_await w` for all that was asked since.
  struct Work {
    Work(Request& request, uint64_t until) : r(request), deadline(until) {}
    Request& r;
    uint64_t deadline;  // steady ns; a walk sets that of each page
    Task<> body;
    size_t due = 0;  // answers
    Signal answered;
    Outcome outcome;
    // co_await
    bool await_ready() const { return due == 0; }
    void await_suspend(std::coroutine_handle<> h) { answered.await_suspend(h); }
    void await_resume() {}
  };

  // A session's requests in flight. Reads run together, plain writes of different keys too, and reads beside writes of
  // other keys; whatever else there is runs alone.
  struct Lane {
    enum class Kind : uint8_t { look, write, alone };
    struct Waiting {
      Request* request;
      uint64_t deadline;
    };
    size_t looks = 0, writes = 0;
    bool alone = false, settling = false;
    absl::flat_hash_set<size_t> written;  // hashes of the keys that the writes in flight have
    std::deque<Waiting> waiting;
  };

  // A key that is to be read, and a write that is to be done, with whatever goes in one call with them.
  struct Read {
    Work* work;
    std::string_view key;
    Found* into;
    bool values, newest;
    bool uncertain = false;
    unsigned tries = 0;
  };
  struct Write {
    Work* work;
    std::string_view key;
    std::string json;  // {"PutRequest":...} or {"DeleteRequest":...}
    bool by_itself = false;
    bool uncertain = false;  // it may have been done already
    unsigned tries = 0;
  };
  struct Reads;
  struct Writes;

  // dynamodb.cc: the order of a session, and the life of a Work
  static Lane::Kind kind_of(const Request& r);
  static bool may_run(const Lane& lane, const Request& r);
  void run(Lane& lane, Request& r, uint64_t deadline);
  void settle(const Owner* owner);
  void resume(Work& w);
  void finish(Work& w);
  Task<> body_of(Work& w, Request& r);
  Task<> group(Work& w, Request& r);
  uint64_t deadline() const;

  Task<> refuse(Request& r);

  // What a body asks: of several things the outcome is that of the first that is no success. Where something returns
  // false, it went wrong, and r is answered.
  void begin_step(Work& w);
  void ask(Work& w, Operation op, std::string body, bool once, uint64_t deadline,
           std::function<void(Outcome&)> also = {});
  // What may be done twice, and what may not: the outcome of that may be unknown.
  void ask(Work& w, Operation op, std::string body) { ask(w, op, std::move(body), false, w.deadline); }
  void ask_once(Work& w, Operation op, std::string body) { ask(w, op, std::move(body), true, w.deadline); }
  bool fail(Request& r, const Outcome& o);
  void finish(Request& r, Status s) { r.reply.status = s; }
  bool good(Work& w, Request& r);
  bool check_key(Request& r, std::string_view key) { return cachetted::check_key(r, kItems, host_.arena(), key); }
  bool check_size(Request& r, std::string_view key, size_t value);
  // Whether to try once more what others got ahead of: while the request has time. Waits a little.
  Task<bool> may_try(Work& w, Request& r, int tries);
  std::string begin_body() const;
  static std::string begin_transaction();

  // dynamodb.cc: what goes together
  bool gather();
  bool gather_reads();
  bool gather_writes();
  void on_read(const std::shared_ptr<Reads>& reads, Outcome& o);
  void on_written(const std::shared_ptr<Writes>& writes, Outcome& o);
  template <class Part>
  void settle_parts(std::vector<Part>& parts, std::deque<Part>& queue, const std::vector<bool>& again,
                    const Outcome& o);
  void answer(Work& w, const Outcome& o);
  void give_up(uint64_t now);

  // reads.cc
  void look(Work& w, std::string_view key, Found& into, bool values, bool newest);
  Task<> look_up(Work& w, Request& r);
  Task<bool> find(Work& w, Request& r, std::string_view key, Found& found);
  Task<bool> take_or_touch(Work& w, Request& r, std::string_view key, int64_t expiry, bool remove, Found& found);
  Task<> get(Work& w, Request& r);
  Task<> get_many(Work& w, Request& r);

  // writes.cc
  void write(Work& w, std::string_view key, std::string json);
  void stored(Request& r, std::string_view value, int64_t expiry, uint32_t flags);
  Task<bool> put(Work& w, Request& r, std::string_view key, std::string_view value, int64_t expiry, uint32_t flags,
                 Expression& condition, bool& done);
  Task<bool> drop(Work& w, Request& r, std::string_view key, Expression& condition, bool& done);
  Task<> set(Work& w, Request& r);
  Task<> set_by_steps(Work& w, Request& r);
  Task<> set_many(Work& w, Request& r);
  Task<> set_many_if_absent(Work& w, Request& r);
  Task<> edit_value(Work& w, Request& r);
  Task<> remove(Work& w, Request& r);
  Task<> invalidate(Work& w, Request& r);
  Task<> expire(Work& w, Request& r);
  Task<> rename(Work& w, Request& r);
  Task<> copy(Work& w, Request& r);

  // walks.cc
  struct Walk;
  Task<bool> read_page(Work& w, Request& r, Walk& walk);
  Task<> keys(Work& w, Request& r);
  Task<> scan(Work& w, Request& r);
  Task<> count(Work& w, Request& r);
  Task<> random_key(Work& w, Request& r);
  Task<> delete_all(Work& w, Request& r);
  Task<> flush_expired(Work& w, Request& r);
  Task<bool> pace(Work& w, Request& r);
  void charge(uint64_t units);
  void tell_progress(Walk& walk, const Request& r);

  DynamoStore& store_;
  Host& host_;
  Http http_;
  Client client_;
  std::unique_ptr<Keeper> keeper_;  // the first loop's
  absl::flat_hash_map<const Owner*, Lane> lanes_;
  absl::flat_hash_set<Work*> works_;
  std::deque<Read> reads_;
  std::deque<Write> writes_;
  bool reads_last_ = false;       // of the two, who was gathered last
  size_t value_bytes_ = 1 << 14;  // that a value which is read has, about, and rather too many
  uint64_t beat_at_ = 0;          // steady ns
};

}  // namespace cachetted::dynamodb
