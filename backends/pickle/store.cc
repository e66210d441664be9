// Implements store.h: what is there at the start, and what all loops share.
#include "backends/pickle/store.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <unordered_set>

#include "backends/pickle/backend.h"
#include "backends/pickle/replay.h"
#include "core/clock.h"

namespace cachetted::pickle {
namespace {

constexpr uint64_t kPatienceNs = 1'000'000'000;  // with a file that does not load
constexpr auto kReadAgain = std::chrono::milliseconds(100);

memory::Options table_options(const config::Config& c) {
  memory::Options o;
  o.databases = 1;
  o.max_memory = c.limits.max_memory;
  o.evict = c.eviction == config::Eviction::s3fifo;
  o.kept = true;
  return o;
}

}  // namespace

PickleStore::PickleStore(const config::Config& c, bool shared)
    : path_(resolved(c.store.pickle_path)),
      options_(c.pickle),
      lock_(lock_path(path_)),
      table_(table_options(c), shared),
      journal_(path_, options_.fsync, [this] { release_waiting(); }),
      archive_(path_, table_, journal_, options_) {
  load();
}

PickleStore::~PickleStore() = default;

Backend* PickleStore::open(Host& host, unsigned loop, unsigned loops) {
  auto* b = new PickleBackend(*this, host, loop, loops);
  std::lock_guard lock(backends_lock_);
  backends_.push_back(b);
  return b;
}

void PickleStore::leave(PickleBackend& b) {
  std::lock_guard lock(backends_lock_);
  std::erase(backends_, &b);
}

void PickleStore::release_waiting() {
  std::lock_guard lock(backends_lock_);
  for (PickleBackend* b : backends_) b->release_soon();
}

std::string PickleStore::trouble() const {
  return journal_.refusing() ? "backend 'pickle': " + journal_.trouble() : std::string();
}

std::vector<Notice> PickleStore::take_notices() { return std::exchange(notices_, {}); }

// --- the start ---

void PickleStore::load() {
  const uint64_t began = steady_ns();
  unlink((path_ + ".snapshot").c_str());  // of one that was not finished
  // A cas that a client has from before is none of what is written from now on: 48 bits, of which 41 are milliseconds
  // since 2020, with 128 writes of a shard in each.
  constexpr int64_t k2020 = 1'577'836'800'000;
  table_.start_cas(static_cast<uint64_t>(wall_ms() - k2020) << 7);
  FileState file;
  Prints prints;
  load_file(file, prints);
  prints.settle();
  std::vector<Journal::Segment> segments;
  uint64_t end = 0;
  load_journal(file, segments, end);
  journal_.start(segments, end);
  journal_.note_base(file);
  const bool replayed =
      std::any_of(segments.begin(), segments.end(), [](const Journal::Segment& s) { return s.bytes > kJournalHeader; });
  archive_.begin(file, std::move(prints), replayed);
  notices_.push_back({false, 0,
                      "backend 'pickle': " + std::to_string(table_.figures().keys) + " keys loaded from '" + path_ +
                          "' in " + std::to_string((steady_ns() - began) / 1'000'000) + " ms"});
}

void PickleStore::load_file(FileState& state, Prints& prints) {
  std::string bytes, why;
  for (const uint64_t until = steady_ns() + kPatienceNs;;) {
    if (!read_file(path_, bytes, state)) {
      if (errno == ENOENT) {
        state = {};
        return;
      }
      throw std::runtime_error("pickle_path: cannot read '" + path_ + "': " + error_text(errno));
    }
    prints = {};
    auto each = [&](const FileEntry& e) {
      prints.add(e);
      put(e);
    };
    if (read_pickle_file(bytes, each, why)) return;
    table_.drop(0);
    for (unsigned i = 0; i < memory::kShards; ++i) table_.shard(i).notes.clear();
    if (steady_ns() > until) break;
    std::this_thread::sleep_for(kReadAgain);  // a Python program may be writing it
  }
  prints = {};
  give_up(path_, why);
  state = {};
}

// What cannot be read of a journal is told from what a crash cut off; the keys of the file are there already.
void PickleStore::load_journal(const FileState& file, std::vector<Journal::Segment>& segments, uint64_t& end) {
  segments = find_segments(path_);
  bool ours = segments.empty();
  auto find_base = [&](const Record& r) { ours |= r.kind == Record::Kind::base && r.base == file; };
  for (const Journal::Segment& s : segments) replay(segment_name(path_, s.number), 1, find_base);
  std::unordered_set<std::string> replayed;
  auto apply = [&](const Record& r) {
    if (r.kind == Record::Kind::clear) table_.drop(0), table_.shard(0).notes.clear();
    if (r.kind == Record::Kind::remove) remove(r.key);
    if (r.kind != Record::Kind::set) return;
    if (!ours && !replayed.contains(std::string(r.key))) {
      uint64_t expired = 0;
      const uint64_t hash = memory::hash_key(r.key);
      const memory::Found f = table_.find(0, r.key, hash, wall_ms(), expired);
      auto seconds = [](int64_t expiry) { return expiry == kNever ? kNeverSeconds : seconds_up(expiry); };
      if (f && seconds(f.entry->expiry()) > seconds(r.expiry)) return;
      replayed.emplace(r.key);
    }
    remove(r.key);
    put({r.key, r.form, r.flags, r.expiry, r.value});
  };
  uint64_t records = 0;
  for (size_t i = 0; i < segments.size(); ++i) {
    const std::string name = segment_name(path_, segments[i].number);
    const bool last = i + 1 == segments.size();
    const Replayed done = replay(name, last ? 0 : previous_end(segment_name(path_, segments[i + 1].number)), apply);
    records += done.records;
    end = segments[i].bytes = done.good;
    if (done.end == Replayed::End::torn) {
      if (truncate(name.c_str(), static_cast<off_t>(done.good)) != 0)
        throw std::runtime_error("pickle_path: cannot cut '" + name + "': " + error_text(errno));
      cut_ = done.left;
      notices_.push_back({false, 5,
                          "backend 'pickle': the last " + std::to_string(done.left) + " bytes of '" + name +
                              "' were not written whole before the crash, and were cut"});
    }
    if (done.end != Replayed::End::damaged) continue;
    for (size_t k = i; k < segments.size(); ++k) give_up(segment_name(path_, segments[k].number), done.why);
    segments.resize(i);
    end = segments.empty() ? 0 : segments.back().bytes;
    break;
  }
  for (unsigned i = 0; i < memory::kShards; ++i) table_.shard(i).notes.clear();
  while (table_.sweep_graves(1 << 20)) {
  }
  if (records != 0 && !ours)
    notices_.push_back({false, 3,
                        "backend 'pickle': the file at pickle_path was changed by another program while cachetted was "
                        "down: of each key the later expiry wins"});
  if (records != 0)
    notices_.push_back(
        {false, 6, "backend 'pickle': " + std::to_string(records) + " changes replayed from the journal"});
}

void PickleStore::put(const FileEntry& e) {
  const int64_t now = wall_ms();
  const uint64_t hash = memory::hash_key(e.key);
  uint64_t expired = 0;
  const memory::Found old = table_.find(0, e.key, hash, now, expired);
  if (is_expired(e.expiry, now)) {
    if (old) table_.erase(0, hash, old);
  } else {
    table_.put(0, hash, old, {e.key, e.value, e.expiry, e.flags}, now, e.form);
  }
  table_.shard_for(hash).notes.clear();
}

void PickleStore::remove(std::string_view key) {
  const uint64_t hash = memory::hash_key(key);
  uint64_t expired = 0;
  if (const memory::Found f = table_.find(0, key, hash, wall_ms(), expired)) table_.erase(0, hash, f);
  table_.shard_for(hash).notes.clear();
}

void PickleStore::give_up(const std::string& path, const std::string& why) {
  if (options_.on_corrupt == config::OnCorrupt::refuse)
    throw std::runtime_error(
        "pickle_path: '" + path + "' cannot be read: " + why +
        "; restore it from a copy, or start with pickle.on_corrupt: set_aside, which renames it to '" + path +
        ".corrupt-<time>' and begins with what can be read");
  const std::string aside = set_aside(path, false);
  if (aside.empty())
    throw std::runtime_error("pickle_path: '" + path + "' cannot be read (" + why +
                             ") and cannot be set aside: " + error_text(errno));
  notices_.push_back(
      {true, 7, "backend 'pickle': '" + path + "' cannot be read and was set aside as '" + aside + "': " + why});
}

}  // namespace cachetted::pickle
