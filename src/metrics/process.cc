// Read from /proc.
#include "metrics/process.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace cachetted::metrics {

uint64_t resident_bytes() {
  // statm: size resident ... in pages
  static const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  char text[128];
  ssize_t n = pread(fd, text, sizeof text, 0);
  if (n <= 0) return 0;
  const char* end = text + n;
  const char* p = std::find(text, text + n, ' ');
  uint64_t pages = 0;
  if (p != end) std::from_chars(p + 1, end, pages);
  return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace cachetted::metrics
