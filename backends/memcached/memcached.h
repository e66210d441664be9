// One memcached or a ring of them as the store. ring.h says which server has a key, compose.cc makes the commands of a
// request, decode.cc reads the replies, jobs.cc has what takes several steps, walks.cc what concerns all keys,
// memcached.cc the connections. One MemcachedBackend per loop, on its thread.
//
//   submit: request -> a meta command a key, each with a token, in its server's stream -> one write a server and tick
//   read:   reply -> its Due, whose token it repeats -> decode -> complete(), when no reply of the request is due
//
// Requests of one session take effect in order: what one server is asked it does in order, and behind a request of
// several steps (Work) the session's later ones wait (Lane).
#pragma once
#include <absl/container/flat_hash_map.h>

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "backends/memcached/crawler.h"
#include "backends/memcached/item.h"
#include "backends/memcached/ring.h"
#include "backends/memcached/snapshot.h"
#include "backends/memcached/work.h"
#include "backends/upstream/connection.h"
#include "core/backend.h"
#include "protocol/memcache/frame.h"

namespace cachetted::memcached {

Caps native_caps();

class MemcachedStore final : public Store {
 public:
  // Throws std::runtime_error where the list of servers does not parse.
  explicit MemcachedStore(const config::Config& c);
  Backend* open(Host& host, unsigned loop, unsigned loops) override;
  std::string trouble() const override;

  const ServerList& list() const { return list_; }
  // A loop's connection to a server went up (empty) or down; any thread.
  void note(unsigned loop, unsigned server, std::string reason);

 private:
  const ServerList list_;
  mutable std::mutex lock_;
  std::vector<std::vector<std::string>> reasons_;  // by loop and server; guarded by lock_
};

using upstream::Connection;
using upstream::Due;
using upstream::Fit;

class MemcachedBackend final : public Backend, public Connection::Owner {
 public:
  MemcachedBackend(MemcachedStore& store, Host& host, unsigned loop);
  ~MemcachedBackend() override;

  Caps caps() const override { return native_caps(); }
  size_t submit(Batch batch) override;
  bool advance() override;

  // Connection::Owner
  std::string greeting(Connection& c, size_t& replies) override;
  std::string on_greeting(Connection& c, size_t index, std::string_view reply) override;
  Fit suits(const Due& due, std::string_view reply) override;
  void on_reply(Connection& c, const Due& due, std::string_view reply, uint64_t begin) override;
  void on_oversized(const Due& due, const Framing::Oversize& size) override;
  void on_failed(Connection& c, Request& r, size_t dues, std::string_view reason) override;
  void on_change(Connection& c) override;

 private:
  // Due::part: which of a request's replies it is, and whether a Work waits for it.
  enum Part : uint32_t { kOfWork = 1u << 31, kCounted = 1u << 30, kIndex = kCounted - 1 };
  static constexpr uint8_t kUnanswered = 128;   // of a get_many's items, beside Mark: `flags` is the server meanwhile
  static constexpr size_t kMostDeletes = 8192;  // that CLEAR has under way
  static constexpr size_t kReason = 256;        // bytes, behind a get_many's items

  struct Link {  // one server
    unsigned server;
    std::unique_ptr<Connection> connection;
    Greeting greeting;
    bool listed = false;           // in unflushed_
    memcache::Token token = 0;     // of the last command
    std::string told = "not yet";  // to the operator: the last reason, empty when it went up
  };
  // Of a session: the request of several steps that is under way, and what came behind it.
  struct Lane {
    struct Waiting {
      Request* request;
      uint64_t deadline;  // steady ns
    };
    Request* running = nullptr;
    std::deque<Waiting> waiting;
  };

  // memcached.cc
  void run(Request& r);
  void finish(Request& r);
  void go_on_behind(Request& r);
  Link& link_of(const Connection& c);
  void list(Link& l);
  void flush();
  void fail(Request& r, std::string_view reason);
  void rebuild_ring();
  std::string unusable(const Link& l);
  uint64_t deadline() const;

  // compose.cc
  bool is_plain(const Request& r) const;
  bool may_grow_over(const Request& r) const;
  void compose(Request& r);
  void compose_keys(Request& r);
  void compose_key(Link& l, Request& r, std::string_view key, uint32_t part);
  void compose_get_many(Request& r);
  void compose_set(Link& l, Request& r);
  void compose_everywhere(Request& r, std::string_view line);
  Link* place(Request& r, std::string_view key);
  bool fits(Request& r, const Link& l, std::string_view key, size_t value);
  bool takes(Request& r, std::string_view key);
  Link* find_server(Request& r, std::string_view key);
  int64_t seconds(int64_t expiry) const;
  // One command about a key: flags(MetaWriter&) adds to it.
  template <class Flags>
  void send(Link& l, Request& r, uint32_t part, std::string_view command, std::string_view key, Flags&& flags);
  template <class Flags>
  void send_block(Link& l, Request& r, uint32_t part, std::string_view key, std::string_view block, Flags&& flags);
  void send_line(Link& l, Request* r, uint32_t part, std::string_view line);

