// One event loop and its thread: sockets are read and parsed in callbacks, and once a turn the tick submits what was
// parsed, flushes what was answered and lets background work advance. Owns its sessions, requests, buffers, backend and
// pipeline.
//
//   poll: read -> parse -> queue   |  tick: submit(queue) -> complete() marks sessions dirty -> flush each, one write
//
// Every member is for the loop's own thread, except post().
#pragma once
#include <uv.h>

#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/backend.h"
#include "core/output.h"
#include "metrics/metrics.h"
#include "pipeline/pipeline.h"
#include "protocol/memcache/words.h"
#include "protocol/resp/parse.h"
#include "server/read_buffers.h"

namespace cachetted::server {

class Daemon;
class Session;

class Loop final : public Host, public Feed {
 public:
  Loop(Daemon& daemon, unsigned index);
  ~Loop() override;

  void open_backend();  // in main's thread, before start()
  void start();         // its thread; returns at once
  void join();
  // Runs a task on the loop's thread, soon. Any thread.
  void post(std::function<void()> task) override;

  // Host
  void complete(Request& r) override;
  Arena& arena() override { return arena_; }
  const Clock& clock() const override { return clock_; }
  uv_loop_s* event_loop() override { return &uv_; }
  void report(bool trouble, std::string_view text, unsigned server) override;
  void count_evictions(uint64_t n) override { cells_.add(metrics::metric::evictions(), n); }
  void count_expiries(uint64_t n) override { cells_.add(metrics::metric::expiries(), n); }

  // For sessions.
  Request* borrow() {
    if (free_ == nullptr) [[unlikely]] {
      if (request_chunks_.size() == kMaxChunks) return borrow_single();
      add_requests();
    }
    Request* r = free_;
    free_ = r->next;
    *r = Request{};
    return r;
  }
  void give_back(Request* r);
  void submit(Request* r);        // after parsing; joins this tick's batch. An orphan: nobody hears of it
  void mark_dirty(Session& s);    // to be flushed in this tick
  void resume_later(Session& s);  // to parse on in the next tick
  void tick_if_full() {           // keeps a busy turn's requests inside the cache
    if (queue_.size() - left_ >= kBatch) tick();
  }
  void note_input() override {  // the first read of a turn sets the tick's clock
    if (!clock_fresh_) {
      clock_.refresh();
      clock_fresh_ = true;
    }
  }
  void accept(int fd, const config::Address& at, metrics::Protocol protocol);  // takes over an accepted connection
  void flush_database();                                                       // database 0, asked by nobody
  void remove(Session& s);                                                     // its handle is closed: frees it
  void adjust_paused(int by);
  uint64_t turn() const { return turn_; }
  uint64_t flush_time() const { return flush_time_; }  // steady ns of this flush
  void count_request(const Request& r, uint64_t now);  // its reply is out

  uv_loop_t* uv() { return &uv_; }
  Daemon& daemon() { return daemon_; }
  unsigned index() const { return index_; }
  metrics::Cells& cells() override { return cells_; }
  Pipeline& pipeline() { return *pipeline_; }
  Backend& backend() { return *backend_; }
  const Caps& caps() const { return pipeline_->caps(); }
  const config::Config& config() const override { return *config_; }
  const std::vector<bool>& denied() const { return denied_; }
  ReadBuffers& read_buffers() { return read_buffers_; }
  resp::Parser& parser() { return parser_; }
  memcache::Words& words() { return words_; }
  Output& scratch_output() { return scratch_output_; }
  Blob* take_blob();  // for an Output to write into
  void return_blob(Blob* b);
  const std::vector<Session*>& sessions() const { return sessions_; }

  void reconfigure(std::shared_ptr<const config::Config> config);
  void drain();  // no new input; every session closes once its replies are out

 private:
  // Feed
  Request* borrow_step(Request& asked) override;
  void submit_step(Request& step) override;
  void return_step(Request& step) override;
  void hold_value(Request& r) override;
  void resume(Request& r) override;
  void finish(Request& r) override;

  static constexpr size_t kBatch = 256;
  static constexpr size_t kMaxChunks = 64;  // of the pool; what a huge transaction needs beyond is freed behind it

  Request* borrow_single() {
    auto* r = new Request;
    r->single = true;
    return r;
  }

  void run();
  void tick();
  void submit_queue();
  void take_turns();
  void flush_dirty();
  void resume_sessions();
  void beat();
  void run_posted();
  void add_requests();
  void stop_if_drained();

  Daemon& daemon_;
  const unsigned index_;
  metrics::Cells& cells_;
  std::shared_ptr<const config::Config> config_, replaced_;
  std::vector<bool> denied_;  // commands.deny, by a RESP command's label; empty: none
  std::thread thread_;

  uv_loop_t uv_;
  uv_prepare_t prepare_;
  uv_idle_t idle_;
  uv_async_t async_;
  uv_timer_t timer_;
  std::mutex posted_lock_;
  std::vector<std::function<void()>> posted_;
  Request* orphans_ = nullptr;  // answered, and asked by nobody

  Clock clock_;
  bool clock_fresh_ = false;
  bool idle_on_ = false;
  bool in_tick_ = false;
  bool draining_ = false;
  uint64_t turn_ = 0;
  uint64_t drain_until_ = 0;                            // steady ns
  uint64_t flush_time_ = 0, told_at_ = 0, fed_at_ = 0;  // steady ns
  size_t next_checked_ = 0;                             // session to look at in the next beat
  Arena arena_;
  ReadBuffers read_buffers_;
  resp::Parser parser_;
  memcache::Words words_;
  Output scratch_output_;
  Blob* spare_blob_ = nullptr;
  std::unique_ptr<Pipeline> pipeline_;

  std::vector<std::unique_ptr<Request[]>> request_chunks_;
  Request* free_ = nullptr;
  std::vector<Request*> queue_;
  size_t left_ = 0;  // at the front of queue_: what earlier turns had no time for
  std::vector<Session*> dirty_, flushing_;
  std::vector<Session*> resume_, resuming_;
  std::vector<Session*> sessions_;
  int64_t waiting_ = 0;  // given to the backend, not answered
  int64_t paused_ = 0;
  std::unique_ptr<Backend> backend_;  // goes first: it may hold requests
};

}  // namespace cachetted::server
