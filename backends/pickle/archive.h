// Keeps the pickle file: snapshots of the table into it, and what Python programs changed in it. A thread of its own
// reads and writes files; what touches the table is done by loop 0 in slices, in turn().
//
//   snapshot:  begin a journal segment -> loop 0 copies the table in pieces -> .snapshot, fsync -> rename, fsync of the
//              folder -> older segments go.   What changes while the table is walked stands in the new segment.
//   import:    the file is not the one written last -> read -> what differs from what was in it -> loop 0 puts it
#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "backends/pickle/journal.h"
#include "backends/pickle/walk.h"

namespace cachetted::pickle {

// What a file holds, as a set of hashes of key, value and expiry: 8 bytes a key. Tells what of a file is news.
class Prints {
 public:
  void add(const FileEntry& e);
  void settle();  // before has()
  bool has(const FileEntry& e) const;
  void swap(Prints& o) { all_.swap(o.all_); }

 private:
  std::vector<uint64_t> all_;
};

// A line for the operator.
struct Notice {
  bool trouble;
  unsigned subject;  // of one at most one a second
  std::string text;
};

class Archive {
 public:
  Archive(std::string path, memory::MemoryStore& table, Journal& journal, const config::Pickle& options);
  ~Archive();

  // The file as it was loaded. `soon`: the journal holds changes of before.
  void begin(const FileState& loaded, Prints&& prints, bool soon);
  // With loop 0 there: what the thread needs of it is done in turn(), which it is woken for.
  void serve(std::function<void()> wake);
  // One slice of half a millisecond at most; true: it wants another at once. Loop 0.
  bool turn(memory::Keeper& keeper, int64_t now);
  // No loop turns any more: ends the thread and writes the last snapshot, where something has changed.
  void finish();

  std::vector<Notice> take_notices();
  struct Figures {
    uint64_t snapshots = 0, failures = 0, corrupt = 0;
    uint64_t keys = 0, bytes = 0, took_ns = 0;  // of the last snapshot
  };
  Figures figures() const;
  uint64_t imported() const { return imported_.load(std::memory_order_relaxed); }
  std::vector<uint64_t> take_holds();  // ns of each slice since the last call; loop 0

 private:
  struct News {  // of the file, for the table
    std::string key, value;
    memory::Form form;
    uint32_t flags;
    int64_t expiry;
  };
  class Output;

  void run();
  bool due(uint64_t now) const;
  bool look();  // false: what was found could not be brought into the table
  bool look_at_replaced();
  bool read_news(const std::string& path, const Prints& known, FileState& state, std::vector<News>& news,
                 Prints& prints, std::string& why);
  bool import(std::vector<News>&& news);
  void apply(const News& n, memory::Keeper* keeper, int64_t now);
  bool snapshot();
  bool write_snapshot(std::string& why);
  bool copy_table(Output& out, Prints& prints, std::string& why);
  bool replace_file(int fd, std::string& why);
  bool stopping() const { return stop_.load(std::memory_order_acquire); }
  void tell(bool trouble, unsigned subject, std::string text);

  const std::string path_, snapshot_path_;
  memory::MemoryStore& table_;
  Journal& journal_;
  const config::Pickle options_;

  mutable std::mutex lock_;
  std::condition_variable change_;
  std::function<void()> wake_;         // guarded by lock_
  std::unique_ptr<TableWalk> walk_;    // guarded by lock_; taken by loop 0 for a slice
  std::deque<Piece> pieces_;           // guarded by lock_
  size_t piece_bytes_ = 0;             // guarded by lock_
  bool walking_ = false;               // guarded by lock_: pieces are still to come
  bool walk_out_ = false;              // guarded by lock_: loop 0 has the walk in hand
  std::vector<News> news_;             // guarded by lock_: to be put into the table
  size_t news_done_ = 0;               // guarded by lock_
  std::vector<Notice> notices_;        // guarded by lock_
  Figures figures_;                    // guarded by lock_
  std::atomic<bool> stop_{false};      // set under lock_
  std::atomic<bool> asked_{false};     // loop 0 has something to do
  std::atomic<uint64_t> imported_{0};  // keys
  std::vector<uint64_t> holds_;        // loop 0's

  // The thread's own, and finish()'s after it.
  FileState known_;    // the file as it was last read or written
  FileState corrupt_;  // one that cannot be read: the next snapshot sets it aside
  Prints prints_;      // of the known file
  // The file that the last snapshot replaced, held open for a while: a program that had opened it writes there.
  struct Replaced {
    Fd fd;
    FileState known;
    Prints prints;
    uint64_t until = 0;  // steady ns
  } replaced_;
  bool dirty_ = false;
  bool again_ = false;        // a snapshot is due at once
  std::string told_failure_;  // of a snapshot
  bool alone_ = false;        // no loop turns: the table is touched here
  uint64_t snapshot_at_ = 0;  // steady ns
  uint64_t not_before_ = 0;   // steady ns
  std::thread thread_;        // last: it uses the others
};

}  // namespace cachetted::pickle
