// A memcached client's conversation, text and meta: lines and blocks to requests, in memcached's order of checks, and
// the answers that need no store. The loop's thread only.
//
//   consume() -> command(): decode and submit to the store, or answer_local() (memcache_stats.cc: stats)
#pragma once
#include <string>

#include "protocol/memcache/parse.h"
#include "server/dialogue.h"
#include "server/session.h"

namespace cachetted::server {

inline constexpr std::string_view kMemcachedVersion = "1.6.38";  // clients choose features by it

// Counts a request whose reply is out, as `stats` does.
void count_memcache(metrics::Cells& cells, const Request& r);

class MemcacheDialogue final : public Dialogue {
 public:
  explicit MemcacheDialogue(Session& session);

  metrics::Protocol protocol() const override { return metrics::Protocol::memcache; }
  size_t consume(std::string_view in) override;
  size_t wanted() const override { return parser_.wanted(); }
  bool compose(Request& r, Output& out) override;
  void finished(Request& r) override;

 private:
  using Command = memcache::Command;

  memcache::DecodeContext decode_context() const;
  void command();
  void refuse_marks(Request& r);
  void forget_value();
  void authenticate(Request& r);
  size_t refuse_binary(std::string_view in);
  void count_error(const Request& r, std::string_view line);
  void cut(std::string_view in);
  void reply(Request& r, std::string_view bytes);  // whole lines; copied

  void answer_local(const Command& c, Request& r);
  void flush_all(Request& r);
  void verbosity(Request& r);
  std::string stats();  // memcache_stats.cc
  std::string general_stats() const;
  std::string settings() const;

  Session& session_;
  Loop& loop_;
  memcache::Parser parser_;
  bool authenticated_;
  bool binary_ = false;     // it has spoken the binary protocol
  size_t binary_body_ = 0;  // bytes of a refused request that are still to come
};

}  // namespace cachetted::server
