// The pickle backend of one loop: the memory backend, whose changes are appended to the journal, and whose answers to
// writes wait until the disk has them where the policy says so. Where the disk does not keep up, nothing is run until
// it does. Also what the table cannot do with Python objects.
#pragma once
#include <atomic>
#include <deque>
#include <memory>
#include <string>

#include "backends/memory/memory.h"
#include "backends/pickle/store.h"

namespace cachetted::pickle {

class PickleBackend final : public Backend, public memory::Keeper {
 public:
  PickleBackend(PickleStore& store, Host& host, unsigned loop, unsigned loops);
  ~PickleBackend() override;

  Caps caps() const override { return native_caps(); }
  size_t submit(Batch batch) override;
  bool advance() override;
  void unwatch(Watch& w) override { table_.unwatch(w); }

  void record(memory::ShardSet set) override;
  bool answers(Request& r) override;

  // The journal got further, or broke. Any thread.
  void release_soon();

 private:
  // The loop, as the memory backend sees it: what it completes may have to wait.
  class Waiting final : public Host {
   public:
    Waiting(PickleBackend& backend, Host& host) : backend_(backend), host_(host) {}
    void complete(Request& r) override { backend_.complete(r); }
    Arena& arena() override { return host_.arena(); }
    const Clock& clock() const override { return host_.clock(); }
    void note_input() override { host_.note_input(); }
    void post(std::function<void()> task) override { host_.post(std::move(task)); }
    uv_loop_s* event_loop() override { return host_.event_loop(); }
    const config::Config& config() const override { return host_.config(); }
    metrics::Cells& cells() override { return host_.cells(); }
    void report(bool trouble, std::string_view text, unsigned server) override { host_.report(trouble, text, server); }
    void count_evictions(uint64_t n) override { host_.count_evictions(n); }
    void count_expiries(uint64_t n) override { host_.count_expiries(n); }

   private:
    PickleBackend& backend_;
    Host& host_;
  };
  struct Held {
    uint64_t position;  // in the journal; of one that was not run its bytes
    uint64_t deadline;  // steady ns
    Request* request;
  };

  void complete(Request& r);
  void hold(Request& r, uint64_t position);
  void release();
  size_t run(Batch batch);
  void defer(Request& r);
  bool run_deferred(uint64_t now);
  void count_waiting();
  void kick();
  void record_shard(memory::Shard& s, bool& emptied, uint64_t& last);
  size_t submit_reads(Batch batch, std::string_view why);
  void refuse(Request& r, Status status, std::string_view why);
  void tell_changes();

  // objects: backends/pickle/edits.cc
  const memory::Entry* object_at(const Request& r, std::string_view key) const;
  void add_to_integer(Request& r, const memory::Entry& e);

  PickleStore& store_;
  Host& host_;
  Journal& journal_;
  const bool first_;  // of the loops: it works for the archive and speaks for all
  const bool waits_;  // answers to writes wait for the disk
  Waiting waiting_;
  std::string frame_;
  uint64_t recorded_ = 0;      // where the last change ends in the journal, since the last completion; 0: none
  bool appended_ = false;      // the journal is to be kicked
  std::deque<Held> held_;      // run, and waiting for the disk to be told so
  std::deque<Held> deferred_;  // not run yet
  uint64_t deferred_bytes_ = 0;
  std::atomic<uint32_t> waiting_count_{0};  // of both
  std::atomic<bool> posted_{false};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  uint64_t beat_at_ = 0;  // steady ns
  bool told_broken_ = false;
  uint64_t written_ = 0, failures_ = 0, snapshots_ = 0, snapshot_failures_ = 0, imported_ = 0, corrupt_ = 0;  // counted
  memory::MemoryStore& table_;
  memory::MemoryBackend memory_;  // goes first: it may hold a table
};

// Whether it may change the table.
bool may_write(const Request& r);

}  // namespace cachetted::pickle
