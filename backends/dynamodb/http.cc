// Implements http.h.
#include "backends/dynamodb/http.h"

#include <simdjson.h>
#include <strings.h>
#include <unistd.h>
#include <uv.h>

#include <cstring>
#include <ctime>
#include <new>

namespace cachetted::dynamodb {
namespace {

constexpr size_t kMostIdle = 64;       // handles that are kept
constexpr size_t kWarmBody = 1 << 20;  // bytes of an answer whose memory is used again

// "Sun, 06 Nov 1994 08:49:37 GMT": https://www.rfc-editor.org/rfc/rfc9110#name-date
int64_t read_date(const char* text) {
  std::tm t{};
  if (strptime(text, "%a, %d %b %Y %H:%M:%S", &t) == nullptr) return 0;
  return int64_t{timegm(&t)} * 1000;
}

}  // namespace

struct Http::Transfer {
  Http* http = nullptr;
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  Ask ask;
  Answer answer;
  Done done;
  unsigned sent = 0;  // times
  char why[CURL_ERROR_SIZE] = "";

  ~Transfer() {
    http->curl_.slist_free_all(headers);
    http->curl_.easy_cleanup(easy);
  }
  static size_t on_body(char* bytes, size_t, size_t n, void* self) {
    auto* t = static_cast<Transfer*>(self);
    if (t->answer.body.size() + n > t->ask.most) return 0;  // which ends it
    t->answer.body.append(bytes, n);
    return n;
  }
  static size_t on_header(char* bytes, size_t, size_t n, void* self) {
    constexpr std::string_view kDate = "date:";
    auto& a = static_cast<Transfer*>(self)->answer;
    if (n > kDate.size() && strncasecmp(bytes, kDate.data(), kDate.size()) == 0) {
      const std::string text(bytes + kDate.size(), n - kDate.size());
      a.date_ms = read_date(text.c_str() + text.find_first_not_of(' '));
    }
    return n;
  }
  // Once for each time that the request is sent.
  static int on_sending(void* self, char*, char*, int, int) {
    auto* t = static_cast<Transfer*>(self);
    return t->sent++ != 0 && t->ask.once ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
  }
};

// Outlives the connection until libuv has let go of it.
struct Http::Socket {
  uv_poll_t poll;
  Http* http;
  curl_socket_t fd;
};

struct Http::Timer {
  uv_timer_t timer;
  Http* http;
  std::function<void()> what;
  void let_go() {
    uv_close(reinterpret_cast<uv_handle_t*>(&timer), [](uv_handle_t* h) { delete static_cast<Timer*>(h->data); });
  }
};

Http::Http(const Curl& curl, uv_loop_s* loop, const config::Tls& tls, std::function<void()> turn,
           std::function<void()> made)
    : curl_(curl),
      loop_(loop),
      tls_(tls),
      turn_(std::move(turn)),
      made_(std::move(made)),
      multi_(curl.multi_init()),
      timer_(new uv_timer_t) {
  if (multi_ == nullptr) throw std::bad_alloc();
  uv_timer_init(loop, timer_);
  timer_->data = this;
  curl_.multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Http::on_socket);
  curl_.multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_.multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Http::on_timeout);
  curl_.multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

Http::~Http() {
  for (Transfer* t : busy_) {
    curl_.multi_remove_handle(multi_, t->easy);
    delete t;
  }
  idle_.clear();
  curl_.multi_cleanup(multi_);  // tells of its sockets
  for (Timer* t : timers_) t->let_go();
  uv_close(reinterpret_cast<uv_handle_t*>(timer_), [](uv_handle_t* h) { delete reinterpret_cast<uv_timer_t*>(h); });
}

void Http::after(uint64_t ms, std::function<void()> what) {
  auto* t = new Timer{{}, this, std::move(what)};
  t->timer.data = t;
  uv_timer_init(loop_, &t->timer);
  timers_.insert(t);
  uv_timer_start(
      &t->timer,
      [](uv_timer_t* h) {
        auto* self = static_cast<Timer*>(h->data);
        self->http->turn_();
        self->http->timers_.erase(self);
        const auto what = std::move(self->what);
        self->let_go();
        what();
      },
      ms, 0);
}

void Http::ask(Ask a, Done done) {
  std::unique_ptr<Transfer> t;
  if (idle_.empty()) {
    t = std::make_unique<Transfer>();
    t->http = this;
    t->easy = curl_.easy_init();
    if (t->easy == nullptr) throw std::bad_alloc();
  } else {
    t = std::move(idle_.back());
    idle_.pop_back();
  }
  t->ask = std::move(a);
  t->done = std::move(done);
  prepare(*t);
  curl_.multi_add_handle(multi_, t->easy);
  busy_.insert(t.release());
  asked_ = true;
}

