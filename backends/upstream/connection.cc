// The states of a connection, its reads and its writes.
#include "backends/upstream/connection.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <netdb.h>
#include <uv.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>

#include "backends/upstream/tls.h"
#include "codecs/envelope.h"
#include "config/config.h"
#include "core/clock.h"
#include "metrics/metrics.h"

namespace cachetted::upstream {
namespace {

constexpr size_t kInput = 64 << 10;
constexpr size_t kCiphertext = 32 << 10;
constexpr unsigned kSlices = 64;  // of one write
constexpr uint64_t kMs = 1'000'000;
constexpr uint64_t kFirstBackoff = 50 * kMs, kMostBackoff = 500 * kMs;
constexpr uint64_t kShortLife = 1000 * kMs;  // a connection that lived less is not made again at once
constexpr unsigned kKeepaliveSeconds = 60;
constexpr size_t kMostReply = size_t{1} << 30;  // bytes, of an array of values, say

}  // namespace

// A name that is being resolved, in a thread of its own, since nothing can interrupt it: it may take longer than the
// Connection lives, or the daemon.
struct Lookup {
  std::mutex lock;
  Connection* owner;  // guarded by lock; null: nobody waits for it

  static void run(const std::shared_ptr<Lookup>& l, const std::string& host, const std::string& port) {
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    int status = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
    std::vector<sockaddr_storage> addresses;
    for (addrinfo* a = found; a != nullptr; a = a->ai_next)
      if (a->ai_addrlen <= sizeof(sockaddr_storage)) std::memcpy(&addresses.emplace_back(), a->ai_addr, a->ai_addrlen);
    if (found != nullptr) freeaddrinfo(found);
    std::string error = status != 0 ? gai_strerror(status) : addresses.empty() ? "the name has no address" : "";
    std::lock_guard guard(l->lock);
    if (l->owner == nullptr) return;
    l->owner->host_.post([l, error = std::move(error), addresses = std::move(addresses)]() mutable {
      if (l->owner != nullptr) l->owner->on_resolved(error, std::move(addresses));
    });
  }
};

// libuv's part of one attempt to connect: outlives the Connection until libuv has let go of it.
struct Socket {
  union {
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  };
  uv_connect_t connect;
  uv_write_t write;
  Connection* owner;
  char cipher[kCiphertext];

  uv_handle_t* handle() { return reinterpret_cast<uv_handle_t*>(&tcp); }
  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&tcp); }
  void let_go() {
    owner = nullptr;
    uv_close(handle(), [](uv_handle_t* h) { delete static_cast<Socket*>(h->data); });
  }
  static void on_connected(uv_connect_t* c, int status) {
    auto* s = static_cast<Socket*>(c->data);
    if (s->owner != nullptr) s->owner->on_connected(status);
  }
  static void on_alloc(uv_handle_t* h, size_t, uv_buf_t* buf) {
    auto* s = static_cast<Socket*>(h->data);
    if (s->owner->tls_ != nullptr) {
      *buf = uv_buf_init(s->cipher, sizeof s->cipher);
      return;
    }
    size_t n = 0;
    char* room = s->owner->input_room(n);
    *buf = uv_buf_init(room, static_cast<unsigned>(n));
  }
  static void on_read(uv_stream_t* h, ssize_t n, const uv_buf_t* buf) {
    auto* s = static_cast<Socket*>(h->data);
    if (n == 0 || s->owner == nullptr) return;
    if (s->owner->tls_ != nullptr) {
      s->owner->on_ciphertext(buf->base, n);
    } else {
      s->owner->on_read(n);
    }
  }
  static void on_written(uv_write_t* w, int status) {
    auto* s = static_cast<Socket*>(w->data);
    if (s->owner != nullptr) s->owner->on_written(status);
  }
};

Connection::Connection(Owner& owner, Host& host, const config::StoreUrl& url, ssl_ctx_st* tls,
                       std::unique_ptr<Framing> framing)
    : owner_(owner),
      host_(host),
      url_(url),
      tls_context_(tls),
      framing_(std::move(framing)),
      random_(steady_ns() | 1) {}

