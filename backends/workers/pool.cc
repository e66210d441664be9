// Implements pool.h.
#include "backends/workers/pool.h"

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <iterator>

#include "core/clock.h"

namespace cachetted::workers {
namespace {

constexpr uint64_t kDeliverNs = 1'000'000;  // what is done waits no longer for the rest of its batch

bool writes(const Request& r) {
  return row(r.op).access == Access::write || (r.options & (kTouch | kPersist | kDeleteAfter)) != 0;
}

// Calls each(key) for every key of r, while it is true.
template <class Each>
bool all_keys(const Request& r, Each each) {
  switch (row(r.op).keys) {
    case Keys::none: break;
    case Keys::one: return each(r.key);
    case Keys::two: return each(r.key) && each(r.value);
    case Keys::many: return std::all_of(r.args.begin(), r.args.end(), each);
    case Keys::pairs:
      for (size_t i = 0; i < r.args.size(); i += 2)
        if (!each(r.args[i])) return false;
      break;
  }
  return true;
}

// What it moved out of the arena, the reply keeps.
void keep(Request& r) {
  const Reply& a = r.reply;
  bool bytes = !a.items.empty() || !a.text.empty() || (a.value.data != nullptr && a.value.blob == nullptr);
  if (bytes && a.kept == nullptr) keep_reply(r);
}

}  // namespace

size_t together(std::span<Job* const> jobs) {
  absl::flat_hash_set<std::string_view> written;
  absl::flat_hash_set<const Owner*> writers;
  for (size_t i = 0; i < jobs.size(); ++i) {
    const Request& r = jobs[i]->request();
    if (row(r.op).keys == Keys::none) return std::max<size_t>(i, 1);  // a group, or what concerns all keys
    bool writing = writes(r);
    bool apart = (writing || !writers.contains(r.owner)) &&
                 (written.empty() || all_keys(r, [&](std::string_view key) { return !written.contains(key); }));
    if (!apart) return i;
    if (!writing) continue;
    writers.insert(r.owner);
    all_keys(r, [&](std::string_view key) { return written.insert(key), true; });
  }
  return jobs.size();
}

// --- a loop's ---

void Inbox::open(std::function<void()> post) {
  std::lock_guard lock(lock_);
  post_ = std::move(post);
  open_ = true;
}

void Inbox::deliver(std::vector<JobRef> jobs, uint64_t parts) {
  std::lock_guard lock(lock_);
  if (!post_) return;
  parts_ += parts;
  std::move(jobs.begin(), jobs.end(), std::back_inserter(done_));
  if (std::exchange(posted_, true)) return;
  post_();
}

std::vector<JobRef> Inbox::take(uint64_t& parts) {
  std::lock_guard lock(lock_);
  posted_ = false;
  parts = std::exchange(parts_, 0);
  return std::exchange(done_, {});
}

void Inbox::close() {
  std::vector<JobRef> dropped;
  std::lock_guard lock(lock_);
  open_ = false;
  post_ = nullptr;
  dropped.swap(done_);
}

// --- the workers ---

Pool::Pool(const config::Workers& options, Make make) : options_(options), make_(std::move(make)) {
  for (uint32_t i = 0; i < options_.threads; ++i) workers_.push_back(std::make_unique<Worker>());
  for (auto& w : workers_) w->thread = std::thread([this, w = w.get()] { work(*w); });
}

Pool::~Pool() {
  for (auto& w : workers_) {
    std::lock_guard lock(w->lock);
    w->stop = true;
    w->more.notify_one();
  }
  for (auto& w : workers_) w->thread.join();
}

size_t Pool::push(unsigned worker, std::span<const JobRef> jobs) {
  Worker& w = *workers_[worker];
  std::lock_guard lock(w.lock);
  size_t room = options_.queue - std::min<size_t>(options_.queue, w.queue.size());
  size_t n = std::min(room, jobs.size());
  w.queue.insert(w.queue.end(), jobs.begin(), jobs.begin() + static_cast<ptrdiff_t>(n));
  if (n != 0) w.more.notify_one();
  return n;
}

void Pool::work(Worker& w) {
  std::unique_ptr<Driver> driver = make_();
  Arena arena;
  for (;;) {
    std::vector<JobRef> jobs;
    {
      std::unique_lock lock(w.lock);
      w.more.wait(lock, [&] { return w.stop || !w.queue.empty(); });
      if (w.stop) return;
      auto end = w.queue.begin() + static_cast<ptrdiff_t>(std::min<size_t>(options_.max_batch, w.queue.size()));
      jobs.assign(std::make_move_iterator(w.queue.begin()), std::make_move_iterator(end));
      w.queue.erase(w.queue.begin(), end);
    }
    run(std::move(jobs), *driver, arena);
  }
}

void Pool::run(std::vector<JobRef> jobs, Driver& driver, Arena& arena) {
  std::vector<Job*> all(jobs.size());
  std::transform(jobs.begin(), jobs.end(), all.begin(), [](const JobRef& j) { return j.get(); });
  uint64_t delivered = steady_ns(), parts = 0;
  for (size_t first = 0, at = 0; first < jobs.size();) {
    std::span<Job* const> part(all.data() + at, jobs.size() - at);
    part = part.first(std::min(together(part), driver.most()));
    driver.run(part, arena);
    uint64_t now = steady_ns();
    for (Job* j : part) {
      j->finished = now;
      keep(j->request());
      for (Request* c = j->request().children; c != nullptr; c = c->next) keep(*c);
    }
    arena.reset();
    ++parts;
    at += part.size();
    if (at < jobs.size() && now - delivered < kDeliverNs) continue;
    delivered = now;
    // By loop, each in its order.
    auto begin = jobs.begin() + static_cast<ptrdiff_t>(first), end = jobs.begin() + static_cast<ptrdiff_t>(at);
    while (begin != end) {
      std::shared_ptr<Inbox> home = (*begin)->home;
      auto other = std::stable_partition(begin, end, [&](const JobRef& j) { return j->home == home; });
      home->deliver({std::make_move_iterator(begin), std::make_move_iterator(other)}, std::exchange(parts, 0));
      begin = other;
    }
    first = at;
  }
}

}  // namespace cachetted::workers
