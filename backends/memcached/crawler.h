// Walks over all keys of all servers, by `lru_crawler metadump hash` on connections of its own, one a server (`all`,
// where a server is too old for it, skips items that others use at that moment). Whoever
// asks joins the next walk to begin, so that any number of them costs at most two; each is told every key as it comes,
// and nothing is kept here. One per loop, on its thread.
//   https://github.com/memcached/memcached/blob/master/doc/protocol.txt ("LRU_Crawler")
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backends/memcached/greeting.h"
#include "backends/memcached/ring.h"
#include "backends/upstream/connection.h"

namespace cachetted::memcached {

class Crawler final : public upstream::Connection::Owner {
 public:
  using OnKey = std::function<void(unsigned server, std::string_view key)>;
  using OnEnd = std::function<void(const std::string& failure)>;  // "": every server has told all its keys

  Crawler(const ServerList& list, Host& host);
  ~Crawler() override;

  void walk(OnKey on_key, OnEnd on_end);
  // Ten times a second.
  void beat(uint64_t now);

  // Connection::Owner
  std::string greeting(upstream::Connection& c, size_t& replies) override;
  std::string on_greeting(upstream::Connection& c, size_t index, std::string_view reply) override;
  upstream::Fit suits(const upstream::Due& due, std::string_view reply) override;
  void on_reply(upstream::Connection& c, const upstream::Due& due, std::string_view reply, uint64_t begin) override;
  void on_oversized(const upstream::Due& due, const Framing::Oversize& size) override;
  void on_failed(upstream::Connection& c, Request& r, size_t dues, std::string_view reason) override;
  void on_change(upstream::Connection& c) override;

 private:
  struct Visitor {
    OnKey on_key;
    OnEnd on_end;
  };
  struct Link {
    unsigned server;
    std::unique_ptr<upstream::Connection> connection;
    Greeting greeting;
    Request asked;  // stands for the walk in the connection's queue
    bool walking = false;
    bool by_hash = true;      // until the server refuses it
    uint64_t busy_since = 0;  // steady ns; 0: it is not busy with somebody else's walk
    uint64_t again_at = 0;    // steady ns
  };

  void begin();
  void ask(Link& l);
  void tell(const Link& l, std::string_view line);
  void end(Link& l, const std::string& failure);
  Link& link_of(const upstream::Connection& c);

  Host& host_;
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<Visitor> walking_, waiting_;
  size_t left_ = 0;  // servers that have not told all
  std::string failure_;
};

}  // namespace cachetted::memcached