Connection::~Connection() {
  drop_socket();
  if (lookup_ == nullptr) return;
  std::lock_guard guard(lookup_->lock);
  lookup_->owner = nullptr;
}

// A few of the largest values fit beside each other.
bool Connection::crowded() const { return stream_.held() > 4 * host_.config().limits.output_buffer; }

// --- connecting ---

void Connection::open() {
  if (state_ != State::closed && state_ != State::waiting) return;
  state_ = State::connecting;
  since_ = steady_ns();
  make_socket();
  if (!url_.unix_path.empty()) {
    uv_pipe_connect(&socket_->connect, &socket_->pipe, url_.unix_path.c_str(), Socket::on_connected);
    return;
  }
  addresses_.assign(1, {});
  auto* v4 = reinterpret_cast<sockaddr_in*>(addresses_.data());
  auto* v6 = reinterpret_cast<sockaddr_in6*>(addresses_.data());
  if (uv_ip4_addr(url_.host.c_str(), url_.port, v4) == 0 || uv_ip6_addr(url_.host.c_str(), url_.port, v6) == 0)
    return connect();
  addresses_.clear();
  if (lookup_ != nullptr) return;  // the last attempt's, which took too long for it
  lookup_ = std::make_shared<Lookup>();
  lookup_->owner = this;
  try {
    std::thread(Lookup::run, lookup_, url_.host, std::to_string(url_.port)).detach();
  } catch (const std::system_error& e) {  // the system has no thread left
    lookup_ = nullptr;
    fail(std::string("the name cannot be resolved: ") + e.what());
  }
}

void Connection::demand() {
  if (state_ == State::open) [[likely]]
    return;
  if (state_ == State::waiting && steady_ns() < try_at_) return;
  if (state_ == State::waiting) down_ = false;
  open();
}

void Connection::make_socket() {
  socket_ = new Socket;
  socket_->owner = this;
  socket_->connect.data = socket_->write.data = socket_;
  if (url_.unix_path.empty()) {
    uv_tcp_init(host_.event_loop(), &socket_->tcp);
  } else {
    uv_pipe_init(host_.event_loop(), &socket_->pipe, 0);
  }
  socket_->handle()->data = socket_;
}

void Connection::on_resolved(const std::string& error, std::vector<sockaddr_storage> addresses) {
  lookup_ = nullptr;
  if (state_ != State::connecting) return;  // too late for that attempt
  if (!error.empty()) return fail(error);
  addresses_ = std::move(addresses);
  connect();
}

// A name may have several, as localhost has ::1 and 127.0.0.1.
void Connection::try_next_address() {
  drop_socket();
  make_socket();
  state_ = State::connecting;
  since_ = steady_ns();
  connect();
}

// To the first of the addresses that are left.
void Connection::connect() {
  sockaddr_storage address = addresses_.front();
  addresses_.erase(addresses_.begin());
  uv_tcp_nodelay(&socket_->tcp, 1);
  int error = uv_tcp_connect(&socket_->connect, &socket_->tcp, reinterpret_cast<const sockaddr*>(&address),
                             Socket::on_connected);
  if (error != 0) on_connected(error);
}

void Connection::on_connected(int status) {
  if (status != 0 && !addresses_.empty()) return try_next_address();
  if (status != 0) return fail(uv_strerror(status));
  if (url_.unix_path.empty()) uv_tcp_keepalive(&socket_->tcp, 1, kKeepaliveSeconds);
  state_ = State::greeting;
  framing_->reset();
  in_begin_ = in_end_ = 0;
  uv_read_start(socket_->stream(), Socket::on_alloc, Socket::on_read);
  if (tls_context_ == nullptr) return begin_greeting();
  tls_ = std::make_unique<Tls>(tls_context_, url_.host);
  send_ciphertext();
}

void Connection::begin_greeting() {
  greeting_at_ = greeting_replies_ = 0;
  ciphertext_ = owner_.greeting(*this, greeting_replies_);  // the greeting itself, without TLS
  if (tls_ != nullptr) {
    std::string plain = std::move(ciphertext_);
    ciphertext_.clear();
    tls_->write(plain.data(), plain.size());
  }
  send_ciphertext();
}

