// One client connection. Input lands in the loop's shared read buffer; only what makes no whole command yet is copied
// into a buffer of the session's own. Buffers that requests point into are never moved, only retired at the tick's end.
#include "server/session.h"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "server/daemon.h"
#include "server/log.h"

namespace cachetted::server {
namespace {

constexpr size_t kSoftUnsent = 1 << 20;  // a long reply goes on when less than this is unsent
constexpr uint32_t kMostFirstPace = 64;  // commands in flight of a new connection
constexpr unsigned kHeld = 4;            // times limits.output_buffer: more memory than that is not held in patience
constexpr int64_t kHeldMs = 1000;        // but so long
constexpr unsigned kKeepaliveSeconds = 300;  // as redis-server: a peer that vanished is noticed
constexpr size_t kLeastRead = 4 << 10;       // an own buffer with less room left is replaced
constexpr unsigned kSlices = 64;             // of one write
// Bytes of one connection before others have their turn: what is read into new memory takes the longest.
constexpr size_t kReadTurn = 128 << 10;
constexpr size_t kWriteTurn = 1 << 20;
constexpr uint64_t kQuietNs = 100'000'000;  // a client that ends and sent nothing for so long sends nothing more

Session& owner_of(void* data) { return *static_cast<Session*>(data); }

// Of replies whose size nobody knows yet no more are asked for than fit, were each as large as may be.
uint32_t first_pace(const config::Limits& l) {
  return static_cast<uint32_t>(std::clamp<uint64_t>(kHeld * l.output_buffer / l.max_value, 1, kMostFirstPace));
}

// A queue of the system's for a socket, in bytes.
size_t queued(int fd, unsigned long which) {
  int n = 0;
  return ioctl(fd, which, &n) == 0 ? static_cast<size_t>(n) : 0;
}

}  // namespace

Session::Session(Loop& loop, bool unix_socket)
    : loop_(loop),
      created_(loop.clock().steady),
      last_input_(created_),
      last_progress_(created_),
      quota_(first_pace(loop.config().limits)),
      pace_(quota_),
      unix_(unix_socket) {
  write_.data = this;
  id = loop.daemon().next_session_id();
}

Session::~Session() {
  while (head != nullptr) {
    Request* r = head;
    head = r->next;
    dialogue_->finished(*r);
    loop_.give_back(r);
  }
  if (own_ != nullptr) own_->release();
}

bool Session::open(int fd, std::unique_ptr<Dialogue> dialogue) {
  dialogue_ = std::move(dialogue);
  int error;
  if (unix_) {
    uv_pipe_init(loop_.uv(), &handle_.pipe, 0);
    error = uv_pipe_open(&handle_.pipe, fd);
  } else {
    uv_tcp_init(loop_.uv(), &handle_.tcp);
    error = uv_tcp_open(&handle_.tcp, fd);
    if (error == 0) uv_tcp_nodelay(&handle_.tcp, 1);
    if (error == 0) uv_tcp_keepalive(&handle_.tcp, 1, kKeepaliveSeconds);
  }
  stream()->data = this;
  if (error == 0) {
    start_reading();
  } else {
    ::close(fd);
  }
  return error == 0;
}

// --- input ---

void Session::on_alloc(uv_handle_t* h, size_t, uv_buf_t* buf) {
  Session& s = owner_of(h->data);
  const size_t most = s.read_.left(s.loop_.turn(), kReadTurn);
  if (most == 0) {  // libuv goes on reading what comes fast: no buffer ends that
    *buf = uv_buf_init(nullptr, 0);
    return;
  }
  if (s.own_ == nullptr) {
    *buf = uv_buf_init(s.loop_.read_buffers().offer(), static_cast<unsigned>(std::min(ReadBuffers::kRead, most)));
    return;
  }
  size_t held = s.end_ - s.begin_;
  if (s.capacity_ - s.end_ < kLeastRead || s.begin_ + s.dialogue_->wanted() > s.capacity_) {
    Blob* old = s.own_;
    s.keep(old->data() + s.begin_, held, std::max(s.dialogue_->wanted(), held * 2));
    s.loop_.read_buffers().retire(old);
  }
  *buf = uv_buf_init(s.own_->data() + s.end_, static_cast<unsigned>(std::min(s.capacity_ - s.end_, most)));
}

// Puts input into a new buffer of the session's own.
void Session::keep(const char* data, size_t n, size_t wanted) {
  capacity_ = std::max(wanted, n) + kLeastRead * 2;
  own_ = Blob::create(capacity_);
  std::memcpy(own_->data(), data, n);
  begin_ = 0;
  end_ = n;
}

void Session::on_read(uv_stream_t* stream, ssize_t n, const uv_buf_t* buf) {
  Session& s = owner_of(stream->data);
  if (n == 0 || n == UV_ENOBUFS || s.state_ == State::closed) return;
  s.loop_.note_input();
  bool lingers = s.state_ == State::lingering;
  if (n == UV_EOF && !lingers) {  // the client may have closed its half only: it still gets its replies
    s.close_after_replies();
  } else if (n < 0) {
    s.close();
  } else if (lingers) {
    s.last_input_ = s.loop_.clock().steady;
  } else {
    s.read_.used += static_cast<size_t>(n);
    s.read(buf->base, static_cast<size_t>(n));
  }
}

void Session::read(char* data, size_t n) {
  last_input_ = loop_.clock().steady;
  undrained_ -= std::min(undrained_, n);
  loop_.cells().add(metrics::metric::read_bytes(dialogue_->protocol()), n);
  if (own_ != nullptr) {
    end_ += n;
    parse(own_->data() + begin_, end_ - begin_, true);
  } else {
    loop_.read_buffers().taken(n);
    parse(data, n, false);
  }
  loop_.tick_if_full();
}

void Session::parse(const char* data, size_t n, bool own) {
  size_t used = n;
  if (state_ == State::open) used = dialogue_->consume({data, n});
  if (used > 0) took_last_ = awaits_last_ != 0;
  if (state_ != State::open) used = n;  // what follows a QUIT or a protocol error is not looked at
  size_t left = n - used;
  if (own) {
    begin_ += used;
    if (left == 0) {
      loop_.read_buffers().retire(own_);
      own_ = nullptr;
      begin_ = end_ = capacity_ = 0;
    }
  } else if (left > 0) {
    keep(data + used, left, dialogue_->wanted());
  }
  if (state_ != State::open) return;
  if (in_flight >= loop_.config().limits.max_pipeline) pause(kInFlight);
  if (left > 0 && quota_ == 0) {
    pause(kQuota);
    if (room() > 0) loop_.resume_later(*this);  // else when some are answered
  }
  end_if_drained();
}

void Session::resume() {
  quota_ = room();
  pause_ &= static_cast<uint8_t>(~kQuota);
  if (pause_ != 0 || state_ != State::open) return;
  if (own_ != nullptr) parse(own_->data() + begin_, end_ - begin_, true);
  end_if_drained();
  if (pause_ == 0 && state_ == State::open) start_reading();
}

void Session::start_reading() {
  if (reading_) return;
  reading_ = true;
  uv_read_start(stream(), on_alloc, on_read);
}

void Session::stop_reading() {
  if (!reading_) return;
  reading_ = false;
  uv_read_stop(stream());
}

void Session::pause(Pause reason) {
  if (!counted_paused_ && reason != kQuota) loop_.adjust_paused(1), counted_paused_ = true;
  pause_ |= reason;
  stop_reading();
}

void Session::unpause(Pause reason) {
  if ((pause_ & reason) == 0) return;
  pause_ &= static_cast<uint8_t>(~reason);
  if (pause_ != 0) return;
  if (counted_paused_) loop_.adjust_paused(-1), counted_paused_ = false;
  if (state_ == State::open) loop_.resume_later(*this);
}

// --- requests ---

Request* Session::begin() {
  Request* r = loop_.borrow();
  r->owner = this;
  r->started = loop_.clock().steady;
  if (tail != nullptr) {
    tail->next = r;
  } else {
    head = r;
  }
  tail = r;
  ++in_flight;
  --quota_;
  return r;
}

void Session::submit(Request* r) { loop_.submit(r); }

// Of what stands in the loop's buffers, or is small, a copy is made by who needs it.
void Session::hold_value(Request& r) {
  if (own_ == nullptr || r.value.size() < Output::kByRef || r.held != nullptr) return;
  if (r.value.data() < own_->data() || r.value.data() >= own_->data() + end_) return;
  own_->retain();
  r.held = own_;
}

void Session::answered(Request* r) {
  if (r->reply.status == Status::pending) r->reply.status = Status::ok;
  r->done = true;
  loop_.mark_dirty(*this);
}

void Session::close_after_replies() {
  if (state_ != State::open) return;
  state_ = State::finishing;
  stop_reading();
  loop_.mark_dirty(*this);
}

void Session::close_after_replies(metrics::CutReason reason) {
  loop_.cells().add(metrics::metric::connections_cut(reason));
  close_after_replies();
}

// --- output ---

void Session::flush() {
  if (!out_.lent() && state_ != State::closed) out_.lend(loop_.take_blob());
  uint32_t asked = in_flight;
  size_t before = out_.size();
  compose_replies();
  size_t composed = out_.size() - before;
  if (head != nullptr) [[unlikely]]
    keep_replies();
  if (state_ != State::closed) {
    write_out();
    if (Blob* b = out_.take_back()) loop_.return_blob(b);
  }
  if (state_ == State::closed) {
    if (closed_ && in_flight == 0) loop_.remove(*this);  // deletes this
    return;
  }
  set_pace(composed, asked - in_flight);
  if (pause_ == 0 || pause_ == kUnsent) quota_ = room();
  if (room() > 0) unpause(kQuota);
  if (out_.size() >= unsent_limit()) {
    pause(kUnsent);
  } else {
    unpause(kUnsent);
  }
  if (in_flight < loop_.config().limits.max_pipeline) unpause(kInFlight);
  if (in_flight == 0) unpause(kBarrier);
  // A long reply: its next piece; or what this turn had no time to write.
  if (writing_ == 0 && ((head != nullptr && head->done) || !out_.empty())) loop_.mark_dirty(*this);
  finish_if_idle();
  if (holds_too_much()) [[unlikely]]
    check(loop_.clock().steady);
}

// A connection whose replies are small may have more in flight; one whose replies pile up, less, and never so many that
// replies of the size it gets would not fit: a store answers what is under way whether the client reads or not.
void Session::set_pace(size_t composed, uint32_t replies) {
  reply_size_ -= reply_size_ / 8;
  if (composed > reply_size_ && replies > 0) reply_size_ = std::max(reply_size_, composed / replies);
  uint64_t most = loop_.config().limits.max_pipeline;
  if (reply_size_ * most > unsent_limit()) most = std::max<uint64_t>(1, unsent_limit() / reply_size_);
  uint64_t slower = std::max<uint64_t>(pace_ / 4, std::min<uint64_t>(pace_, most / 8));
  uint64_t pace = out_.size() > kSoftUnsent / 4 ? slower : uint64_t{pace_} * 2;
  pace_ = static_cast<uint32_t>(std::clamp<uint64_t>(pace, 1, most));
}

void Session::compose_replies() {
  uint64_t now = loop_.flush_time();
  while (head != nullptr && head->done) {
    Request* r = head;
    if (state_ != State::closed) {
      if (r->reply.composed != 0 && out_.size() > kSoftUnsent) return;  // goes on when some of it is sent
      if (!dialogue_->compose(*r, out_)) return;
    }
    dialogue_->finished(*r);
    loop_.count_request(*r, now);
    head = r->next;
    if (head == nullptr) tail = nullptr;
    --in_flight;
    loop_.give_back(r);
  }
}

// What was answered but waits outlives the tick, and with it the arena that holds its bytes.
void Session::keep_replies() {
  for (Request* r = head; r != nullptr; r = r->next) {
    if (!r->done && (r->late || r->whole)) continue;  // whoever has it has kept that, perhaps on a thread of the pool
    r->late = !r->whole;
    keep_words(*r);
    if (r->done && r->reply.kept == nullptr) keep_reply(*r);
  }
}

// What is to be written next, so many bytes at most; returns how many slices.
unsigned Session::next_slices(uv_buf_t* slices, size_t most, size_t& bytes) const {
  const unsigned n = out_.slices(slices, kSlices);
  bytes = 0;
  for (unsigned i = 0; i < n; ++i) {
    slices[i].len = std::min(slices[i].len, most - bytes);
    bytes += slices[i].len;
    if (bytes == most) return i + 1;
  }
  return n;
}

void Session::write_out() {
  while (writing_ == 0 && !out_.empty()) {
    const size_t most = written_.left(loop_.turn(), kWriteTurn);
    if (most == 0) return;  // goes on in the next turn
    uv_buf_t slices[kSlices];
    size_t offered;
    unsigned n = next_slices(slices, most, offered);
    int written = uv_try_write(stream(), slices, n);
    if (written < 0 && written != UV_EAGAIN) {
      close();
      return;
    }
    if (written > 0) {
      written_.used += static_cast<size_t>(written);
      sent(static_cast<size_t>(written));
    }
    if (written >= 0 && static_cast<size_t>(written) == offered) continue;  // there may be more slices
    n = next_slices(slices, kWriteTurn, writing_);
    if (uv_write(&write_, stream(), slices, n, on_written) != 0) {
      writing_ = 0;
      close();
    }
    return;
  }
}

// Half of limits.output_buffer: from here on nothing more is read, so that what is in flight already fits in the other
// half.
size_t Session::unsent_limit() const { return loop_.config().limits.output_buffer / 2; }

// Replies that came larger than those before them.
bool Session::holds_too_much() const { return out_.held() > kHeld * loop_.config().limits.output_buffer; }

void Session::sent(size_t n) {
  out_.consume(n);
  last_progress_ = loop_.clock().steady;
  loop_.cells().add(metrics::metric::written_bytes(dialogue_->protocol()), n);
}

// What was handed on and the client has not taken. One write may be megabytes, and so may the system's buffer: a slow
// reader is told from one that reads nothing by this alone.
size_t Session::untaken() const {
  return uv_stream_get_write_queue_size(reinterpret_cast<const uv_stream_t*>(&handle_)) + queued(fd(), SIOCOUTQ);
}

void Session::on_written(uv_write_t* w, int status) {
  Session& s = owner_of(w->data);
  size_t n = std::exchange(s.writing_, 0);
  if (s.state_ == State::closed) return;
  if (status < 0) {
    s.close();
    return;
  }
  s.loop_.note_input();
  s.sent(n);
  s.loop_.mark_dirty(s);
}

// --- the end ---

void Session::finish_if_idle() {
  if (state_ == State::finishing && in_flight == 0 && out_.empty()) linger();
}

// A socket that is closed with something unread, or sent to afterwards, is reset: replies on their way would be lost.
void Session::linger() {
  bool reset = queued(fd(), FIONREAD) > 0 || (draining_ && untaken() > 0);
  if (!reset || shutdown(fd(), SHUT_WR) != 0) return close();
  state_ = State::lingering;
  last_input_ = last_progress_ = loop_.clock().steady;
  start_reading();
}

void Session::drain() {
  if (draining_) return;
  draining_ = true;
  undrained_ = queued(fd(), FIONREAD);
  end_if_drained();
}

// A command whose beginning was among what had arrived is taken whole, as long as its client goes on sending.
void Session::end_if_drained() {
  if (!draining_ || undrained_ != 0 || pause_ != 0) return;
  const uint64_t now = loop_.clock().steady;
  if (own_ == nullptr || took_last_) return close_after_replies();
  if (awaits_last_ == 0) awaits_last_ = now;
  if (now - std::max(awaits_last_, last_input_) > kQuietNs) close_after_replies();
}

void Session::check(uint64_t now) {
  if (state_ == State::closed) return;
  const config::Config& c = loop_.config();
  auto passed = [now](uint64_t since, int64_t ms) { return now - since > static_cast<uint64_t>(ms) * 1'000'000; };
  if (state_ == State::lingering) {
    bool taken = now - last_input_ > kQuietNs && untaken() == 0;
    if (taken || passed(last_progress_, c.timeouts.drain_ms)) close();
    return;
  }
  end_if_drained();
  if (abrupt_ && now - last_input_ > kQuietNs && in_flight == 0 && out_.empty()) {
    ::linger reset{1, 0};
    setsockopt(fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    kill(metrics::CutReason::protocol_error);
    return;
  }
  // Owing much, or a long reply of which only a piece is composed, or the last replies of a connection that ends.
  bool owes =
      out_.size() >= unsent_limit() || (head != nullptr && head->reply.composed != 0) || state_ == State::finishing;
  owes = owes && !out_.empty();
  if (size_t now_untaken = owes ? untaken() : 0; now_untaken != untaken_) {
    untaken_ = now_untaken;
    last_progress_ = now;
  }
  int64_t patience = holds_too_much() ? std::min(kHeldMs, c.timeouts.stall_ms) : c.timeouts.stall_ms;
  if (owes && passed(last_progress_, patience)) {
    log::every("cut-slow", std::chrono::seconds(1), log::Level::warning,
               "connection cut: it does not read its replies (limits.output_buffer, timeouts.stall)",
               {{"client", peer_address()}, {"unsent_bytes", out_.size()}});
    kill(metrics::CutReason::output_buffer);
  } else if (c.timeouts.idle_ms > 0 && in_flight == 0 && out_.empty() && passed(last_input_, c.timeouts.idle_ms)) {
    kill(metrics::CutReason::idle);
  }
}

void Session::kill(metrics::CutReason reason) {
  if (state_ == State::closed) return;
  loop_.cells().add(metrics::metric::connections_cut(reason));
  close();
}

void Session::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  gone = true;
  if (counted_paused_) loop_.adjust_paused(-1), counted_paused_ = false;
  reading_ = false;
  uv_close(reinterpret_cast<uv_handle_t*>(stream()), on_closed);
}

void Session::on_closed(uv_handle_t* h) {
  Session& s = owner_of(h->data);
  s.closed_ = true;
  s.out_.clear();
  s.flush();  // lets go of what was answered; the rest when it is
}

// --- description ---

int Session::fd() const {
  int fd = -1;
  uv_fileno(reinterpret_cast<const uv_handle_t*>(&handle_), &fd);
  return fd;
}

namespace {

std::string address_text(const sockaddr_storage& a, const std::string& unix_path) {
  char host[INET6_ADDRSTRLEN] = "";
  if (a.ss_family == AF_INET) {
    auto& in = reinterpret_cast<const sockaddr_in&>(a);
    inet_ntop(AF_INET, &in.sin_addr, host, sizeof host);
    return std::string(host) + ":" + std::to_string(ntohs(in.sin_port));
  }
  if (a.ss_family == AF_INET6) {
    auto& in = reinterpret_cast<const sockaddr_in6&>(a);
    inet_ntop(AF_INET6, &in.sin6_addr, host, sizeof host);
    return "[" + std::string(host) + "]:" + std::to_string(ntohs(in.sin6_port));
  }
  return unix_path + ":0";
}

}  // namespace

std::string Session::peer_address() const {
  if (unix_) return local_address();
  sockaddr_storage a{};
  socklen_t n = sizeof a;
  getpeername(fd(), reinterpret_cast<sockaddr*>(&a), &n);
  return address_text(a, "");
}

std::string Session::local_address() const {
  if (unix_) {
    char path[256];
    size_t n = sizeof path;
    if (uv_pipe_getsockname(&handle_.pipe, path, &n) != 0) n = 0;
    return std::string(path, n) + ":0";
  }
  sockaddr_storage a{};
  socklen_t n = sizeof a;
  getsockname(fd(), reinterpret_cast<sockaddr*>(&a), &n);
  return address_text(a, "");
}

}  // namespace cachetted::server
