// Archive's snapshots: the table into a new file, and that in place of the old one.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "backends/pickle/archive.h"
#include "core/clock.h"

namespace cachetted::pickle {
namespace {

constexpr size_t kWrite = 1 << 20;       // bytes at once
constexpr size_t kSyncEvery = 32 << 20;  // so that the last sync, and those of the journal beside, have little to do
constexpr int kTries = 3;                // where the file is changed by others meanwhile
constexpr uint64_t kReplacedNs = 5'000'000'000;  // a replaced file is looked at for so long
constexpr uint64_t kAgainNs = 1'000'000'000;     // after a failure, while writes are refused
constexpr uint64_t kLaterNs = 10'000'000'000;    // after one that hurts nobody yet

}  // namespace

// A file being written, from pieces.
class Archive::Output {
 public:
  explicit Output(int fd) : fd_(fd), writer_(buffer_) { writer_.begin(); }
  bool add(const Piece& piece, Prints& prints) {
    piece.each([&](const FileEntry& e) {
      writer_.add(e);
      prints.add(e);
    });
    return buffer_.size() < kWrite || write();
  }
  bool end() {
    writer_.end();
    return write() && fsync(fd_) == 0;
  }
  uint64_t keys() const { return writer_.keys(); }
  uint64_t bytes() const { return written_; }

 private:
  bool write() {
    if (!write_all(fd_, buffer_)) return false;
    written_ += buffer_.size();
    unsynced_ += buffer_.size();
    buffer_.clear();
    if (unsynced_ < kSyncEvery) return true;
    unsynced_ = 0;
    return fdatasync(fd_) == 0;
  }
  int fd_;
  std::string buffer_;
  PickleFileWriter writer_;
  uint64_t written_ = 0;
  size_t unsynced_ = 0;
};

bool Archive::snapshot() {
  const uint64_t began = steady_ns();
  std::string why;
  const bool good = write_snapshot(why);
  const uint64_t now = steady_ns();
  snapshot_at_ = now;
  if (good) {
    told_failure_.clear();
    std::lock_guard lock(lock_);
    ++figures_.snapshots;
    figures_.took_ns = now - began;
    notices_.push_back({false, 2,
                        "backend 'pickle': a snapshot of " + std::to_string(figures_.keys) + " keys, " +
                            std::to_string(figures_.bytes) + " bytes, took " +
                            std::to_string((now - began) / 1'000'000) + " ms"});
    return true;
  }
  unlink(snapshot_path_.c_str());
  dirty_ = true;
  if (why.empty()) return false;  // the daemon ends: the last one comes
  not_before_ = now + (journal_.refusing() ? kAgainNs : kLaterNs);
  {
    std::lock_guard lock(lock_);
    ++figures_.failures;
  }
  if (why != told_failure_)
    tell(true, 2,
         "backend 'pickle': no snapshot could be written, the file at pickle_path stays as it was and the journal "
         "grows; it "
         "is tried again: " +
             why);
  told_failure_ = std::move(why);
  return false;
}

bool Archive::write_snapshot(std::string& why) {
  auto failed = [&](std::string_view what) {
    why = std::string(what) + " '" + snapshot_path_ + "': " + error_text(errno);
    return false;
  };
  for (int left = kTries; left > 0; --left) {
    const uint64_t segment = journal_.rotate(why);
    if (segment == 0) return false;
    dirty_ = false;
    Fd fd(open(snapshot_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!fd) return failed("cannot create");
    struct stat old {};
    if (stat(path_.c_str(), &old) == 0) {  // whoever could read the old one can read the new one
      fchmod(fd.get(), old.st_mode & 07777);
      [[maybe_unused]] int ignored = fchown(fd.get(), old.st_uid, old.st_gid);
    }
    Output out(fd.get());
    Prints prints;
    if (!copy_table(out, prints, why)) return why == "cannot write to" ? failed(why) : false;
    if (!out.end()) return failed("cannot write to");
    const FileState before = known_;
    if (!look()) return false;
    if (!(known_ == before) && left > 1) continue;  // what came is in the table now, and is to be in the file
    prints.settle();
    if (!replace_file(fd.get(), why)) return false;
    prints_.swap(prints);
    replaced_.prints.swap(prints);
    again_ = false;
    journal_.drop(segment);
    journal_.recovered();
    std::lock_guard lock(lock_);
    figures_.keys = out.keys();
    figures_.bytes = out.bytes();
    return true;
  }
  return false;
}

// The table's pieces into the file, as loop 0 copies them.
bool Archive::copy_table(Output& out, Prints& prints, std::string& why) {
  auto failed = [&] {
    why = "cannot write to";
    return false;
  };
  if (alone_) {
    TableWalk walk(table_);
    for (bool more = true; more;) {
      Piece piece;
      more = walk.some(piece, wall_ms());
      if (!out.add(piece, prints)) return failed();
    }
    return true;
  }
  std::unique_lock lock(lock_);  // one that was given up is loop 0's to end
  change_.wait(lock, [this] { return (walk_ == nullptr && !walk_out_) || stopping(); });
  if (stopping()) return false;
  walk_ = std::make_unique<TableWalk>(table_);
  walking_ = true;
  asked_ = true;
  if (wake_) wake_();
  bool good = true;
  int error = 0;
  while (good && !stopping()) {
    change_.wait(lock, [this] { return !pieces_.empty() || !walking_ || stopping(); });
    if (pieces_.empty() && !walking_) break;
    if (pieces_.empty()) continue;
    const Piece piece = std::move(pieces_.front());
    pieces_.pop_front();
    piece_bytes_ -= piece.bytes();
    const bool room = walking_ && !asked_;
    asked_ = walking_;
    if (room && wake_) wake_();
    lock.unlock();
    good = out.add(piece, prints);
    error = errno;
    lock.lock();
  }
  const bool whole = !walking_ && pieces_.empty();
  walking_ = false;
  pieces_.clear();
  piece_bytes_ = 0;
  if (walk_ != nullptr || walk_out_) {
    asked_ = true;
    if (wake_) wake_();
  }
  if (!good) {
    errno = error;
    return failed();
  }
  return whole;
}

// The journal names the new file before it is there: a start then knows either one for this daemon's own.
bool Archive::replace_file(int fd, std::string& why) {
  const FileState fresh = state_of(fd);
  journal_.note_base(fresh);
  if (!journal_.settle(why)) return false;
  std::string aside;
  if (corrupt_.exists() && state_of(path_) == corrupt_) {
    aside = set_aside(path_, true);
    if (aside.empty()) {
      why = "cannot set '" + path_ + "' aside: " + error_text(errno);
      return false;
    }
    tell(true, 3,
         "backend 'pickle': the file at pickle_path could not be read and was set aside as '" + aside +
             "'; what is in memory was written in its place");
  }
  corrupt_ = {};
  Fd old(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (rename(snapshot_path_.c_str(), path_.c_str()) != 0 || !sync_folder(path_)) {
    why = "cannot rename '" + snapshot_path_ + "': " + error_text(errno);
    return false;
  }
  replaced_ = {std::move(old), known_, {}, steady_ns() + kReplacedNs};
  known_ = fresh;
  return true;
}

}  // namespace cachetted::pickle
