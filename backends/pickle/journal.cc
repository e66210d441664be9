// Implements journal.h.
#include "backends/pickle/journal.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <stdexcept>

#include "core/clock.h"

namespace cachetted::pickle {
namespace {

constexpr size_t kChunk = 1 << 20;                      // bytes that are gathered in one piece
constexpr size_t kSpare = 4;                            // pieces that are kept for use again
constexpr size_t kMostSyncs = 10'000;                   // remembered for the metrics
constexpr auto kGather = std::chrono::milliseconds(5);  // where no request waits for the disk
constexpr uint64_t kSyncNs = 1'000'000'000;

}  // namespace

Journal::Journal(std::string path, config::Fsync fsync, std::function<void()> told)
    : path_(std::move(path)), fsync_(fsync), told_(std::move(told)) {}

Journal::~Journal() {
  {
    std::lock_guard lock(lock_);
    stop_ = true;
  }
  change_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::string Journal::name_of(uint64_t number) const { return path_ + ".journal-" + std::to_string(number); }

void Journal::start(std::vector<Segment> older, uint64_t previous_end) {
  older_ = std::move(older);
  for (const Segment& s : older_) bytes_ += s.bytes;
  std::string why;
  if (!open_segment(older_.empty() ? 1 : older_.back().number + 1, previous_end, why))
    throw std::runtime_error("pickle_path: the journal cannot be begun: " + why);
  synced_at_ = steady_ns();
  thread_ = std::thread([this] { run(); });
}

bool Journal::open_segment(uint64_t number, uint64_t previous_end, std::string& why) {
  const std::string name = name_of(number);
  auto failed = [&](const char* what) {
    why = std::string(what) + " '" + name + "': " + error_text(errno);
    unlink(name.c_str());
    return false;
  };
  Fd fd(open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return failed("cannot create");
  const std::string header = journal_header(number, previous_end);
  if (!write_all(fd.get(), header)) return failed("cannot write to");
  if (fdatasync(fd.get()) != 0 || !sync_folder(name)) return failed("cannot sync");
  fd_ = std::move(fd);
  number_ = number;
  offset_ = synced_ = header.size();
  bytes_ += header.size();
  return true;
}

uint64_t Journal::append(std::string& frame, bool counts) {
  const size_t size = frame.size();
  std::lock_guard lock(lock_);
  if (counts) changed_.store(changed_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  if (!broken_.load(std::memory_order_relaxed)) {
    if (size >= kChunk) {
      pending_.push_back(std::move(frame));
    } else {
      if (pending_.empty() || pending_.back().size() + size > kChunk) {
        if (spare_.empty()) {
          pending_.emplace_back();
        } else {
          pending_.push_back(std::move(spare_.back()));
          spare_.pop_back();
        }
      }
      pending_.back().append(frame);
    }
    waiting_.store(waiting_.load(std::memory_order_relaxed) + size, std::memory_order_relaxed);
  }
  const uint64_t end = end_.load(std::memory_order_relaxed) + size;
  end_.store(end, std::memory_order_release);
  return end;
}

void Journal::wake() {
  {
    std::lock_guard lock(lock_);
    idle_.store(false, std::memory_order_release);
  }
  change_.notify_all();
}

std::string Journal::trouble() const {
  std::lock_guard lock(lock_);
  return trouble_;
}

std::vector<uint64_t> Journal::take_syncs() {
  std::lock_guard lock(lock_);
  return std::exchange(syncs_, {});
}

// --- its thread ---

void Journal::run() {
  std::unique_lock lock(lock_);
  const bool waits = fsync_ != config::Fsync::always;
  auto called = [this] { return stop_ || turn_ == Turn::segment || turn_ == Turn::settle; };
  for (;;) {
    const bool unsynced = fsync_ == config::Fsync::everysec && offset_ > synced_ && !broken_;
    if (pending_.empty() && !called()) {
      idle_.store(true, std::memory_order_release);
      auto awake = [&] { return !idle_.load(std::memory_order_relaxed) || called(); };
      if (unsynced) {
        const uint64_t due = synced_at_ + kSyncNs, now = steady_ns();
        change_.wait_for(lock, std::chrono::nanoseconds(due > now ? due - now : 0), awake);
      } else {
        change_.wait(lock, awake);
      }
      idle_.store(false, std::memory_order_release);
    }
    if (waits && !pending_.empty() && !called()) change_.wait_for(lock, kGather, called);
    if (turn_ == Turn::segment || turn_ == Turn::settle) {
      take_turn(lock);
      continue;
    }
    if (!pending_.empty()) write_pending(lock);
    if (stop_ && pending_.empty()) break;
    if (unsynced && steady_ns() - synced_at_ >= kSyncNs) sync(lock);
  }
  sync(lock);
}

// Writes what has come together, behind a mark, and syncs it where requests wait for that.
void Journal::write_pending(std::unique_lock<std::mutex>& lock) {
  Chunks chunks;
  chunks.swap(pending_);
  waiting_.store(0, std::memory_order_relaxed);
  position_ = end_.load(std::memory_order_relaxed);
  lock.unlock();
  std::string mark;
  Frame(mark).mark(offset_, synced_);
  Frame::seal(mark);
  chunks.insert(chunks.begin(), std::move(mark));
  uint64_t size = 0;
  for (const std::string& c : chunks) size += c.size();
  const bool good = write_chunks(chunks);
  const int error = errno;
  chunks.erase(chunks.begin());
  lock.lock();
  if (!good) return fail("cannot write to", error);
  offset_ += size;
  bytes_ += size;
  written_ += size;
  if (fsync_ != config::Fsync::always) told_();  // requests may wait for the disk to keep up
  for (std::string& c : chunks) {
    if (c.capacity() > 2 * kChunk || spare_.size() >= kSpare) continue;
    c.clear();
    spare_.push_back(std::move(c));
  }
  if (fsync_ == config::Fsync::always) sync(lock);
}

bool Journal::write_chunks(const Chunks& chunks) {
  std::vector<iovec> parts;
  for (const std::string& c : chunks) parts.push_back({const_cast<char*>(c.data()), c.size()});
  for (size_t first = 0; first < parts.size();) {
    const int n = static_cast<int>(std::min<size_t>(parts.size() - first, IOV_MAX));
    ssize_t done = writev(fd_.get(), &parts[first], n);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return false;
    for (auto left = static_cast<size_t>(done); first < parts.size(); ++first) {
      iovec& p = parts[first];
      const size_t taken = std::min(left, p.iov_len);
      p.iov_base = static_cast<char*>(p.iov_base) + taken;
      p.iov_len -= taken;
      left -= taken;
      if (p.iov_len != 0) break;
    }
  }
  return true;
}

void Journal::sync(std::unique_lock<std::mutex>& lock) {
  if (broken_ || offset_ == synced_) return;
  lock.unlock();
  const uint64_t began = steady_ns();
  const bool good = fsync_ == config::Fsync::no || fdatasync(fd_.get()) == 0;
  const int error = errno;
  const uint64_t now = steady_ns();
  lock.lock();
  if (!good) return fail("cannot sync", error);
  synced_ = offset_;
  synced_at_ = now;
  if (fsync_ != config::Fsync::no && syncs_.size() < kMostSyncs) syncs_.push_back(now - began);
  durable_.store(position_, std::memory_order_release);
  if (fsync_ == config::Fsync::always) told_();
}

void Journal::fail(std::string_view what, int error) {
  ++failures_;
  trouble_ = "the journal is broken, writes are refused until the disk takes a snapshot: " + std::string(what) + " '" +
             name_of(number_) + "': " + error_text(error);
  broken_ = true;
  refusing_.store(true, std::memory_order_release);
  pending_.clear();
  waiting_.store(0, std::memory_order_relaxed);
  told_();
}

void Journal::take_turn(std::unique_lock<std::mutex>& lock) {
  turn_fault_.clear();
  if (turn_ == Turn::segment) {
    begin_segment(lock);
  } else {
    force(lock);
    if (broken_) turn_fault_ = trouble_;
  }
  turn_ = Turn::done;
  change_.notify_all();
}

// Writes and syncs what was appended, also where the policy is not to.
void Journal::force(std::unique_lock<std::mutex>& lock) {
  if (!broken_ && !pending_.empty()) write_pending(lock);
  if (broken_ || offset_ == synced_) return;
  lock.unlock();
  const bool good = fdatasync(fd_.get()) == 0;
  const int error = errno;
  lock.lock();
  if (!good) return fail("cannot sync", error);
  synced_ = offset_;
  synced_at_ = steady_ns();
  durable_.store(position_, std::memory_order_release);
  told_();
}

// A broken segment ends where it was good last; the next one's header tells that, too.
void Journal::begin_segment(std::unique_lock<std::mutex>& lock) {
  const uint64_t covered = changed_;
  force(lock);
  if (!broken_ && offset_ == kJournalHeader) return;  // nothing is in it yet
  lock.unlock();
  const Segment ended{number_, offset_};
  if (broken_ && ftruncate(fd_.get(), static_cast<off_t>(offset_)) != 0) errno = 0;
  std::string why;
  const bool good = open_segment(number_ + 1, offset_, why);
  lock.lock();
  if (!good) {
    ++failures_;
    turn_fault_ = std::move(why);
    return;
  }
  changed_.store(changed_ - covered, std::memory_order_relaxed);
  older_.push_back(ended);
  broken_ = false;
}

// --- the archive's ---

void Journal::ask(std::unique_lock<std::mutex>& lock, Turn turn) {
  turn_ = turn;
  change_.notify_all();
  change_.wait(lock, [this] { return turn_ == Turn::done; });
  turn_ = Turn::none;
}

uint64_t Journal::rotate(std::string& why) {
  std::unique_lock lock(lock_);
  ask(lock, Turn::segment);
  why = turn_fault_;
  return why.empty() ? number_ : 0;
}

bool Journal::settle(std::string& why) {
  std::unique_lock lock(lock_);
  ask(lock, Turn::settle);
  why = turn_fault_;
  return why.empty();
}

void Journal::recovered() {
  std::lock_guard lock(lock_);
  if (broken_ || !refusing_) return;
  refusing_.store(false, std::memory_order_release);
  trouble_.clear();
  told_();
}

void Journal::drop(uint64_t before) {
  std::vector<Segment> gone;
  {
    std::lock_guard lock(lock_);
    auto stays = std::stable_partition(older_.begin(), older_.end(), [&](auto& s) { return s.number < before; });
    gone.assign(older_.begin(), stays);
    older_.erase(older_.begin(), stays);
  }
  for (const Segment& s : gone) {
    unlink(name_of(s.number).c_str());
    bytes_ -= s.bytes;
  }
}

void Journal::note_base(const FileState& file) {
  std::string frame;
  Frame(frame).base(file);
  Frame::seal(frame);
  append(frame, false);
  kick();
}

}  // namespace cachetted::pickle
