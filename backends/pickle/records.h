// The bytes of a journal. A segment is a header and frames, all numbers little-endian:
//
//   header   "cachetted journal 1\n" | number 8 | where the segment before it ends 8 | CRC-32C of these 4
//   frame    size 4 | CRC-32C of size and payload 4 | payload: records
//   record   01 set | form 1 | key size 4 | value size 4 | flags 4 | expiry 8 | key | value
//            02 remove | key size 4 | key     03 clear     04 mark | magic 12 | own offset 8 | durable offset 8
//            05 base | inode 8 | size 8 | mtime in ns 8: of the pickle file that this daemon wrote last
//
// A frame is what one request did, and is applied whole. A mark begins each write: what stands before its durable
// offset was on disk by then. Pure; any thread.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "backends/memory/entry.h"
#include "backends/pickle/checksum.h"

namespace cachetted::pickle {

inline constexpr std::string_view kJournalMagic = "cachetted journal 1\n";
inline constexpr std::string_view kMarkMagic{"\xf7mark\0\xe1\x9c\x33\xd8\x05\n", 12};
inline constexpr size_t kJournalHeader = 40;
inline constexpr size_t kFrameHeader = 8;
inline constexpr size_t kMark = kFrameHeader + 1 + 12 + 16;

// Which file a path names, and in which state: what stat() tells of it.
struct FileState {
  uint64_t inode = 0, size = 0, mtime_ns = 0;  // all 0: there is none
  bool exists() const { return inode != 0; }
  bool operator==(const FileState&) const = default;
};

template <class Number>
void put_number(std::string& to, Number n) {
  to.append(reinterpret_cast<const char*>(&n), sizeof n);
}
template <class Number>
bool take_number(std::string_view& from, Number& n) {
  if (from.size() < sizeof n) return false;
  std::memcpy(&n, from.data(), sizeof n);
  from.remove_prefix(sizeof n);
  return true;
}

// One record, its words in the payload.
struct Record {
  enum class Kind : uint8_t { set = 1, remove, clear, mark, base };
  Kind kind = Kind::clear;
  memory::Form form = memory::Form::plain;
  uint32_t flags = 0;
  int64_t expiry = kNever;
  std::string_view key, value;
  uint64_t offset = 0, durable = 0;  // of a mark
  FileState base;
};

// Writes into a string that begins with room for the frame's header.
class Frame {
 public:
  struct GoOn {};
  static constexpr GoOn kGoOn{};
  explicit Frame(std::string& bytes) : bytes_(bytes) { begin(bytes); }
  Frame(std::string& bytes, GoOn) : bytes_(bytes) {}  // begun before
  static void begin(std::string& bytes) { bytes.assign(kFrameHeader, '\0'); }
  // The value's bytes are the caller's to add where `whole` is false.
  void set(memory::Form form, uint32_t flags, int64_t expiry, std::string_view key, std::string_view value,
           bool whole = true);
  void remove(std::string_view key);
  void clear() { kind(Record::Kind::clear); }
  void mark(uint64_t offset, uint64_t durable);
  void base(const FileState& file);
  size_t size() const { return bytes_.size(); }
  static void seal(std::string& bytes);  // fills in size and checksum

 private:
  void kind(Record::Kind k) { bytes_ += static_cast<char>(k); }
  std::string& bytes_;
};

std::string journal_header(uint64_t number, uint64_t previous_end);
bool read_journal_header(std::string_view segment, uint64_t& number, uint64_t& previous_end);

// Takes the frame in front off, its payload to `payload`; false: it is not whole, or not what was written.
bool take_frame(std::string_view& from, std::string_view& payload);
// Takes one record off; false: the payload is none of ours.
bool take_record(std::string_view& payload, Record& to);

}  // namespace cachetted::pickle