void Http::prepare(Transfer& t) {
  const Ask& a = t.ask;
  CURL* e = t.easy;
  const auto set = [&](CURLoption option, auto value) { curl_.easy_setopt(e, option, value); };
  t.sent = 0;
  t.why[0] = 0;
  set(CURLOPT_PRIVATE, &t);
  set(CURLOPT_URL, a.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // no waiting for its thread that looks a name up
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(a.timeout_ms));
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(a.connect_ms));
  set(CURLOPT_ERRORBUFFER, t.why);
  set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(CURLOPT_WRITEDATA, &t);
  set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(CURLOPT_HEADERDATA, &t);
  set(CURLOPT_PREREQFUNCTION, &Transfer::on_sending);
  set(CURLOPT_PREREQDATA, &t);
  set(CURLOPT_CLOSESOCKETFUNCTION, &Http::on_close);
  set(CURLOPT_CLOSESOCKETDATA, this);
  if (a.direct) set(CURLOPT_PROXY, "");
  if (!a.body.empty()) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(a.body.size()));
    set(CURLOPT_POSTFIELDS, a.body.c_str());
  }
  if (a.method != nullptr) set(CURLOPT_CUSTOMREQUEST, a.method);
  if (!a.sign.empty()) {
    set(CURLOPT_AWS_SIGV4, a.sign.c_str());
    set(CURLOPT_USERNAME, a.id.c_str());
    set(CURLOPT_PASSWORD, a.secret.c_str());
  }
  if (!tls_.ca.empty()) set(CURLOPT_CAINFO, tls_.ca.c_str());
  if (!tls_.cert.empty()) {
    set(CURLOPT_SSLCERT, tls_.cert.c_str());
    set(CURLOPT_SSLKEY, (tls_.key.empty() ? tls_.cert : tls_.key).c_str());
  }
  for (const std::string& h : a.headers) t.headers = curl_.slist_append(t.headers, h.c_str());
  set(CURLOPT_HTTPHEADER, t.headers);
  // Of a body over 1 MiB libcurl asks whether it may come. An empty header to turn that off would be signed, not sent.
  set(CURLOPT_EXPECT_100_TIMEOUT_MS, 1L);
}

void Http::send() {
  if (!asked_ || acting_) return;
  act(CURL_SOCKET_TIMEOUT, 0);
}

// Lets libcurl work, and gives out what is done: which may ask again.
void Http::act(curl_socket_t fd, int events) {
  acting_ = true;
  int running = 0;
  asked_ = false;
  curl_.multi_socket_action(multi_, fd, events, &running);
  take_done();
  while (asked_) {
    asked_ = false;
    curl_.multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
    take_done();
  }
  acting_ = false;
}

void Http::take_done() {
  int left = 0;
  while (CURLMsg* m = curl_.multi_info_read(multi_, &left)) {
    if (m->msg != CURLMSG_DONE) continue;
    const CURLcode code = m->data.result;
    CURL* easy = m->easy_handle;
    void* self = nullptr;
    curl_.easy_getinfo(easy, CURLINFO_PRIVATE, &self);
    std::unique_ptr<Transfer> t(static_cast<Transfer*>(self));
    Answer& a = t->answer;
    long made = 0;
    curl_.easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &a.status);
    curl_.easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &made);
    for (; made > 0 && t->sent != 0; --made) made_();
    a.sent = t->sent != 0;
    a.timed_out = code == CURLE_OPERATION_TIMEDOUT;
    if (code != CURLE_OK) a.fault = t->why[0] != 0 ? t->why : curl_.easy_strerror(code);
    a.body.reserve(a.body.size() + simdjson::SIMDJSON_PADDING);
    curl_.multi_remove_handle(multi_, easy);
    curl_.easy_reset(easy);
    curl_.slist_free_all(t->headers);
    t->headers = nullptr;
    busy_.erase(t.get());
    const Done done = std::move(t->done);
    done(a);
    std::string body = std::move(a.body);
    body.clear();
    a = Answer{};
    if (body.capacity() <= kWarmBody) a.body = std::move(body);
    if (idle_.size() < kMostIdle) idle_.push_back(std::move(t));
  }
}

int Http::on_timeout(CURLM*, long ms, void* http) {
  auto* self = static_cast<Http*>(http);
  if (ms < 0) {
    uv_timer_stop(self->timer_);
    return 0;
  }
  uv_timer_start(
      self->timer_,
      [](uv_timer_t* h) {
        auto* owner = static_cast<Http*>(h->data);
        owner->turn_();
        owner->act(CURL_SOCKET_TIMEOUT, 0);
      },
      static_cast<uint64_t>(ms), 0);
  return 0;
}

// A connection is watched while a request uses it; its place in the loop stays until it is closed.
int Http::on_socket(CURL*, curl_socket_t fd, int what, void* http, void*) {
  auto* self = static_cast<Http*>(http);
  if (what == CURL_POLL_REMOVE) {  // perhaps after it was closed
    if (auto at = self->sockets_.find(fd); at != self->sockets_.end()) uv_poll_stop(&at->second->poll);
    return 0;
  }
  Socket*& s = self->sockets_[fd];
  if (s == nullptr) {
    s = new Socket{{}, self, fd};
    s->poll.data = s;
    if (uv_poll_init_socket(self->loop_, &s->poll, fd) != 0) {
      delete s;
      self->sockets_.erase(fd);
      return -1;
    }
  }
  const int events = ((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0) | ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0);
  uv_poll_start(&s->poll, events, [](uv_poll_t* h, int status, int seen) {
    auto* of = static_cast<Socket*>(h->data);
    of->http->turn_();
    of->http->act(of->fd, status < 0 ? CURL_CSELECT_ERR
                                     : ((seen & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0) |
                                           ((seen & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0));
  });
  return 0;
}

int Http::on_close(void* http, curl_socket_t fd) {
  auto* self = static_cast<Http*>(http);
  if (auto at = self->sockets_.find(fd); at != self->sockets_.end()) {
    uv_close(reinterpret_cast<uv_handle_t*>(&at->second->poll),
             [](uv_handle_t* h) { delete static_cast<Socket*>(h->data); });
    self->sockets_.erase(at);
  }
  return close(fd);
}

}  // namespace cachetted::dynamodb
