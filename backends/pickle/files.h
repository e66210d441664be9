// What the pickle backend asks of the file system. Every function blocks: none is for a loop's thread. Any other.
#pragma once
#include <string>
#include <string_view>

#include "backends/pickle/records.h"

namespace cachetted::pickle {

// A file descriptor, closed at the end.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& o) noexcept : fd_(o.fd_) { o.fd_ = -1; }
  Fd& operator=(Fd&& o) noexcept;
  ~Fd();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

// "No space left on device", of errno.
std::string error_text(int error);

FileState state_of(const std::string& path);
FileState state_of(int fd);

// The whole file, and its state before it was read. False with errno.
bool read_file(const std::string& path, std::string& into, FileState& state);
bool write_all(int fd, std::string_view bytes);  // false with errno
// Makes what was created, renamed or removed in the file's folder last. False with errno.
bool sync_folder(const std::string& path);
// The path without symbolic links in it, so that a rename replaces the file and not the link.
std::string resolved(const std::string& path);
// Gives the file another name next to it, `<path>.corrupt-<time>`, and returns that; "" with errno. `keep`: it also
// keeps its own, so that there is always one of it.
std::string set_aside(const std::string& path, bool keep);

// Held for as long as this lives: no other daemon opens the same path. Throws std::runtime_error.
Fd lock_path(const std::string& path);

}  // namespace cachetted::pickle
