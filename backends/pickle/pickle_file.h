// The pickle file: a pickled dict[str, cachette.backends.pickle.Value], as the library's pickle backend keeps it. Read
// without running anything: opcodes build a picture of what Python would make, pairs of the outer dict are told as they
// are complete, and of all names only Value's means something. The reader of src/codecs makes a document of the whole;
// here that would take a gigabyte for a million keys, so this one keeps what is still needed: a memo of 16 bytes a
// place, and objects that no str or bytes are.
// https://github.com/python/cpython/blob/3.11/Lib/pickletools.py . Any thread.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "backends/memory/entry.h"

namespace cachetted::pickle {

inline constexpr int64_t kNeverSeconds = 253402300799;  // 9999-12-31T23:59:59, the library's "never"

// A key as the table holds it. `foreign`: `value` is a Python object (objects.h), or bytes that are UTF-8 and yet no
// str.
struct FileEntry {
  std::string_view key;
  memory::Form form = memory::Form::plain;
  uint32_t flags = 0;
  int64_t expiry = kNever;
  std::string_view value;
};

// Calls each() for every pair. False, with why and where: this is no such file, or not all of it. Views live for the
// call.
bool read_pickle_file(std::string_view file, const std::function<void(const FileEntry&)>& each, std::string& why);

// Writes one: begin, add again and again, end. What was written since the last take() is in `out`.
class PickleFileWriter {
 public:
  explicit PickleFileWriter(std::string& out) : out_(out) {}
  void begin();
  void add(const FileEntry& e);
  void end();
  uint64_t keys() const { return keys_; }

 private:
  void text(std::string_view s);
  void bytes(std::string_view s);
  void data(const FileEntry& e);
  std::string& out_;
  uint64_t keys_ = 0;
  unsigned in_batch_ = 0;
};

bool is_utf8(std::string_view s);  // as Python decodes it: no surrogates, nothing over U+10FFFF

}  // namespace cachetted::pickle
