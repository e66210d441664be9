// Implements replay.h.
#include "backends/pickle/replay.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace cachetted::pickle {
namespace {

// A file's bytes; empty where there are none, or where it cannot be read (errno).
class Mapped {
 public:
  explicit Mapped(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (!fd_) return;
    size_ = state_of(fd_.get()).size;
    void* p = size_ == 0 ? MAP_FAILED : mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd_.get(), 0);
    bytes_ = p == MAP_FAILED ? nullptr : static_cast<const char*>(p);
  }
  ~Mapped() {
    if (bytes_ != nullptr) munmap(const_cast<char*>(bytes_), size_);
  }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;
  bool readable() const { return fd_ && (size_ == 0 || bytes_ != nullptr); }
  std::string_view view() const { return {bytes_, bytes_ != nullptr ? size_ : 0}; }

 private:
  Fd fd_;
  size_t size_ = 0;
  const char* bytes_ = nullptr;
};

// Whether a write behind `bad` was begun after `bad` was on disk.
bool was_durable(std::string_view segment, uint64_t bad) {
  constexpr size_t kBefore = kFrameHeader + 1;
  for (size_t at = segment.find(kMarkMagic, bad); at != segment.npos; at = segment.find(kMarkMagic, at + 1)) {
    if (at < kBefore) continue;
    std::string_view from = segment.substr(at - kBefore), payload;
    Record r;
    if (take_frame(from, payload) && take_record(payload, r) && r.kind == Record::Kind::mark &&
        r.offset == at - kBefore && r.durable > bad)
      return true;
  }
  return false;
}

// False: the frame is whole, and none of ours.
bool apply_frame(std::string_view payload, Replayed& to, const std::function<void(const Record&)>& apply) {
  Record r;
  for (std::string_view p = payload; !p.empty();)
    if (!take_record(p, r)) return false;
  while (!payload.empty()) {
    take_record(payload, r);
    to.records += r.kind == Record::Kind::set || r.kind == Record::Kind::remove || r.kind == Record::Kind::clear;
    apply(r);
  }
  return true;
}

}  // namespace

std::string segment_name(const std::string& path, uint64_t number) {
  return path + ".journal-" + std::to_string(number);
}

std::vector<Journal::Segment> find_segments(const std::string& path) {
  std::vector<Journal::Segment> found;
  const size_t slash = path.rfind('/');
  const std::string folder = slash == path.npos ? "." : path.substr(0, slash + 1),
                    prefix = (slash == path.npos ? path : path.substr(slash + 1)) + ".journal-";
  DIR* dir = opendir(folder.c_str());
  if (dir == nullptr) return found;
  while (const dirent* e = readdir(dir)) {
    const std::string_view name = e->d_name;
    if (!name.starts_with(prefix)) continue;
    uint64_t number = 0;
    auto [end, error] = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number);
    if (error != std::errc{} || end != name.data() + name.size() || number == 0) continue;
    found.push_back({number, state_of(segment_name(path, number)).size});
  }
  closedir(dir);
  std::sort(found.begin(), found.end(), [](auto& a, auto& b) { return a.number < b.number; });
  // Those before a gap were covered by a snapshot: the one that is missing was removed behind them.
  for (size_t i = found.size(); i > 1; --i) {
    if (found[i - 2].number + 1 == found[i - 1].number) continue;
    for (size_t k = 0; k < i - 1; ++k) unlink(segment_name(path, found[k].number).c_str());
    found.erase(found.begin(), found.begin() + static_cast<ptrdiff_t>(i - 1));
    break;
  }
  while (!found.empty() && found.back().bytes < kJournalHeader) {
    unlink(segment_name(path, found.back().number).c_str());
    found.pop_back();
  }
  return found;
}

Replayed replay_bytes(std::string_view segment, uint64_t reaches, const std::function<void(const Record&)>& apply) {
  Replayed result;
  uint64_t number = 0, before = 0;
  auto damaged = [&](std::string why) {
    result.end = Replayed::End::damaged;
    result.why = std::move(why) + " at byte " + std::to_string(result.good);
    result.left = segment.size() - result.good;
    return result;
  };
  if (!read_journal_header(segment, number, before)) return damaged("no header of a journal");
  result.good = kJournalHeader;
  for (std::string_view rest = segment.substr(kJournalHeader), payload; !rest.empty();) {
    if (!take_frame(rest, payload)) break;
    if (!apply_frame(payload, result, apply)) return damaged("a record that is not known");
    result.good = segment.size() - rest.size();
  }
  result.left = segment.size() - result.good;
  if (reaches != 0) {
    if (result.good < reaches) return damaged("its checksum does not hold");
  } else if (result.left != 0) {
    if (was_durable(segment, result.good)) return damaged("its checksum does not hold");
    result.end = Replayed::End::torn;
  }
  return result;
}

Replayed replay(const std::string& segment_path, uint64_t reaches, const std::function<void(const Record&)>& apply) {
  Mapped file(segment_path);
  if (!file.readable()) {
    Replayed r;
    r.end = Replayed::End::damaged;
    r.why = error_text(errno);
    return r;
  }
  return replay_bytes(file.view(), reaches, apply);
}

uint64_t previous_end(const std::string& segment_path) {
  Mapped file(segment_path);
  uint64_t number = 0, end = 0;
  read_journal_header(file.view(), number, end);
  return end;
}

}  // namespace cachetted::pickle