  // decode.cc
  void decode(Request& r, uint32_t part, const memcache::MetaReply& m);
  static std::string line_to_give_back(std::string_view command, uint64_t cas);
  void decode_get(Request& r, const memcache::MetaReply& m);
  void decode_counter(Request& r, const memcache::MetaReply& m);
  void decode_item(Request& r, const memcache::MetaReply& m);
  std::pair<Status, std::string> refusal(const Link& l, std::string_view line) const;
  void put_value(Value& v, const memcache::MetaReply& m, bool last);
  void settle_get_many(Request& r);
  void fail_item(Request& r, Value& v, std::string_view why);

  // jobs.cc
  void start(Request& r);
  void go_on(Work& w);
  void end(Work& w);
  Work* work_of(const Request& r);
  void on_answer(Link& l, Work& w, uint32_t part, const memcache::MetaReply& m);
  Job job_for(Work& w);
  Job common(Work& w);
  Job get_and_delete(Work& w);
  Job set_by_steps(Work& w);
  Job set_if_none(Work& w);
  Job append(Work& w);
  Job edit_value(Work& w);
  Job clear_value(Work& w);
  Job expire_if(Work& w);
  Job rename(Work& w);
  Job copy(Work& w);
  Job group(Work& w);
  bool in_time(Work& w);
  uint32_t next_of(Work& w);
  template <class Flags>
  void ask(Work& w, std::string_view command, std::string_view key, Flags&& flags);
  template <class Flags>
  void write_block(Work& w, std::string_view key, std::string_view value, Flags&& flags);
  void ask_line(Work& w, Link& l, std::string_view line);
  void look(Work& w, std::string_view key, std::string_view flags);
  void read(Work& w, std::string_view key) { look(w, key, "f v c t u"); }
  enum class If : uint8_t { any, absent, unchanged };
  void write(Work& w, std::string_view key, std::string_view value, int64_t expiry, uint32_t flags, If condition,
             uint64_t cas, const Got* old = nullptr);
  void rewrite(Work& w, const Got& old, std::string_view value, int64_t expiry, uint32_t flags);
  void remove(Work& w, std::string_view key, uint64_t cas);
  void give(Value& v, const Got& g);
  int64_t expiry_of(const Got& old) const;
  void correct_expiry(Work& w, std::string_view key);

  // walks.cc
  Job keys(Work& w);
  Job scan(Work& w);
  Job count(Work& w);
  Job random_key(Work& w);
  Job clear(Work& w);
  struct Making;
  void settle(Work& w);
  void walk(Work& w, Crawler::OnKey on_key);
  void visit(Work& w, std::function<void(std::string_view key)> on_key);

  MemcachedStore& store_;
  Host& host_;
  const unsigned loop_;
  std::vector<std::unique_ptr<Link>> links_;  // by server
  Ring ring_;
  std::vector<Link*> unflushed_;
  std::vector<Work*> scanners_;  // SCANs that wait for the snapshot in the making
  bool making_ = false;          // one is: no more than one at a time
  absl::flat_hash_map<const Request*, std::unique_ptr<Work>> works_;
  absl::flat_hash_map<const Request*, Work*> parents_;  // of a group's children that are under way
  absl::flat_hash_map<const cachetted::Owner*, Lane> lanes_;
  Snapshot snapshot_;
  Crawler crawler_;
  memcache::MetaReply reply_;  // that suits() has read
  std::string_view whole_;     // and all its bytes
  uint64_t beat_at_ = 0;       // steady ns
};

inline memcache::Token next_token(memcache::Token& last) {
  return last = static_cast<memcache::Token>(last % (memcache::kTokens - 1) + 1);
}

template <class Flags>
void MemcachedBackend::send(Link& l, Request& r, uint32_t part, std::string_view command, std::string_view key,
                            Flags&& flags) {
  upstream::Stream& out = l.connection->stream();
  memcache::MetaWriter w(out.reserve(memcache::kCommandRoom), command, key, r.coded || !memcache::is_plain_key(key));
  flags(w);
  w.token(next_token(l.token));
  out.commit(w.end());
  l.connection->owe(&r, part, row(r.op).access == Access::read && !r.has(kTouch) && !r.has(kVivify), l.token);
  ++r.steps;
  list(l);
}

// ms, with its block.
template <class Flags>
void MemcachedBackend::send_block(Link& l, Request& r, uint32_t part, std::string_view key, std::string_view block,
                                  Flags&& flags) {
  upstream::Stream& out = l.connection->stream();
  memcache::MetaWriter w(out.reserve(memcache::kCommandRoom + block.size()), "ms", key,
                         r.coded || !memcache::is_plain_key(key));
  w.size(block.size());
  flags(w);
  w.token(next_token(l.token));
  w.block(block);
  out.commit(w.end());
  l.connection->owe(&r, part, false, l.token);
  ++r.steps;
  list(l);
}

}  // namespace cachetted::memcached
