// Implements lane.h.
#include "backends/workers/lane.h"

#include "metrics/metrics.h"

namespace cachetted::workers {
namespace {

constexpr uint64_t kCrowd = 4;  // times limits.output_buffer, of requests

}  // namespace

Lane::Lane(Pool& pool, Host& host, std::string backend)
    : pool_(pool), host_(host), backend_(std::move(backend)), inbox_(std::make_shared<Inbox>()), unsent_(pool.size()) {
  inbox_->open([this, inbox = std::weak_ptr<Inbox>(inbox_)] {
    host_.post([this, inbox] {
      if (auto i = inbox.lock(); i && i->is_open()) take();
    });
  });
}

Lane::~Lane() {
  inbox_->close();
  for (const JobRef& j : out_) j->give_up();
}

size_t Lane::submit(Batch batch, const Caps& caps) {
  for (Request* r : batch) {
    if (caps.has(r->op)) [[likely]] {
      add(*r);
      continue;
    }
    answer_unsupported(*r, caps, backend_, host_.arena());
    host_.complete(*r);
  }
  flush();
  return batch.size();
}

void Lane::add(Request& r) {
  uint64_t now = host_.clock().steady;
  uint64_t deadline = now + static_cast<uint64_t>(host_.config().timeouts.request_ms) * 1'000'000;
  if (held_ > kCrowd * host_.config().limits.output_buffer) [[unlikely]] {
    host_.cells().add(metrics::metric::workers_refused());
    return fail(r, "' is overloaded: over four times limits.output_buffer of requests wait for its workers");
  }
  auto job = std::make_shared<Job>(r, inbox_, now, deadline);
  held_ += job->bytes();
  job->place = out_.insert(out_.end(), job);
  unsent_[(r.owner != nullptr ? r.owner->id : 0) % unsent_.size()].push_back(std::move(job));
}

void Lane::flush() {
  for (unsigned i = 0; i < unsent_.size(); ++i) {
    std::vector<JobRef>& jobs = unsent_[i];
    if (jobs.empty()) continue;
    for (size_t n = pool_.push(i, jobs); n < jobs.size(); ++n) {
      host_.cells().add(metrics::metric::workers_refused());
      held_ -= jobs[n]->bytes();
      out_.erase(jobs[n]->place);
      fail(*jobs[n]->asked,
           "' is overloaded: workers.queue requests wait for one worker; send less at once, or raise "
           "workers.threads or workers.queue");
    }
    jobs.clear();
  }
}

void Lane::beat(uint64_t now) {
  while (!out_.empty() && out_.front()->deadline <= now) {
    JobRef job = out_.front();
    out_.pop_front();
    job->give_up();
    fail_late(*std::exchange(job->asked, nullptr));
  }
  host_.cells().set(metrics::metric::workers_waiting(), out_.size());
}

void Lane::take() {
  host_.note_input();
  uint64_t parts = 0;
  std::vector<JobRef> jobs = inbox_->take(parts);
  host_.cells().add(metrics::metric::workers_batches(), parts);
  for (const JobRef& job : jobs) {
    held_ -= job->bytes();
    if (job->was_run()) {
      host_.cells().add(metrics::metric::workers_run());
      host_.cells().observe(metrics::metric::workers_wait(), job->started - job->queued);
      host_.cells().observe(metrics::metric::upstream_latency(), job->finished - job->started);
    }
    Request* r = std::exchange(job->asked, nullptr);
    if (r == nullptr) continue;
    out_.erase(job->place);
    if (!job->was_run()) {
      fail_late(*r);
      continue;
    }
    job->answer(*r);
    host_.complete(*r);
  }
}

void Lane::fail_late(Request& r) {
  host_.cells().add(metrics::metric::upstream_timeouts());
  fail(r, "' is unavailable: no reply within timeouts.request");
}

void Lane::fail(Request& r, std::string_view what) {
  r.reply.status = Status::unavailable;
  r.reply.text = host_.arena().concat({"backend '", backend_, what});
  host_.complete(r);
}

}  // namespace cachetted::workers
