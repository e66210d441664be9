// Implements pickle_file.h: the writer. Protocol 4 without frames. The names that each Value needs are put into the
// memo once, before the dict; places from 16 on are free for the objects within.
#include <cstring>

#include "backends/pickle/objects.h"
#include "backends/pickle/pickle_file.h"
#include "codecs/envelope.h"

namespace cachetted::pickle {
namespace {

constexpr uint32_t kFreePlaces = 16;
constexpr unsigned kBatch = 1000;  // pairs a SETITEMS, as Python has it
constexpr std::string_view kNames[] = {
    "__dict__", "data", "expires", "__pydantic_extra__", "__pydantic_fields_set__", "__pydantic_private__"};

// Value.__new__(Value), and its state up to the data; places: 0 the class, 1 and up the names.
constexpr std::string_view kBefore{"h\0)\x81}(h\x01}(h\x02", 12};
// The other fields, behind the number of `expires`.
constexpr std::string_view kAfter{
    "u"
    "h\x04N"
    "h\x05\x8f(h\x02h\x03\x90"
    "h\x06Nub",
    18};

void put_size(std::string& to, uint64_t n, int bytes) {
  for (int i = 0; i < bytes; ++i) to += static_cast<char>(n >> 8 * i);
}

void put_integer(std::string& to, int64_t n) {
  if (n >= 0 && n <= INT32_MAX) {
    to += 'J';
    return put_size(to, static_cast<uint64_t>(n), 4);
  }
  to.append("\x8a\x08", 2);
  put_size(to, static_cast<uint64_t>(n), 8);
}

}  // namespace

bool is_utf8(std::string_view s) {
  const auto* p = reinterpret_cast<const unsigned char*>(s.data());
  const auto* end = p + s.size();
  while (p != end) {
    uint64_t word;
    while (end - p >= 8 && (std::memcpy(&word, p, 8), (word & 0x8080808080808080u) == 0)) p += 8;
    if (p == end) break;
    const unsigned c = *p;
    if (c < 0x80) {
      ++p;
      continue;
    }
    const int more = c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xf0 && c < 0xf5 ? 3 : 0;
    if (more == 0 || end - p <= more) return false;
    for (int i = 1; i <= more; ++i)
      if ((p[i] & 0xc0) != 0x80) return false;
    if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] >= 0xa0) || (c == 0xf0 && p[1] < 0x90) ||
        (c == 0xf4 && p[1] >= 0x90))
      return false;
    p += more + 1;
  }
  return true;
}

void PickleFileWriter::text(std::string_view s) {
  if (s.size() < 256) {
    out_ += '\x8c';
    put_size(out_, s.size(), 1);
  } else {
    out_ += 'X';
    put_size(out_, s.size(), 4);
  }
  out_.append(s);
}

void PickleFileWriter::bytes(std::string_view s) {
  if (s.size() < 256) {
    out_ += 'C';
    put_size(out_, s.size(), 1);
  } else {
    out_ += 'B';
    put_size(out_, s.size(), 4);
  }
  out_.append(s);
}

void PickleFileWriter::begin() {
  out_.append("\x80\x04", 2);
  text("cachette.backends.pickle");
  text("Value");
  out_.append(
      "\x93q\0"
      "0",
      4);
  char place = 1;
  for (std::string_view name : kNames) {
    text(name);
    out_.append("q").append(1, place++).append("0");
  }
  out_ += '}';
}

void PickleFileWriter::data(const FileEntry& e) {
  if (auto object = object_of(e.form, e.value); object && embed(*object, kFreePlaces, out_)) return;
  if (e.form == memory::Form::foreign) return bytes(e.value);
  if (needs_envelope(e.value, e.flags)) {
    const std::string envelope = make_envelope(e.flags);
    out_ += 'B';
    put_size(out_, envelope.size() + e.value.size(), 4);
    out_.append(envelope).append(e.value);
    return;
  }
  is_utf8(e.value) ? text(e.value) : bytes(e.value);
}

void PickleFileWriter::add(const FileEntry& e) {
  if (in_batch_ == 0) out_ += '(';
  is_utf8(e.key) ? text(e.key) : bytes(e.key);
  out_.append(kBefore);
  data(e);
  out_.append("h\x03", 2);
  put_integer(out_, e.expiry == kNever ? kNeverSeconds : seconds_up(e.expiry));
  out_.append(kAfter);
  ++keys_;
  if (++in_batch_ < kBatch) return;
  out_ += 'u';
  in_batch_ = 0;
}

void PickleFileWriter::end() {
  if (in_batch_ != 0) out_ += 'u';
  in_batch_ = 0;
  out_ += '.';
}

}  // namespace cachetted::pickle
