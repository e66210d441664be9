// Implements archive.h: its thread, imports, and what loop 0 does for it. snapshot.cc writes snapshots.
#include "backends/pickle/archive.h"

#include <absl/hash/hash.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <tuple>

#include "core/clock.h"

namespace cachetted::pickle {
namespace {

constexpr uint64_t kSliceNs = 400'000;
constexpr size_t kPieceBytes = 64 << 10;   // handed over at once
constexpr size_t kWaitingBytes = 8 << 20;  // handed over and not written yet: loop 0 waits
constexpr size_t kMostHolds = 100'000;
constexpr auto kLook = std::chrono::seconds(1);
constexpr auto kReadAgain = std::chrono::milliseconds(100);
constexpr uint64_t kPatienceNs = 1'000'000'000;  // with a file that does not load

uint64_t print_of(const FileEntry& e) {
  const int64_t seconds = e.expiry == kNever ? kNeverSeconds : seconds_up(e.expiry);
  return absl::Hash<std::tuple<std::string_view, std::string_view, int64_t, uint32_t, bool>>{}(
      {e.key, e.value, seconds, e.flags, e.form == memory::Form::foreign});
}

}  // namespace

void Prints::add(const FileEntry& e) { all_.push_back(print_of(e)); }
void Prints::settle() {
  std::sort(all_.begin(), all_.end());
  all_.shrink_to_fit();
}
bool Prints::has(const FileEntry& e) const { return std::binary_search(all_.begin(), all_.end(), print_of(e)); }

Archive::Archive(std::string path, memory::MemoryStore& table, Journal& journal, const config::Pickle& options)
    : path_(std::move(path)),
      snapshot_path_(path_ + ".snapshot"),
      table_(table),
      journal_(journal),
      options_(options) {}

Archive::~Archive() { finish(); }

void Archive::begin(const FileState& loaded, Prints&& prints, bool soon) {
  known_ = loaded;
  prints_.swap(prints);
  dirty_ = soon;
  snapshot_at_ = steady_ns();
  if (soon)
    snapshot_at_ -= std::min<uint64_t>(snapshot_at_, static_cast<uint64_t>(options_.snapshot_interval_ms) * 1'000'000);
}

void Archive::serve(std::function<void()> wake) {
  {
    std::lock_guard lock(lock_);
    wake_ = std::move(wake);
  }
  thread_ = std::thread([this] { run(); });
}

void Archive::finish() {
  {
    std::lock_guard lock(lock_);
    stop_ = true;
    wake_ = nullptr;
  }
  change_.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  alone_ = true;
  stop_ = false;
  walk_.reset();
  look();
  for (int left = 2; left > 0 && (dirty_ || journal_.changed() != 0 || journal_.refusing()); --left) {
    if (!snapshot()) return;
    look();
  }
}

void Archive::run() {
  std::unique_lock lock(lock_);
  while (!stopping()) {
    lock.unlock();
    look();
    if (!stopping() && due(steady_ns())) snapshot();
    lock.lock();
    change_.wait_for(lock, kLook, [this] { return stopping(); });
  }
}

bool Archive::due(uint64_t now) const {
  if (now < not_before_) return false;
  if (journal_.refusing() || again_) return true;
  if (!dirty_ && journal_.changed() == 0) return false;
  const auto interval = static_cast<uint64_t>(options_.snapshot_interval_ms) * 1'000'000;
  return (interval != 0 && now - snapshot_at_ >= interval) || journal_.bytes() >= options_.snapshot_size;
}

// --- the file changed by others ---

bool Archive::look() {
  if (!look_at_replaced()) return false;
  const FileState now = state_of(path_);
  if (now == known_) return true;
  if (!now.exists()) {  // absence deletes nothing: the next snapshot brings it back
    known_ = now;
    dirty_ = true;
    return true;
  }
  FileState state;
  std::vector<News> news;
  Prints prints;
  std::string why;
  if (!read_news(path_, prints_, state, news, prints, why)) {
    if (stopping()) return false;
    known_ = corrupt_ = state;
    dirty_ = true;
    {
      std::lock_guard lock(lock_);
      ++figures_.corrupt;
    }
    tell(true, 1,
         "backend 'pickle': the file at pickle_path was changed and cannot be read; what is in memory stays, and "
         "the next snapshot sets it aside: " +
             why);
    return true;
  }
  const size_t count = news.size();
  if (!import(std::move(news))) return false;
  known_ = state;
  prints_.swap(prints);
  dirty_ = true;
  if (count != 0)
    tell(false, 1,
         "backend 'pickle': the file at pickle_path was changed by another program; keys that are new or other: " +
             std::to_string(count));
  return true;
}

// What was written into a file that had just been replaced is nowhere else: it is to be in the next snapshot, at once.
bool Archive::look_at_replaced() {
  if (!replaced_.fd) return true;
  if (state_of(replaced_.fd.get()) == replaced_.known) {
    if (steady_ns() > replaced_.until) replaced_ = {};
    return true;
  }
  FileState state;
  std::vector<News> news;
  Prints prints;
  std::string why;
  const std::string path = "/proc/self/fd/" + std::to_string(replaced_.fd.get());
  if (!read_news(path, replaced_.prints, state, news, prints, why)) {
    if (!stopping()) replaced_ = {};
    return !stopping();
  }
  const bool any = !news.empty();
  if (!import(std::move(news))) return false;
  replaced_.known = state;
  replaced_.prints.swap(prints);
  if (!any) return true;
  dirty_ = true;
  again_ = true;
  return true;
}

// The library writes the file in place: while it does, there is half of it.
bool Archive::read_news(const std::string& path, const Prints& known, FileState& state, std::vector<News>& news,
                        Prints& prints, std::string& why) {
  std::string file;
  for (const uint64_t until = steady_ns() + kPatienceNs;;) {
    news.clear();
    prints = {};
    why.clear();
    const bool read = read_file(path, file, state);
    if (!read) {
      why = error_text(errno);
    } else if (read_pickle_file(
                   file,
                   [&](const FileEntry& e) {
                     prints.add(e);
                     if (!known.has(e))
                       news.push_back({std::string(e.key), std::string(e.value), e.form, e.flags, e.expiry});
                   },
                   why)) {
      prints.settle();
      return true;
    }
    std::unique_lock lock(lock_);
    if (change_.wait_for(lock, kReadAgain, [this] { return stopping(); }) || steady_ns() > until) return false;
  }
}

// Until it is in the table; false: the daemon ends.
bool Archive::import(std::vector<News>&& news) {
  if (news.empty()) return true;
  if (alone_) {
    for (const News& n : news) apply(n, nullptr, wall_ms());
    return true;
  }
  std::unique_lock lock(lock_);
  news_ = std::move(news);
  news_done_ = 0;
  asked_ = true;
  if (wake_) wake_();
  change_.wait(lock, [this] { return news_done_ == news_.size() || stopping(); });
  const bool done = news_done_ == news_.size();
  news_.clear();
  news_done_ = 0;
  return done;
}

// The later expiry wins.
void Archive::apply(const News& n, memory::Keeper* keeper, int64_t now) {
  if (is_expired(n.expiry, now)) return;
  const uint64_t hash = memory::hash_key(n.key);
  uint64_t expired = 0;
  memory::Locks locks(table_, memory::shard_bit(hash), keeper);
  memory::Found old = table_.find(0, n.key, hash, now, expired);
  auto seconds = [](int64_t expiry) { return expiry == kNever ? kNeverSeconds : seconds_up(expiry); };
  if (old && seconds(old.entry->expiry()) >= seconds(n.expiry)) return;
  table_.put(0, hash, old, {n.key, n.value, n.expiry, n.flags}, now, n.form);
  if (keeper == nullptr) table_.shard_for(hash).notes.clear();
  imported_.fetch_add(1, std::memory_order_relaxed);
}

// --- loop 0 ---

bool Archive::turn(memory::Keeper& keeper, int64_t now) {
  if (!asked_.load(std::memory_order_relaxed)) [[likely]]
    return false;
  const uint64_t began = steady_ns();
  auto in_time = [began] { return steady_ns() - began < kSliceNs; };
  std::unique_lock lock(lock_);
  while (news_done_ < news_.size() && in_time()) {
    const News& n = news_[news_done_];
    lock.unlock();
    apply(n, &keeper, now);
    lock.lock();
    if (news_.empty()) break;  // given up meanwhile
    ++news_done_;
  }
  if (!walking_) walk_.reset();
  while (walk_ != nullptr && piece_bytes_ < kWaitingBytes && in_time()) {
    std::unique_ptr<TableWalk> walk = std::move(walk_);
    walk_out_ = true;
    lock.unlock();
    Piece piece;
    bool more = true;
    while (more && piece.bytes() < kPieceBytes && in_time()) more = walk->some(piece, now);
    if (!more) walk.reset();
    lock.lock();
    walk_out_ = false;
    if (!walking_) break;  // given up meanwhile
    piece_bytes_ += piece.bytes();
    if (!piece.empty()) pieces_.push_back(std::move(piece));
    walking_ = more;
    if (more) walk_ = std::move(walk);
  }
  const bool more = news_done_ < news_.size() || (walk_ != nullptr && piece_bytes_ < kWaitingBytes);
  asked_ = more;
  lock.unlock();
  change_.notify_all();
  if (holds_.size() < kMostHolds) holds_.push_back(steady_ns() - began);
  return more;
}

std::vector<uint64_t> Archive::take_holds() { return std::exchange(holds_, {}); }

std::vector<Notice> Archive::take_notices() {
  std::lock_guard lock(lock_);
  return std::exchange(notices_, {});
}

Archive::Figures Archive::figures() const {
  std::lock_guard lock(lock_);
  return figures_;
}

void Archive::tell(bool trouble, unsigned subject, std::string text) {
  std::lock_guard lock(lock_);
  notices_.push_back({trouble, subject, std::move(text)});
}

}  // namespace cachetted::pickle