void Connection::greeted() {
  state_ = State::open;
  since_ = last_byte_ = steady_ns();
  backoff_ = 0;
  down_ = false;
  reason_.clear();
  owner_.on_change(*this);
  flush();
}

// --- output ---

uint64_t Connection::deadline(uint64_t now) const {
  return now + static_cast<uint64_t>(host_.config().timeouts.request_ms) * kMs;
}

void Connection::owe(Request* r, uint32_t part, bool reads, uint16_t token) {
  uint64_t now = host_.clock().steady;
  if (queue_.empty()) last_byte_ = now;
  queue_.push({r, deadline(now), stream_.end(), now, part, reads, false, token});
}

void Connection::flush() {
  if (state_ != State::open || writing_ || stream_.unsent() == 0) return;
  if (tls_ != nullptr) return write_tls();
  uv_buf_t slices[kSlices];
  while (stream_.unsent() != 0) {
    unsigned n = stream_.slices(slices, kSlices);
    size_t offered = 0;
    for (unsigned i = 0; i < n; ++i) offered += slices[i].len;
    int written = uv_try_write(socket_->stream(), slices, n);
    if (written < 0 && written != UV_EAGAIN) return fail(uv_strerror(written));
    if (written > 0) stream_.note_sent(static_cast<size_t>(written));
    handed_ = stream_.sent();
    if (written >= 0 && static_cast<size_t>(written) == offered) continue;
    n = stream_.slices(slices, kSlices);
    for (unsigned i = 0; i < n; ++i) handed_ += slices[i].len;
    writing_ = true;
    int error = uv_write(&socket_->write, socket_->stream(), slices, n, Socket::on_written);
    if (error != 0) fail(uv_strerror(error));
    return;
  }
}

void Connection::write_tls() {
  uv_buf_t slice;
  while (stream_.slices(&slice, 1) == 1) {
    if (!tls_->write(slice.base, slice.len)) return fail(tls_->error());
    stream_.note_sent(slice.len);
  }
  handed_ = stream_.sent();
  send_ciphertext();
}

// Greetings, and all that TLS has to say.
void Connection::send_ciphertext() {
  if (writing_) return;
  if (tls_ != nullptr) ciphertext_ += tls_->take_output();
  if (ciphertext_.empty()) return;
  uv_buf_t all = uv_buf_init(ciphertext_.data(), static_cast<unsigned>(ciphertext_.size()));
  int written = uv_try_write(socket_->stream(), &all, 1);
  if (written < 0 && written != UV_EAGAIN) return fail(uv_strerror(written));
  ciphertext_.erase(0, static_cast<size_t>(std::max(written, 0)));
  if (ciphertext_.empty()) return;
  writing_ = true;
  all = uv_buf_init(ciphertext_.data(), static_cast<unsigned>(ciphertext_.size()));
  int error = uv_write(&socket_->write, socket_->stream(), &all, 1, Socket::on_written);
  if (error != 0) fail(uv_strerror(error));
}

void Connection::on_written(int status) {
  writing_ = false;
  if (status != 0) return fail(uv_strerror(status));
  last_byte_ = steady_ns();  // it takes what it gets
  if (!ciphertext_.empty()) {
    ciphertext_.clear();
    if (tls_ != nullptr) send_ciphertext();
  } else if (handed_ > stream_.sent()) {
    stream_.note_sent(handed_ - stream_.sent());
    stream_.release(std::min(answered_, stream_.sent()));
  }
  flush();
}

// --- input ---

