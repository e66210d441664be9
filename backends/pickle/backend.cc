// Implements backend.h: batches, the journal's frames, and answers that wait.
#include "backends/pickle/backend.h"

#include <absl/container/flat_hash_set.h>

#include "metrics/metrics.h"

namespace cachetted::pickle {
namespace {

constexpr uint64_t kBeatNs = 50'000'000;
constexpr size_t kMostFrame = 1 << 30;  // bytes: what one request did is one frame up to there
constexpr uint64_t kMuch = 64 << 20;    // bytes that the disk has not taken yet: until it has, nothing is run
constexpr uint64_t kCrowd = 4;          // times limits.output_buffer, of requests that wait for that
constexpr size_t kFew = 8;              // keys, among which doubles are not looked for
constexpr size_t kReadsAtOnce = 64;

}  // namespace

Caps native_caps() {
  Caps c = memory::native_caps();
  c.databases = false;
  for (Op op : {Op::move, Op::swap}) c.ops &= ~(uint64_t{1} << static_cast<int>(op));
  return c;
}

bool may_write(const Request& r) {
  if (r.op == Op::group) {
    for (const Request* c = r.children; c != nullptr; c = c->next)
      if (may_write(*c)) return true;
    return false;
  }
  if (row(r.op).access == Access::write) return true;
  return (r.op == Op::get || r.op == Op::get_many) &&
         (r.has(kTouch) || r.has(kPersist) || r.has(kDeleteAfter) || r.has(kVivify));
}

PickleBackend::PickleBackend(PickleStore& store, Host& host, unsigned loop, unsigned loops)
    : store_(store),
      host_(host),
      journal_(store.journal()),
      first_(loop == 0),
      waits_(store.options().fsync == config::Fsync::always),
      waiting_(*this, host),
      table_(store.table()),
      memory_(store.table(), waiting_, loop, loops, this) {
  if (!first_) return;
  host_.cells().add(metrics::metric::pickle_cut(), store_.cut());
  for (const Notice& n : store_.take_notices()) host_.report(n.trouble, n.text, n.subject);
  store_.archive().serve([this] { host_.post([] {}); });  // a turn of the loop is a call of advance()
}

// The other loops turn no more, either: what is in the table is written to the file.
PickleBackend::~PickleBackend() {
  alive_.reset();
  store_.leave(*this);
  if (!first_) return;
  store_.archive().finish();
  for (const Notice& n : store_.archive().take_notices()) host_.report(n.trouble, n.text, n.subject);
}

size_t PickleBackend::submit(Batch batch) {
  if (!deferred_.empty() || journal_.waiting_bytes() > kMuch) [[unlikely]] {
    for (Request* r : batch) defer(*r);
    return batch.size();
  }
  return run(batch);
}

size_t PickleBackend::run(Batch batch) {
  recorded_ = 0;
  if (journal_.refusing()) [[unlikely]]
    return submit_reads(batch,
                        "backend 'pickle' refuses writes: the journal cannot be written; see the log, and make "
                        "room on the disk of pickle_path");
  const size_t taken = memory_.submit(batch);
  kick();
  return taken;
}

// What reads goes on, what writes is refused.
size_t PickleBackend::submit_reads(Batch batch, std::string_view why) {
  batch = batch.first(std::min(batch.size(), kReadsAtOnce));
  for (Request* r : batch) {
    if (may_write(*r)) {
      host_.cells().add(metrics::metric::pickle_refused());
      refuse(*r, Status::unavailable, why);
      host_.complete(*r);
    } else {
      memory_.submit({&r, 1});
    }
  }
  kick();
  return batch.size();
}

void PickleBackend::refuse(Request& r, Status status, std::string_view why) {
  r.reply.status = status;
  r.reply.text = host_.arena().copy(why);
}

void PickleBackend::kick() {
  if (!appended_) return;
  appended_ = false;
  journal_.kick();
}

// --- frames ---

void PickleBackend::record(memory::ShardSet set) {
  uint64_t last = 0;
  bool begun = false, emptied = false;
  for (; set != 0; set &= set - 1) {
    memory::Shard& s = table_.shard(static_cast<unsigned>(__builtin_ctzll(set)));
    if (!s.notes.any()) continue;
    if (!begun) Frame::begin(frame_);
    begun = true;
    record_shard(s, emptied, last);
  }
  if (!begun) return;
  if (frame_.size() > kFrameHeader) {
    Frame::seal(frame_);
    last = journal_.append(frame_);
  }
  recorded_ = last;
  appended_ = true;
}

// What the changed keys of a shard hold now.
void PickleBackend::record_shard(memory::Shard& s, bool& emptied, uint64_t& last) {
  Frame frame(frame_, Frame::kGoOn);
  if (s.notes.emptied() && !emptied) {
    frame.clear();
    emptied = true;
  }
  const bool many = s.notes.count() > kFew;
  absl::flat_hash_set<std::string_view> seen;
  memory::Table& t = s.table(0);
  std::string_view before;
  s.notes.each([&](uint64_t hash, std::string_view key) {
    if (many ? !seen.insert(key).second : key == before && before.data() != nullptr) return;
    before = key;
    const memory::Slot* slot = t.find(key, hash);
    const memory::Entry* e = slot != nullptr ? memory::Table::entry(*slot) : nullptr;
    if (e != nullptr && lasts(*e)) {
      frame.set(e->form(), e->flags(), e->expiry(), key, e->value());
    } else {
      frame.remove(key);
    }
    if (frame.size() < kMostFrame) return;
    Frame::seal(frame_);
    last = journal_.append(frame_);
    Frame::begin(frame_);
  });
  s.notes.clear();
}

// --- answers that wait ---

void PickleBackend::complete(Request& r) {
  uint64_t position = std::exchange(recorded_, 0);
  if (!waits_) return host_.complete(r);
  if (r.op == Op::clear || r.op == Op::flush_expired) position = journal_.end();  // of many turns
  if (position == 0 || journal_.durable() >= position) return host_.complete(r);
  hold(r, position);
}

// The reply outlives its tick.
void PickleBackend::hold(Request& r, uint64_t position) {
  r.late = !r.whole;
  keep_words(r);
  if (borrows(r.reply) && r.reply.kept == nullptr) keep_reply(r);
  const auto patience = static_cast<uint64_t>(host_.config().timeouts.request_ms) * 1'000'000;
  held_.push_back({position, host_.clock().steady + patience, &r});
  count_waiting();
}

// --- requests that wait until the disk has taken what was written before ---

void PickleBackend::defer(Request& r) {
  uint64_t bytes = r.key.size() + r.value.size();
  for (std::string_view w : r.args) bytes += w.size();
  if (deferred_bytes_ + bytes > kCrowd * host_.config().limits.output_buffer) {
    host_.cells().add(metrics::metric::pickle_refused());
    refuse(r, Status::unavailable,
           "backend 'pickle' is overloaded: over four times limits.output_buffer of requests wait for the disk");
    return host_.complete(r);
  }
  keep_asked(r);
  deferred_bytes_ += bytes;
  const auto patience = static_cast<uint64_t>(host_.config().timeouts.request_ms) * 1'000'000;
  deferred_.push_back({bytes, host_.clock().steady + patience, &r});
  count_waiting();
}

// As many as there is time and room for; true: more could be run in the next turn.
bool PickleBackend::run_deferred(uint64_t now) {
  auto take = [this] {
    Request* r = deferred_.front().request;
    deferred_bytes_ -= deferred_.front().position;
    deferred_.pop_front();
    return r;
  };
  while (!deferred_.empty() && deferred_.front().deadline < now) {
    Request* r = take();
    host_.cells().add(metrics::metric::pickle_refused());
    refuse(*r, Status::unavailable, "backend 'pickle': the disk does not keep up: not run within timeouts.request");
    host_.complete(*r);
  }
  auto may_run = [this] {
    return !deferred_.empty() && (journal_.refusing() || journal_.waiting_bytes() <= kMuch / 2);
  };
  if (!may_run()) return false;
  Request* some[kReadsAtOnce];
  size_t n = 0;
  for (; n < kReadsAtOnce && n < deferred_.size(); ++n) some[n] = deferred_[n].request;
  for (size_t taken = run({some, n}); taken > 0; --taken) take();
  return may_run();
}

void PickleBackend::count_waiting() {
  waiting_count_.store(static_cast<uint32_t>(held_.size() + deferred_.size()), std::memory_order_release);
}

void PickleBackend::release_soon() {
  if (waiting_count_.load(std::memory_order_acquire) == 0 || posted_.exchange(true)) return;
  host_.post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) release();
  });
}

