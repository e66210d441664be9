// The event loop: the tick, and the order of things within a turn.
#include "server/loop.h"

#include <algorithm>
#include <csignal>
#include <unordered_map>

#include "core/clock.h"
#include "protocol/resp/commands.h"
#include "server/daemon.h"
#include "server/log.h"
#include "server/session.h"

namespace cachetted::server {
namespace {

constexpr uint64_t kBeatMs = 100;
constexpr size_t kRequestChunk = 256;

template <class Handle>
Loop& owner_of(Handle* h) {
  return *static_cast<Loop*>(h->data);
}

}  // namespace

Loop::Loop(Daemon& daemon, unsigned index)
    : daemon_(daemon),
      index_(index),
      cells_(daemon.cells().loop(index)),
      config_(daemon.config()),
      denied_(resp::find_labels(config_->commands.deny)) {
  uv_loop_init(&uv_);
  uv_prepare_init(&uv_, &prepare_);
  uv_idle_init(&uv_, &idle_);
  uv_timer_init(&uv_, &timer_);
  uv_async_init(&uv_, &async_, [](uv_async_t* h) { owner_of(h).run_posted(); });
  prepare_.data = idle_.data = timer_.data = async_.data = this;
  pipeline_ = std::make_unique<Pipeline>(config_, cells_, *this, *this);
}

Loop::~Loop() {
  for (uv_handle_t* h : {reinterpret_cast<uv_handle_t*>(&prepare_), reinterpret_cast<uv_handle_t*>(&idle_),
                         reinterpret_cast<uv_handle_t*>(&timer_), reinterpret_cast<uv_handle_t*>(&async_)}) {
    uv_close(h, nullptr);
  }
  while (pipeline_->away() != 0) uv_run(&uv_, UV_RUN_ONCE);  // other threads have requests of ours
  for (Request* r : queue_)
    if (r->orphan) give_back(r);
  while (!sessions_.empty()) {
    for (Session* s : std::vector<Session*>(sessions_)) s->kill(metrics::CutReason::killed);
    uv_run(&uv_, UV_RUN_NOWAIT);
    for (Session* s : std::vector<Session*>(sessions_)) remove(*s);
  }
  backend_.reset();  // its own handles close too
  uv_run(&uv_, UV_RUN_DEFAULT);
  uv_loop_close(&uv_);
  if (spare_blob_ != nullptr) spare_blob_->release();
}

void Loop::open_backend() {
  backend_.reset(daemon_.store().open(*this, index_, daemon_.loops()));
  pipeline_->serve(backend_->caps());
}

void Loop::start() {
  thread_ = std::thread([this] { run(); });
}

void Loop::join() {
  if (thread_.joinable()) thread_.join();
}

void Loop::run() {
  uv_prepare_start(&prepare_, [](uv_prepare_t* h) {
    owner_of(h).tick();
    ++owner_of(h).turn_;
  });
  uv_timer_start(
      &timer_, [](uv_timer_t* h) { owner_of(h).beat(); }, kBeatMs, kBeatMs);
  uv_run(&uv_, UV_RUN_DEFAULT);
}

void Loop::post(std::function<void()> task) {
  {
    std::lock_guard lock(posted_lock_);
    posted_.push_back(std::move(task));
  }
  uv_async_send(&async_);
}

void Loop::run_posted() {
  std::vector<std::function<void()>> tasks;
  {
    std::lock_guard lock(posted_lock_);
    tasks.swap(posted_);
  }
  note_input();
  for (auto& t : tasks) t();
}

void Loop::report(bool trouble, std::string_view text, unsigned server) {
  log::every((trouble ? "store-trouble/" : "store/") + std::to_string(server), std::chrono::seconds(1),
             trouble ? log::Level::error : log::Level::info, text, {{"loop", index_}});
}

void Loop::add_requests() {
  auto chunk = std::make_unique<Request[]>(kRequestChunk);
  for (size_t i = kRequestChunk; i-- > 0;) {
    chunk[i].next = free_;
    free_ = &chunk[i];
  }
  request_chunks_.push_back(std::move(chunk));
}

void Loop::give_back(Request* r) {
  for (Request* c = r->children; c != nullptr;) {
    Request* next = c->next;
    give_back(c);
    c = next;
  }
  release_all(*r);
  if (r->conversion != nullptr) [[unlikely]]
    pipeline_->drop(*r);
  if (r->single) [[unlikely]] {
    delete r;
    return;
  }
  r->next = free_;
  free_ = r;
}

void Loop::submit(Request* r) {
  const Pipeline::Forward forward = pipeline_->forward(*r);
  ++waiting_;
  if (forward == Pipeline::Forward::submit) [[likely]] {
    queue_.push_back(r);
  } else if (forward == Pipeline::Forward::answered) {
    complete(*r);
  } else if (!r->orphan) {
    static_cast<Session*>(r->owner)->wait_turn();
  }
}

void Loop::complete(Request& r) {
  --waiting_;
  if (r.asked != nullptr) [[unlikely]]
    return pipeline_->stepped(r);
  if (pipeline_->backward(r)) [[likely]]
    finish(r);
}

Request* Loop::borrow_step(Request& asked) {
  Request* step = borrow();
  step->orphan = true;
  step->asked = &asked;
  step->owner = asked.owner;
  step->key = asked.key;
  step->db = asked.db;
  step->row = asked.row;
  step->wire = asked.wire;
  step->started = asked.started;
  return step;
}

void Loop::submit_step(Request& step) {
  ++waiting_;
  queue_.push_back(&step);
}

// Freed at the tick's end: its backend may still look at it.
void Loop::return_step(Request& step) {
  step.next = orphans_;
  orphans_ = &step;
}

void Loop::hold_value(Request& r) {
  if (!r.orphan) static_cast<Session*>(r.owner)->hold_value(r);
}

void Loop::resume(Request& r) {
  if (r.reply.status != Status::pending) return complete(r);
  queue_.push_back(&r);
}

void Loop::finish(Request& r) {
  r.done = true;
  if (r.orphan) [[unlikely]] {
    r.next = orphans_;
    orphans_ = &r;
    return;
  }
  mark_dirty(static_cast<Session&>(*r.owner));
}

void Loop::mark_dirty(Session& s) {
  if (s.dirty) return;
  s.dirty = true;
  dirty_.push_back(&s);
}

void Loop::resume_later(Session& s) {
  if (s.resuming) return;
  s.resuming = true;
  resume_.push_back(&s);
}

// Once a turn, before poll, and within a turn whenever a batch is full. One pass: what is left arms idle_, so that the
// loop always polls between passes.
void Loop::tick() {
  if (in_tick_) return;
  in_tick_ = true;
  note_input();
  if (!queue_.empty()) submit_queue();
  flush_dirty();
  bool more = backend_->advance();
  flush_dirty();
  while (orphans_ != nullptr) [[unlikely]] give_back(std::exchange(orphans_, orphans_->next));
  arena_.reset();
  read_buffers_.reset();
  resume_sessions();  // parses into the fresh buffers: work for the next pass
  more = more || !queue_.empty() || !dirty_.empty() || !resume_.empty();
  if (more != idle_on_) {
    idle_on_ = more;
    if (more) {
      uv_idle_start(&idle_, [](uv_idle_t*) {});
    } else {
      uv_idle_stop(&idle_);
    }
  }
  uint64_t now = steady_ns();  // the clock was read when poll returned: what is between is what others waited
  cells_.loop_turn(now - clock_.steady, now);
  daemon_.watchdog().beat(index_, now);
  cells_.set(metrics::metric::queue(), static_cast<uint64_t>(waiting_));
  clock_fresh_ = false;
  in_tick_ = false;
}

void Loop::submit_queue() {
  if (left_ != 0) [[unlikely]]
    take_turns();
  std::vector<Request*> batch;
  batch.swap(queue_);
  size_t taken = backend_->submit(batch);
  batch.erase(batch.begin(), batch.begin() + static_cast<ptrdiff_t>(taken));
  left_ = batch.size();
  batch.insert(batch.end(), queue_.begin(), queue_.end());  // steps that others brought about just now
  for (size_t i = 0; i < left_; ++i) {
    keep_asked(*batch[i]);
    if (!batch[i]->orphan) static_cast<Session*>(batch[i]->owner)->wait_turn();
  }
  queue_.swap(batch);
}

// One request of each connection, then the second of each, and so on: none waits for all that another one has asked.
void Loop::take_turns() {
  std::unordered_map<const Owner*, size_t> asked;
  std::vector<std::pair<size_t, Request*>> turns;
  turns.reserve(queue_.size());
  for (Request* r : queue_) turns.emplace_back(asked[r->owner]++, r);
  std::stable_sort(turns.begin(), turns.end(), [](auto& a, auto& b) { return a.first < b.first; });
  std::transform(turns.begin(), turns.end(), queue_.begin(), [](auto& t) { return t.second; });
}

void Loop::flush_dirty() {
  if (dirty_.empty()) return;
  flush_time_ = steady_ns();
  flushing_.swap(dirty_);
  for (Session* s : flushing_) {
    s->dirty = false;
    s->flush();
  }
  flushing_.clear();
}

void Loop::resume_sessions() {
  if (resume_.empty()) return;
  clock_.refresh();
  resuming_.swap(resume_);
  for (Session* s : resuming_) {
    s->resuming = false;
    s->resume();
  }
  resuming_.clear();
}

// Ten times a second: what no event brings about.
void Loop::beat() {
  note_input();
  // A tenth of the sessions each time: each is looked at about once a second. While draining, all.
  for (size_t n = draining_ ? sessions_.size() : sessions_.size() / 10 + 1; n > 0 && !sessions_.empty(); --n) {
    next_checked_ = (next_checked_ + 1) % sessions_.size();
    sessions_[next_checked_]->check(clock_.steady);
  }
  if (index_ == 0 && clock_.steady - told_at_ > 1'000'000'000) {
    told_at_ = clock_.steady;
    log::tell_repeated();
  }
  uint64_t watchdog = daemon_.watchdog().interval_ns();
  if (index_ == 0 && watchdog != 0 && clock_.steady - fed_at_ >= watchdog) {
    fed_at_ = clock_.steady;
    daemon_.watchdog().tick();
  }
  if (index_ == 0 && daemon_.flush_is_due(clock_.now_ms)) flush_database();
  if (draining_) stop_if_drained();
}

void Loop::accept(int fd, const config::Address& at, metrics::Protocol protocol) {
  auto* s = new Session(*this, at.kind == config::Address::Kind::unix_socket);
  if (at.client_codec) s->client_codec = static_cast<uint8_t>(1 + static_cast<int>(*at.client_codec));
  if (at.client_types) s->client_types = static_cast<uint8_t>(1 + static_cast<int>(*at.client_types));
  s->place = sessions_.size();
  sessions_.push_back(s);
  cells_.raise(metrics::metric::connections(protocol));
  cells_.add(metrics::metric::connections_opened(protocol));
  if (!s->open(fd, daemon_.make_dialogue(*s, protocol)) || draining_) s->kill(metrics::CutReason::killed);
}

void Loop::flush_database() {
  Request* r = borrow();
  r->orphan = true;
  r->op = Op::flush;
  submit(r);
}

void Loop::remove(Session& s) {
  if (s.dirty) std::erase(dirty_, &s);
  if (s.resuming) std::erase(resume_, &s);
  sessions_[s.place] = sessions_.back();
  sessions_[s.place]->place = s.place;
  sessions_.pop_back();
  cells_.lower(metrics::metric::connections(s.dialogue().protocol()));
  daemon_.connection_closed(index_);
  delete &s;
}

void Loop::count_request(const Request& r, uint64_t now) {
  cells_.requests(r.row->label);
  cells_.latency(r.row->label, now - r.started);
  if (is_error(r.reply.status)) [[unlikely]]
    daemon_.count_error(cells_, r);
  for (const Request* c = r.children; c != nullptr; c = c->next) {
    if (c->reply.status == Status::pending) continue;  // of a group that did not run
    cells_.requests(c->row->label);
    if (is_error(c->reply.status)) daemon_.count_error(cells_, *c);
  }
}

void Loop::adjust_paused(int by) {
  paused_ += by;
  cells_.set(metrics::metric::paused_sessions(), static_cast<uint64_t>(paused_));
}

Blob* Loop::take_blob() {
  Blob* b = spare_blob_ != nullptr ? spare_blob_ : Blob::create(Output::kBlob);
  spare_blob_ = nullptr;
  return b;
}

void Loop::return_blob(Blob* b) {
  if (spare_blob_ == nullptr && b->sole()) {
    spare_blob_ = b;
  } else {
    b->release();
  }
}

void Loop::reconfigure(std::shared_ptr<const config::Config> config) {
  if (config == config_) return;
  replaced_ = std::exchange(config_, std::move(config));  // who is in the middle of a command may still look at it
  denied_ = resp::find_labels(config_->commands.deny);
  pipeline_->reconfigure(config_);
}

void Loop::drain() {
  draining_ = true;
  drain_until_ = steady_ns() + static_cast<uint64_t>(config_->timeouts.drain_ms) * 1'000'000;
  for (Session* s : std::vector<Session*>(sessions_)) s->drain();
  stop_if_drained();
}

void Loop::stop_if_drained() {
  bool late = steady_ns() > drain_until_;
  if (!sessions_.empty() && !late) return;
  if (late && !sessions_.empty())
    log::warn("drain timed out: connections are cut", {{"connections", sessions_.size()}});
  uv_stop(&uv_);
}

}  // namespace cachetted::server
