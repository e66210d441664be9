// Implements job.h.
#include "backends/workers/job.h"

#include <type_traits>

#include "core/clock.h"

namespace cachetted::workers {
namespace {

static_assert(std::is_trivially_copyable_v<Reply>);

// The same words, which are shared, with a reply of its own.
void copy_asked(const Request& from, Request& to) {
  to = from;
  to.reply = Reply{};
  to.next = to.children = nullptr;
  for (Blob* b : {to.words, to.held})
    if (b != nullptr) b->retain();
}

size_t bytes_of(const Request& r) { return r.words->capacity + (r.held != nullptr ? r.value.size() : 0); }

void move_reply(Request& from, Request& to) {
  to.reply = from.reply;
  from.reply = Reply{};
}

}  // namespace

Job::Job(Request& asked, std::shared_ptr<Inbox> home, uint64_t now, uint64_t deadline)
    : asked(&asked), home(std::move(home)), queued(now), deadline(deadline) {
  keep_asked(asked);
  copy_asked(asked, request_);
  bytes_ = sizeof(Job) + bytes_of(request_);
  size_t n = 0;
  for (const Request* c = asked.children; c != nullptr; c = c->next) n += c->reply.status == Status::pending;
  if (n == 0) return;
  children_ = std::make_unique<Request[]>(n);
  Request* to = children_.get();
  Request** link = &request_.children;
  for (const Request* c = asked.children; c != nullptr; c = c->next) {
    if (c->reply.status != Status::pending) continue;
    copy_asked(*c, *to);
    bytes_ += sizeof(Request) + bytes_of(*to);
    *link = to;
    link = &to->next;
    ++to;
  }
}

Job::~Job() {
  release_all(request_);
  for (Request* c = request_.children; c != nullptr; c = c->next) release_all(*c);
}

bool Job::start() {
  uint64_t now = steady_ns();
  State expected = State::waiting;
  if (now >= deadline || !state_.compare_exchange_strong(expected, State::running, std::memory_order_acq_rel))
    return false;
  started = now;
  return true;
}

bool Job::give_up() {
  State expected = State::waiting;
  return state_.compare_exchange_strong(expected, State::given_up, std::memory_order_acq_rel);
}

void Job::answer(Request& to) {
  move_reply(request_, to);
  Request* mine = request_.children;
  for (Request* c = to.children; c != nullptr && mine != nullptr; c = c->next) {
    if (c->reply.status != Status::pending) continue;
    move_reply(*mine, *c);
    mine = mine->next;
  }
}

}  // namespace cachetted::workers
