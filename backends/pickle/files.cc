// Implements files.h.
#include "backends/pickle/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <system_error>

namespace cachetted::pickle {
namespace {

FileState state_of(const struct stat& s) {
  return {s.st_ino, static_cast<uint64_t>(s.st_size),
          static_cast<uint64_t>(s.st_mtim.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(s.st_mtim.tv_nsec)};
}

std::string folder_of(const std::string& path) {
  size_t slash = path.rfind('/');
  return slash == path.npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Fd& Fd::operator=(Fd&& o) noexcept {
  std::swap(fd_, o.fd_);
  return *this;
}

Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}

std::string error_text(int error) { return std::generic_category().message(error); }

FileState state_of(const std::string& path) {
  struct stat s {};
  return stat(path.c_str(), &s) == 0 ? state_of(s) : FileState{};
}

FileState state_of(int fd) {
  struct stat s {};
  return fstat(fd, &s) == 0 ? state_of(s) : FileState{};
}

// Not mapped: the library shortens the file in place, and a page that is gone would end the process.
bool read_file(const std::string& path, std::string& into, FileState& state) {
  into.clear();
  Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return false;
  state = state_of(fd.get());
  into.resize(state.size);
  size_t at = 0;
  for (;;) {
    if (at == into.size()) into.resize(at + (at == state.size ? 1 : 1 << 20));  // it may grow meanwhile
    ssize_t n = read(fd.get(), into.data() + at, into.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    if (n == 0) break;
    at += static_cast<size_t>(n);
  }
  into.resize(at);
  return true;
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

bool sync_folder(const std::string& path) {
  Fd fd(open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd && fsync(fd.get()) == 0;
}

std::string resolved(const std::string& path) {
  char whole[PATH_MAX];
  if (realpath(path.c_str(), whole) != nullptr) return whole;
  if (realpath(folder_of(path).c_str(), whole) == nullptr) return path;
  size_t slash = path.rfind('/');
  std::string folder = whole;
  return (folder == "/" ? "" : folder) + "/" + (slash == path.npos ? path : path.substr(slash + 1));
}

std::string set_aside(const std::string& path, bool keep) {
  std::string base = path + ".corrupt-" + std::to_string(time(nullptr));
  for (int i = 0; i < 100; ++i) {
    std::string name = i == 0 ? base : base + "." + std::to_string(i);
    if (link(path.c_str(), name.c_str()) == 0) {
      if (!keep) unlink(path.c_str());
      return name;
    }
    if (errno == EEXIST) continue;
    if (errno == EPERM || errno == EOPNOTSUPP || errno == EMLINK)  // a file system without hard links
      return rename(path.c_str(), name.c_str()) == 0 ? name : "";
    return "";
  }
  return "";
}

Fd lock_path(const std::string& path) {
  const std::string name = path + ".lock";
  Fd fd(open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd)
    throw std::runtime_error("pickle_path: cannot open '" + name + "': " + error_text(errno) +
                             "; see that the folder exists and that cachetted may write there");
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    throw std::runtime_error("pickle_path: '" + path + "' is in use by another cachetted (it holds '" + name +
                             "'): stop that one, or give this one another pickle_path");
  return fd;
}

}  // namespace cachetted::pickle
