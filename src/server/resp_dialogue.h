// A RESP client's conversation: parses commands, checks name, arity and rights in redis-server's order, keeps what the
// connection remembers (version, database, name, transaction), and answers by itself what no store is needed for. The
// loop's thread only.
//
//   consume() -> dispatch() -> [queue for EXEC] -> run(): decode and submit to the store, or answer_local()
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/watch.h"
#include "protocol/resp/commands.h"
#include "protocol/resp/parse.h"
#include "server/dialogue.h"
#include "server/session.h"

namespace cachetted::server {

inline constexpr std::string_view kRedisVersion = "7.0.15";  // the server whose replies are ours

class RespDialogue final : public Dialogue {
 public:
  explicit RespDialogue(Session& session);
  ~RespDialogue() override;

  metrics::Protocol protocol() const override { return metrics::Protocol::resp; }
  size_t consume(std::string_view in) override;
  size_t wanted() const override { return wanted_; }
  bool compose(Request& r, Output& out) override {
    if (&r == settling_) [[unlikely]]
      settle(r);
    return resp::compose(r, out);
  }
  void finished(Request& r) override;

  // One line of CLIENT LIST.
  std::string describe() const;
  const std::string& user() const { return user_; }

 private:
  using Compose = std::function<void(resp::Writer&)>;
  enum class Replies : uint8_t { on, off, skip_next };

  Request* begin(const resp::Command& row);
  void dispatch(const resp::Args& args, size_t largest);
  // Null: refused, r has the answer. What is passed on is decoded by this already.
  const resp::Command* identify(const resp::Args& args, Request& r);
  const resp::Command* identify_foreign(const resp::Args& args, Request& r);
  bool check_sizes(const resp::Command& c, const resp::Args& args, Request& r);
  bool refuse_size(Request& r, const char* what, size_t size, uint64_t limit, const char* option);
  void deny(std::string_view name, Request& r);
  void refuse(Request* r);
  void refuse(Request* r, std::string_view error);
  void run(const resp::Command& c, const resp::Args& args, Request* r);
  bool decode(const resp::Command& c, const resp::Args& args, Request& r);

  uint32_t databases() const;
  // Answers by bytes composed now, while the connection's state is what the client thinks it is.
  void reply(Request& r, const Compose& compose);
  void reply_error(Request& r, std::string_view error);
  void reply_ok(Request& r) { reply_fixed(r, "+OK\r\n"); }
  void reply_fixed(Request& r, std::string_view wire);
  void reply_help(Request& r, std::string_view container, std::initializer_list<std::string_view> lines);

  // resp_transaction.cc
  void enqueue(const resp::Command& c, const resp::Args& args, Request& r);
  void multi(Request& r);
  void exec(Request* r);
  void discard(Request& r);
  void watch(const resp::Args& args, Request* r);
  void give_up_watch(Request& r);
  void abandon_transaction();
  void executed(const Request& r);

  // resp_connection.cc: what concerns this connection, and the daemon in a word
  void answer_local(const resp::Command& c, const resp::Args& args, Request* r);
  void answer_queued(const resp::Command& c, const resp::Args& args, Request& r);
  bool answer_connection(const resp::Command& c, const resp::Args& args, Request& r);
  void hello(const resp::Args& args, Request& r);
  void auth(const resp::Args& args, Request& r);
  bool log_in(std::string_view user, std::string_view password);
  void select(const resp::Args& args, Request& r);
  void settle(Request& r);
  void change_connection();
  void wait(const resp::Args& args, Request& r);
  void reset(Request& r);
  void set_name(std::string_view name, Request& r);
  void set_info(const resp::Args& args, Request& r);
  void set_replies(const resp::Args& args, Request& r);

  // resp_clients.cc: what asks or changes other connections, on every loop; the request stays in flight meanwhile
  void client_list(const resp::Args& args, Request* r);
  void client_kill(const resp::Args& args, Request* r);
  void finish_later(Request* r, const Compose& compose);

  // resp_server.cc: what describes the daemon: INFO, CONFIG, COMMAND, SLOWLOG, LATENCY, CACHETTE STATUS and the help
  // texts. False when the command is none of these.
  bool answer_server(const resp::Command& c, const resp::Args& args, Request& r);

  Session& session_;
  Loop& loop_;
  std::unique_ptr<resp::Parser> partial_;  // while a command of many words is incomplete
  size_t wanted_ = 0;
  int version_ = 2;
  uint16_t db_ = 0;
  // A SELECT that the store has still to allow, or an EXEC with commands about the connection that may be in vain.
  const Request* settling_ = nullptr;
  bool authenticated_;
  Replies replies_ = Replies::on;
  std::string user_ = "default";
  std::string name_, library_name_, library_version_;
  struct Before {  // such an EXEC: what stays where nothing is executed
    int version;
    uint16_t db;
    bool authenticated;
    Replies replies;
    std::string user, name, library_name, library_version;
  };
  std::unique_ptr<Before> before_;
  const resp::Command* last_ = nullptr;
  std::string barrier_word_;  // a long command's words, for the slow log

  bool in_multi_ = false, multi_broken_ = false;
  uint32_t queued_ = 0;
  std::string queue_;  // the queued commands, as RESP
  std::unique_ptr<Watch> watch_;
};

}  // namespace cachetted::server