char* Connection::input_room(size_t& n) {
  if (in_begin_ == in_end_) {
    in_begin_ = in_end_ = 0;
    if (in_capacity_ != kInput) {
      in_.reset(new char[kInput]);
      in_capacity_ = kInput;
    }
  } else if (in_capacity_ - in_end_ < kInput / 4) {
    size_t held = in_end_ - in_begin_;
    if (held > in_capacity_ / 2) {
      in_capacity_ *= 2;
      std::unique_ptr<char[]> bigger(new char[in_capacity_]);
      std::memcpy(bigger.get(), in_.get() + in_begin_, held);
      in_ = std::move(bigger);
    } else {
      std::memmove(in_.get(), in_.get() + in_begin_, held);
    }
    in_begin_ = 0;
    in_end_ = held;
  }
  n = std::min<size_t>(in_capacity_ - in_end_, 1 << 30);
  return in_.get() + in_end_;
}

void Connection::on_ciphertext(const char* data, int64_t n) {
  if (n < 0) return on_read(n);
  bool was_ready = tls_->ready();
  if (!tls_->feed(data, static_cast<size_t>(n))) return fail(tls_->error());
  send_ciphertext();
  if (state_ != State::open && state_ != State::greeting) return;
  if (!was_ready && tls_->ready()) begin_greeting();
  while (tls_ != nullptr) {
    size_t room = 0;
    char* to = input_room(room);
    int got = tls_->read(to, room);
    if (got < 0) return fail(tls_->error());
    if (got == 0) return;
    on_read(got);
  }
}

void Connection::on_read(int64_t n) {
  if (n < 0) return fail(n == UV_EOF ? "the server closed the connection" : uv_strerror(static_cast<int>(n)));
  host_.note_input();
  last_byte_ = steady_ns();
  in_end_ += static_cast<size_t>(n);
  parse();
}

void Connection::parse() {
  // What a store holds of a value may have an envelope before it.
  const Framing::Most most{std::max<size_t>(host_.config().limits.max_value, kInput) + kEnvelope, kMostReply};
  while (in_begin_ < in_end_) {
    std::string_view in(in_.get() + in_begin_, in_end_ - in_begin_);
    Framing::Result result = framing_->next(in, most);
    if (result == Framing::Result::incomplete) break;
    if (result == Framing::Result::error) return fail("it sent what is no reply: " + framing_->error());
    in_begin_ += framing_->size();
    if (result == Framing::Result::whole) {
      if (!take_reply(in.substr(0, framing_->size()))) return;
      continue;
    }
    if (state_ != State::open || !owes()) return fail("it sent a reply too many");
    if (result == Framing::Result::passing) continue;
    Due due = queue_.front();
    queue_.pop();
    answered_ = due.end;
    if (due.request != nullptr) owner_.on_oversized(due, framing_->oversize());
  }
  // What begins to come before anything is owed would be taken for the next command's.
  if (in_begin_ < in_end_ && state_ == State::open && !owes() && in_[in_begin_] != '>')
    return fail("it sent a reply too many");
  stream_.release(std::min(answered_, stream_.sent()));
  if (in_begin_ == in_end_ && in_capacity_ > kInput) {  // a large reply made it
    in_.reset();
    in_begin_ = in_end_ = in_capacity_ = 0;
  }
}

// False when the connection has ended meanwhile.
bool Connection::take_reply(std::string_view reply) {
  if (state_ == State::greeting) {
    if (greeting_at_ == greeting_replies_) {
      fail("it sent a reply too many");
      return false;
    }
    std::string fault = owner_.on_greeting(*this, greeting_at_, reply);
    if (!fault.empty()) {
      fail(std::move(fault));
      return false;
    }
    if (++greeting_at_ == greeting_replies_) greeted();
    return state_ == State::open || state_ == State::greeting;
  }
  if (reply[0] == '>') return true;  // a push that nobody asked for
  if (!owes()) {
    fail("it sent a reply too many");
    return false;
  }
  Due due = queue_.front();
  Fit fit = owner_.suits(due, reply);
  if (fit == Fit::no) {
    fail("it sent a reply of another shape than its command has");
    return false;
  }
  if (fit == Fit::part) {
    queue_.front().deadline = deadline(last_byte_);
    if (due.request != nullptr) owner_.on_reply(*this, due, reply, answered_);
    return state_ == State::open;
  }
  queue_.pop();
  host_.cells().observe(metrics::metric::upstream_latency(), last_byte_ - due.sent_at);
  if (due.request != nullptr) owner_.on_reply(*this, due, reply, answered_);
  answered_ = due.end;
  return state_ == State::open;
}

