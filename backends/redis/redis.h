// A Redis or Valkey server as the store. compose.cc makes a request's commands, shapes.cc says which
// replies they can have, decode.cc reads them, foreign.cc bounds what is passed on, redis.cc has the connections. One
// RedisBackend per loop, on its thread.
//
//   submit: request -> commands in a connection's stream, a Due each -> one write a tick
//   read:   reply -> its Due -> decode -> complete(), when no reply of the request is due any more
#pragma once
#include <absl/container/flat_hash_map.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "backends/redis/scripts.h"
#include "backends/upstream/connection.h"
#include "backends/upstream/tls.h"
#include "protocol/resp/frame.h"

namespace cachetted::config {
struct Config;
}

namespace cachetted::redis {

Caps native_caps();

class RedisStore final : public Store {
 public:
  // `name`: the row in backends/registry.cc. Throws std::runtime_error where tls.ca is of no use.
  RedisStore(std::string name, const std::string& url, const config::Config& c);
  Backend* open(Host& host, unsigned loop, unsigned loops) override;
  std::string trouble() const override;

  const std::string& name() const { return name_; }
  const config::StoreUrl& url() const { return url_; }
  ssl_ctx_st* tls() const { return tls_.get(); }
  // Client flags can be given to values, so that a stored value may be in an envelope.
  bool envelopes() const { return envelopes_; }
  // A loop's first connection went up (empty) or down; any thread.
  void note(unsigned loop, std::string reason);

 private:
  const std::string name_;
  const config::StoreUrl url_;
  const bool envelopes_;
  std::unique_ptr<ssl_ctx_st, upstream::FreeContext> tls_;
  mutable std::mutex lock_;
  std::vector<std::string> reasons_;  // by loop; guarded by lock_
};

using upstream::Connection;
using upstream::Due;

class RedisBackend final : public Backend, public Connection::Owner {
 public:
  RedisBackend(RedisStore& store, Host& host, unsigned loop);
  ~RedisBackend() override;

  Caps caps() const override { return native_caps(); }
  size_t submit(Batch batch) override;
  bool advance() override;
  const Foreign* find_foreign(std::span<const std::string_view> words) override;

  // Connection::Owner
  std::string greeting(Connection& c, size_t& replies) override;
  std::string on_greeting(Connection& c, size_t index, std::string_view reply) override;
  upstream::Fit suits(const Due& due, std::string_view reply) override;
  void on_reply(Connection& c, const Due& due, std::string_view reply, uint64_t begin) override;
  void on_oversized(const Due& due, const Framing::Oversize& size) override;
  void on_failed(Connection& c, Request& r, size_t dues, std::string_view reason) override;
  void on_change(Connection& c) override;

 private:
  static constexpr uint64_t kMostBulk = uint64_t{512} << 20;  // bytes of a word, unless the server says otherwise

  // Due::part of what a transaction owes beside its replies.
  enum Part : uint32_t { kQueued = 0xfffffff0, kExec };

  struct Link {  // a connection, and what it is for
    std::unique_ptr<Connection> connection;
    uint32_t database;
    int version;
    bool listed = false;          // in unflushed_
    std::vector<uint8_t> steps;   // of its greeting
    std::string no_transactions;  // the server's words against them, empty where it allows them
  };
  // Composes the commands of one request: outside MULTI each owes a reply to it, within they are steps of `r` alone.
  struct Composer {
    RedisBackend& backend;
    Connection& c;
    Request& r;      // whose commands these are
    Request* group;  // null outside MULTI
    bool reads;

    template <class... Words>
    void send(Words... words) {
      const std::string_view all[] = {std::string_view(words)...};
      send_all(all);
    }
    void send_all(std::span<const std::string_view> words);
    void script(Script s, std::span<const std::string_view> keys, std::span<const std::string_view> words);
    void script(Script s, std::span<const std::string_view> words) { script(s, {&r.key, 1}, words); }  // on its key
    void owe();
  };

  // redis.cc
  void fail(Request& r, std::string_view reason);
  Link& link_for(const Request& r);
  Link& link_of(const Connection& c);
  uint32_t store_database(uint16_t db) const;  // database 0 is the one that the URL names
  void list(Link& l);
  void list(const Connection& c) { list(link_of(c)); }
  void flush();
  void finish_step(Request& r);

  // foreign.cc
  void read_command_table(std::string_view reply);
  void read_commands(std::string_view& reply);

  // compose.cc
  void compose(Link& l, Request& r);
  void compose_group(Link& l, Request& r);
  bool too_large(Request& r) const;
  void compose_one(Composer& out);
  void compose_get(Composer& out);
  void compose_set(Composer& out);
  void compose_set_many(Composer& out);
  void compose_append(Composer& out);
  void compose_count(Composer& out);
  void compose_expire(Composer& out);
  void compose_move(Composer& out, std::span<const std::string_view> words);
  void compose_peek(Composer& out, std::span<const std::string_view> words);
  void compose_edit(Composer& out, std::span<const std::string_view> words);
  void compose_raw(Composer& out);
  int64_t left(int64_t expiry) const;  // milliseconds, at least 1
  std::string ttl_word(int64_t expiry) const;

  // decode.cc
  void decode(Connection& c, Request& r, uint32_t part, std::string_view reply, bool last);
  void decode_group(Connection& c, Request& g, std::string_view reply);
  void decode_script(Request& r, std::string_view reply);
  bool decode_error(Request& r, const resp::Element& e, bool last);
  void put_value(Value& v, const Request& r, std::string_view stored, bool last);
  bool compose_again(Connection& c, Request& r, const Due& due, std::string_view reply, uint64_t begin);
  void go_on_clearing(Connection& c, Request& r, const Due& due, std::string_view reply, uint64_t begin);
  void send_unasked(Connection& c, std::initializer_list<std::string_view> words);
  void give_default(Connection& c, const Request& r, uint32_t part, std::string_view reply);

  RedisStore& store_;
  Host& host_;
  const unsigned loop_;
  std::vector<std::unique_ptr<Link>> links_;  // the first: database 0, RESP2; it alone tells whether the server is up
  std::vector<Link*> unflushed_;
  uint64_t beat_at_ = 0;                               // steady ns
  std::string told_ = "not yet";                       // to the operator: the last reason, empty when it went up
  absl::flat_hash_map<std::string, Foreign> foreign_;  // the server's own COMMAND table
  Foreign found_;
  std::string no_commands_;  // why it does not tell them
  uint64_t most_bulk_ = kMostBulk;
  uint64_t loaded_[kScripts] = {};  // steady ns: of SCRIPT LOAD since the greeting
};

}  // namespace cachetted::redis
