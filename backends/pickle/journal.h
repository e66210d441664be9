// The journal: every change of the table, in segments `<path>.journal-<number>` (records.h). Loops append frames to
// memory; a thread of its own writes what has come together and syncs it, so that no loop waits for the disk and many
// requests share one sync. What cannot be written breaks the journal: nothing is appended to it until a new segment
// was begun and a snapshot taken. append(), kick(), end() and the like: any thread. rotate(), recovered() and drop():
// the archive's.
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "backends/pickle/files.h"
#include "config/config.h"

namespace cachetted::pickle {

class Journal {
 public:
  struct Segment {
    uint64_t number, bytes;
  };
  // `path`: of the pickle file. `told`: called by the journal's thread when durable() has grown or broken() changed.
  Journal(std::string path, config::Fsync fsync, std::function<void()> told);
  ~Journal();  // what was appended is written and synced, unless it is broken
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Begins its first segment, after `older` ones of which the last ends at `previous_end`. Throws std::runtime_error.
  void start(std::vector<Segment> older, uint64_t previous_end);

  // Appends a frame, which is sealed; its bytes may be taken. Returns the position behind it. Whoever appends kicks
  // afterwards. `counts`: it is a change for changed().
  uint64_t append(std::string& frame, bool counts = true);
  void kick() {
    if (idle_.load(std::memory_order_acquire)) wake();
  }
  // Positions count the bytes appended. A change is as safe as the policy promises once durable() has reached its own.
  uint64_t end() const { return end_.load(std::memory_order_acquire); }
  uint64_t durable() const { return durable_.load(std::memory_order_acquire); }
  uint64_t waiting_bytes() const { return waiting_.load(std::memory_order_relaxed); }
  // Writes are refused: what was appended since the last good sync is in the table alone.
  bool refusing() const { return refusing_.load(std::memory_order_acquire); }
  std::string trouble() const;

  // What was appended before it returns may be in the segments before the new one; all that comes later is in it.
  // Returns the new one's number, 0 with `why`.
  uint64_t rotate(std::string& why);
  // What was appended is on disk, whatever the policy. False with `why`.
  bool settle(std::string& why);
  // A snapshot that began behind the last rotate() is on disk.
  void recovered();
  void drop(uint64_t before);  // removes the segments below this number
  void note_base(const FileState& file);

  uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }      // of all segments there are
  uint64_t changed() const { return changed_.load(std::memory_order_relaxed); }  // frames since rotate()
  uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }
  uint64_t written() const { return written_.load(std::memory_order_relaxed); }  // bytes, ever
  // How long each sync took since the last call, in ns.
  std::vector<uint64_t> take_syncs();

 private:
  using Chunks = std::vector<std::string>;
  enum class Turn { none, segment, settle, done };

  void wake();
  void run();
  void write_pending(std::unique_lock<std::mutex>& lock);
  void sync(std::unique_lock<std::mutex>& lock);
  void take_turn(std::unique_lock<std::mutex>& lock);
  void begin_segment(std::unique_lock<std::mutex>& lock);
  void force(std::unique_lock<std::mutex>& lock);
  void ask(std::unique_lock<std::mutex>& lock, Turn turn);
  bool write_chunks(const Chunks& chunks);
  bool open_segment(uint64_t number, uint64_t previous_end, std::string& why);
  void fail(std::string_view what, int error);  // lock_ is held
  std::string name_of(uint64_t number) const;

  const std::string path_;
  const config::Fsync fsync_;
  const std::function<void()> told_;

  mutable std::mutex lock_;
  std::condition_variable change_;
  Chunks pending_, spare_;             // guarded by lock_
  bool stop_ = false;                  // guarded by lock_
  Turn turn_ = Turn::none;             // guarded by lock_: what the archive waits for
  std::string turn_fault_, trouble_;   // guarded by lock_
  std::vector<Segment> older_;         // guarded by lock_: those before the current one
  std::vector<uint64_t> syncs_;        // guarded by lock_
  std::atomic<bool> idle_{false};      // set under lock_ only
  std::atomic<bool> refusing_{false};  // set under lock_ only
  std::atomic<bool> broken_{false};    // the current segment takes nothing more; set under lock_ only

  std::atomic<uint64_t> end_{0}, durable_{0}, waiting_{0}, bytes_{0}, changed_{0}, failures_{0}, written_{0};

  // The thread's own.
  Fd fd_;
  uint64_t number_ = 0, offset_ = 0, synced_ = 0;  // offset_: of the segment's good end; synced_: on disk up to there
  uint64_t position_ = 0;                          // behind what was written
  uint64_t synced_at_ = 0;                         // steady ns
  std::thread thread_;                             // last: it uses the others
};

}  // namespace cachetted::pickle