// --- the end of a connection ---

void Connection::drop_socket() {
  if (socket_ != nullptr) socket_->let_go();
  socket_ = nullptr;
  tls_.reset();
  ciphertext_.clear();
  writing_ = false;
}

// What the connection carried fails, but for reads that may be sent once more.
void Connection::fail(std::string why) {
  uint64_t now = steady_ns();
  bool was_open = state_ == State::open;
  bool at_once = was_open && now - since_ > kShortLife;
  reason_ = url_.text() + ": " + why;
  drop_socket();
  std::vector<Due> all = queue_.take();
  std::vector<std::pair<Due, std::string>> again;
  std::vector<Request*> lost;  // each once, in their order
  absl::flat_hash_map<const Request*, size_t> dues;
  uint64_t begin = answered_;
  for (Due& d : all) {
    uint64_t from = std::exchange(begin, d.end);
    if (d.request == nullptr) continue;
    ++dues[d.request];
    bool unsent = from >= handed_;
    bool retry = at_once && d.deadline > now && (unsent || (d.reads && !d.again));
    if (retry) {
      if (!unsent) host_.cells().add(metrics::metric::upstream_retries());
      d.again = d.again || !unsent;
      again.emplace_back(d, std::string(stream_.piece(from, d.end)));
    } else {
      lost.push_back(d.request);
    }
  }
  // A request of several replies fails as a whole.
  absl::flat_hash_set<const Request*> is_lost(lost.begin(), lost.end());
  std::erase_if(again, [&](const auto& a) { return is_lost.contains(a.first.request); });
  std::erase_if(lost, [&](const Request* r) { return is_lost.erase(r) == 0; });
  stream_.clear();
  handed_ = answered_ = stream_.end();
  for (auto& [due, bytes] : again) {
    char* p = stream_.reserve(bytes.size());
    std::memcpy(p, bytes.data(), bytes.size());
    stream_.commit(p + bytes.size());
    due.end = stream_.end();
    queue_.push(due);
  }
  if (at_once) {
    state_ = State::closed;
    owner_.on_change(*this);
    for (Request* r : lost) owner_.on_failed(*this, *r, dues[r], reason_);
    open();
    return;
  }
  down_ = true;
  state_ = State::waiting;
  backoff_ = std::clamp(backoff_ * 2, kFirstBackoff, kMostBackoff);
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  try_at_ = now + backoff_ / 2 + random_ % (backoff_ / 2);  // not all daemons at one instant
  owner_.on_change(*this);
  for (Request* r : lost) owner_.on_failed(*this, *r, dues[r], reason_);
}

void Connection::beat(uint64_t now, bool probes) {
  const config::Timeouts& t = host_.config().timeouts;
  auto passed = [now](uint64_t since, int64_t ms) {
    return now > since && now - since > static_cast<uint64_t>(ms) * kMs;
  };
  switch (state_) {
    case State::closed: break;
    case State::connecting:
    case State::greeting:
      if (!passed(since_, t.connect_ms)) break;
      addresses_.empty() ? fail("no answer within timeouts.connect") : try_next_address();
      break;
    case State::waiting:
      if (probes && now >= try_at_) open();
      break;
    case State::open:
      if (!queue_.empty() && passed(last_byte_, t.stall_ms))
        return fail("it owes replies and is silent (timeouts.stall)");
      break;
  }
  std::string why;
  for (size_t i = 0; i < queue_.size() && queue_.at(i).deadline <= now; ++i) {
    Request* r = queue_.at(i).request;
    if (r == nullptr) continue;
    size_t dues = 0;
    for (size_t j = i; j < queue_.size() && queue_.at(j).request == r; ++j, ++dues) queue_.at(j).request = nullptr;
    host_.cells().add(metrics::metric::upstream_timeouts());
    if (why.empty()) why = url_.text() + ": no reply within timeouts.request";
    owner_.on_failed(*this, *r, dues, why);
  }
}

}  // namespace cachetted::upstream