void PickleBackend::release() {
  posted_ = false;
  const uint64_t durable = journal_.durable(), now = steady_ns();
  const bool broken = journal_.refusing();
  while (!held_.empty()) {
    const Held h = held_.front();
    if (h.position > durable) {
      if (!broken && h.deadline > now) break;
      release_reply(*h.request);
      refuse(*h.request, Status::unavailable,
             broken
                 ? "backend 'pickle': the journal could not be written: whether this is kept is not known"
                 : "backend 'pickle': the disk did not sync the journal within timeouts.request: whether this is kept "
                   "is not known");
    }
    held_.pop_front();
    host_.complete(*h.request);
  }
  const bool more = run_deferred(now);
  count_waiting();
  if (more) release_soon();
}

bool PickleBackend::advance() {
  bool more = memory_.advance();
  if (first_) more = store_.archive().turn(*this, host_.clock().now_ms) || more;
  kick();
  const uint64_t now = host_.clock().steady;
  if (now < beat_at_) return more;
  beat_at_ = now + kBeatNs;
  if (!held_.empty() || !deferred_.empty()) release();
  host_.cells().set(metrics::metric::pickle_waiting(), held_.size() + deferred_.size());
  if (first_) tell_changes();
  return more;
}

void PickleBackend::tell_changes() {
  using namespace metrics;
  Cells& cells = host_.cells();
  auto since = [](uint64_t now, uint64_t& counted) { return now - std::exchange(counted, now); };
  Archive& archive = store_.archive();
  const Archive::Figures f = archive.figures();
  cells.set(metric::pickle_journal_bytes(), journal_.bytes());
  cells.set(metric::pickle_unwritten_bytes(), journal_.waiting_bytes());
  cells.set(metric::pickle_refusing(), journal_.refusing());
  cells.set(metric::pickle_snapshot_keys(), f.keys);
  cells.set(metric::pickle_snapshot_bytes(), f.bytes);
  cells.add(metric::pickle_journal_written(), since(journal_.written(), written_));
  cells.add(metric::pickle_journal_failures(), since(journal_.failures(), failures_));
  cells.add(metric::pickle_snapshot_failures(), since(f.failures, snapshot_failures_));
  cells.add(metric::pickle_imported(), since(archive.imported(), imported_));
  cells.add(metric::pickle_corrupt(), since(f.corrupt, corrupt_));
  if (since(f.snapshots, snapshots_) != 0) cells.observe(metric::pickle_snapshots(), f.took_ns);
  for (uint64_t ns : journal_.take_syncs()) cells.observe(metric::pickle_syncs(), ns);
  for (uint64_t ns : archive.take_holds()) cells.observe(metric::pickle_holds(), ns);
  for (const Notice& n : archive.take_notices()) host_.report(n.trouble, n.text, n.subject);
  const bool broken = journal_.refusing();
  if (broken == told_broken_) return;
  told_broken_ = broken;
  if (broken) {
    host_.report(true, "backend 'pickle': " + journal_.trouble(), 4);
  } else {
    host_.report(false, "backend 'pickle': the disk took a snapshot, writes are taken again", 4);
  }
}

}  // namespace cachetted::pickle
