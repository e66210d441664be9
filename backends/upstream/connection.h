// One pipelined connection to a server, and all the rules of keeping it: it connects, greets, sends each tick's
// commands in one write, gives every reply to the request whose turn it is, and after a close connects again. What its
// owner has to know is the protocol. The loop's thread only; redis and memcached use it.
//
//   closed -> connecting -> greeting -> open --(close, fault, stall)--> connecting
//                 \____________\___ refused, no answer ___ waiting, then connecting again; down all the while:
//                                                          requests fail at once
//
// A reply never reaches the wrong request: replies are matched by order alone, a request that was given up keeps its
// place and swallows its late reply, and any doubt (a parse error, a reply too many, one before its command was
// sent, silence for timeouts.stall) ends the connection with all that it carried.
#pragma once
#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "backends/upstream/queue.h"
#include "backends/upstream/stream.h"
#include "config/store_url.h"
#include "core/backend.h"
#include "core/framing.h"

struct uv_stream_s;
struct ssl_ctx_st;

namespace cachetted::upstream {

class Tls;
struct Lookup;
struct Socket;

// How a reply suits what is due: it cannot be one; it is one of several, more of which follow; it is the (last) one.
enum class Fit : uint8_t { no, part, whole };

class Connection {
 public:
  // Who speaks the protocol. Calls come on the loop's thread, from within read callbacks, flush() or beat().
  class Owner {
   public:
    virtual ~Owner() = default;
    // The bytes that a new connection begins with, and how many replies they have.
    virtual std::string greeting(Connection& c, size_t& replies) = 0;
    // One of these, in order; not empty: why the server cannot be used.
    virtual std::string on_greeting(Connection& c, size_t index, std::string_view reply) = 0;
    // Whether a reply can be one to `due`, whose request may be null, by its shape. If not, the connection ends.
    virtual Fit suits(const Due& due, std::string_view reply) = 0;
    // The reply to `due`, or a part of it, whose request still waits. `begin`: where its command begins in stream().
    // May compose more, and owe() for it.
    virtual void on_reply(Connection& c, const Due& due, std::string_view reply, uint64_t begin) = 0;
    // The reply was too large to be kept: a value in it is over limits.max_value, or it all over 1 GiB.
    virtual void on_oversized(const Due& due, const Framing::Oversize& size) = 0;
    // None of the `dues` replies that this connection owes to the request will come.
    virtual void on_failed(Connection& c, Request& r, size_t dues, std::string_view reason) = 0;
    // It went up or down, or could not be made: reason().
    virtual void on_change(Connection& c) = 0;
  };

  Connection(Owner& owner, Host& host, const config::StoreUrl& url, ssl_ctx_st* tls, std::unique_ptr<Framing> framing);
  ~Connection();  // what it owes is forgotten, not completed
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Begins to connect, unless that is under way or done.
  void open();
  // The same for a request that would wait for it: not before the backoff is over.
  void demand();
  // Whether a request may be composed now: sent at once, or when the connection under way is made.
  bool accepts() const { return !down_; }
  bool is_open() const { return state_ == State::open; }
  // For how long, in ns, an open connection has owed nothing and said nothing; 0: it is not idle.
  uint64_t idle_since(uint64_t now) const {
    return state_ == State::open && queue_.empty() && now > last_byte_ ? now - last_byte_ : 0;
  }
  // Why not: "127.0.0.1:6379: connection refused".
  const std::string& reason() const { return reason_; }
  // Whether more bytes wait in it than one connection should hold.
  bool crowded() const;

  // --- composing ---
  Stream& stream() { return stream_; }
  // One reply is due for what was composed since the last call.
  void owe(Request* r, uint32_t part, bool reads, uint16_t token = 0);
  // Sends what was composed; once a tick.
  void flush();

  // What time brings about; ten times a second is enough. `probes`: while it is down it tries again and again, else
  // only when there is a demand.
  void beat(uint64_t now, bool probes);

  size_t in_flight() const { return queue_.size(); }
  const config::StoreUrl& url() const { return url_; }

 private:
  friend struct Lookup;
  friend struct Socket;
  enum class State : uint8_t { closed, connecting, greeting, open, waiting };

  uint64_t deadline(uint64_t now) const;
  void make_socket();
  void try_next_address();
  void connect();
  void on_connected(int status);
  void on_resolved(const std::string& error, std::vector<sockaddr_storage> addresses);
  void begin_greeting();
  char* input_room(size_t& n);
  void on_read(int64_t n);
  void on_ciphertext(const char* data, int64_t n);
  void on_written(int status);
  void parse();
  // Whether a reply can be due: to a command that has been sent.
  bool owes() const { return !queue_.empty() && queue_.front().end <= handed_; }
  bool take_reply(std::string_view reply);
  void greeted();
  void write_tls();
  void send_ciphertext();
  void fail(std::string why);
  void drop_socket();

  Owner& owner_;
  Host& host_;
  const config::StoreUrl url_;
  ssl_ctx_st* tls_context_;
  std::unique_ptr<Framing> framing_;
  std::unique_ptr<Tls> tls_;
  std::vector<sockaddr_storage> addresses_;  // of the name, that were not tried yet
  Socket* socket_ = nullptr;                 // owned; freed when libuv lets go of it
  std::shared_ptr<Lookup> lookup_;           // of the name, under way

  Stream stream_;
  Queue queue_;
  uint64_t handed_ = 0;    // of stream_: given to the system or to libuv
  uint64_t answered_ = 0;  // of stream_: up to here replies are in
  std::string ciphertext_;
  bool writing_ = false;

  std::unique_ptr<char[]> in_;
  size_t in_begin_ = 0, in_end_ = 0, in_capacity_ = 0;

  State state_ = State::closed;
  bool down_ = false;  // the last attempt failed, and none has succeeded since
  size_t greeting_replies_ = 0, greeting_at_ = 0;
  uint64_t since_ = 0;      // steady ns: of this state
  uint64_t last_byte_ = 0;  // steady ns: that the server sent, or since something is owed
  uint64_t try_at_ = 0;     // steady ns: of the next attempt
  uint64_t backoff_ = 0;    // ns
  uint64_t random_;
  std::string reason_;
};

}  // namespace cachetted::upstream
