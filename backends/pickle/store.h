// A pickle file as the store: the memory table (backends/memory), a journal of its changes, and the file itself, which
// Python programs with the cachette library read and write. The constructor loads file and journal, in main's thread;
// what all loops share is here. One PickleBackend a loop, on its thread.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "backends/memory/store.h"
#include "backends/pickle/archive.h"
#include "backends/pickle/journal.h"
#include "config/config.h"
#include "core/backend.h"

namespace cachetted::pickle {

class PickleBackend;

Caps native_caps();

class PickleStore final : public Store {
 public:
  // Throws std::runtime_error with a text for the operator.
  PickleStore(const config::Config& c, bool shared);
  ~PickleStore() override;

  Backend* open(Host& host, unsigned loop, unsigned loops) override;
  Figures figures() const override { return table_.figures(); }
  std::string trouble() const override;
  bool full() const override { return table_.full(); }
  Figures figures(uint16_t db) const override { return db == 0 ? table_.figures() : Figures{}; }

  memory::MemoryStore& table() { return table_; }
  Journal& journal() { return journal_; }
  Archive& archive() { return archive_; }
  const config::Pickle& options() const { return options_; }
  std::vector<Notice> take_notices();    // of the start
  uint64_t cut() const { return cut_; }  // bytes of the journal, at the start
  void leave(PickleBackend& b);

 private:
  void load();
  void load_file(FileState& state, Prints& prints);
  void load_journal(const FileState& file, std::vector<Journal::Segment>& segments, uint64_t& end);
  void put(const FileEntry& e);
  void remove(std::string_view key);
  // Names what cannot be read, or sets it aside where that is asked for.
  void give_up(const std::string& path, const std::string& why);
  void release_waiting();

  const std::string path_;
  const config::Pickle options_;
  Fd lock_;
  memory::MemoryStore table_;
  uint64_t cut_ = 0;
  std::vector<Notice> notices_;
  std::mutex backends_lock_;
  std::vector<PickleBackend*> backends_;  // guarded by backends_lock_
  Journal journal_;
  Archive archive_;  // goes first: it uses the others
};

}  // namespace cachetted::pickle
