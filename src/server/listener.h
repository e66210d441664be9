// A listening socket on loop 0: accepts and hands on. Made and bound by main before the loops run, so that a port in
// use is known at once; closed on loop 0.
#pragma once
#include <uv.h>

#include <string>

#include "config/config.h"
#include "metrics/metrics.h"

namespace cachetted::server {

class Daemon;

class Listener {
 public:
  Listener(Daemon& daemon, config::Address address, metrics::Protocol protocol)
      : daemon_(daemon), address_(std::move(address)), protocol_(protocol) {}
  ~Listener();

  std::string bind();                                // empty, or why not
  void start(uv_loop_t* loop);                       // before the loop's thread runs
  void stop();                                       // loop 0: accepts no more
  const std::string& text() const { return text_; }  // the address with the port in use; any thread
  metrics::Protocol protocol() const { return protocol_; }

 private:
  std::string bind_tcp();
  std::string bind_unix();
  void accept_some();
  void turn_away_for_want_of_files();

  Daemon& daemon_;
  const config::Address address_;
  const metrics::Protocol protocol_;
  std::string text_;
  int fd_ = -1;
  int reserve_ = -1;  // a descriptor to give up when there are no more, to tell a client so
  uv_poll_t poll_;
  bool polling_ = false;
};

}  // namespace cachetted::server
