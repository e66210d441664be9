// Implements records.h.
#include "backends/pickle/records.h"

namespace cachetted::pickle {

void Frame::set(memory::Form form, uint32_t flags, int64_t expiry, std::string_view key, std::string_view value,
                bool whole) {
  constexpr size_t kFixed = 22;
  char fixed[kFixed];
  auto key_size = static_cast<uint32_t>(key.size()), value_size = static_cast<uint32_t>(value.size());
  fixed[0] = static_cast<char>(Record::Kind::set);
  fixed[1] = static_cast<char>(form);
  std::memcpy(fixed + 2, &key_size, 4);
  std::memcpy(fixed + 6, &value_size, 4);
  std::memcpy(fixed + 10, &flags, 4);
  std::memcpy(fixed + 14, &expiry, 8);
  bytes_.append(fixed, kFixed).append(key);
  if (whole) bytes_.append(value);
}

void Frame::remove(std::string_view key) {
  kind(Record::Kind::remove);
  put_number(bytes_, static_cast<uint32_t>(key.size()));
  bytes_.append(key);
}

void Frame::mark(uint64_t offset, uint64_t durable) {
  kind(Record::Kind::mark);
  bytes_.append(kMarkMagic);
  put_number(bytes_, offset);
  put_number(bytes_, durable);
}

void Frame::base(const FileState& file) {
  kind(Record::Kind::base);
  put_number(bytes_, file.inode);
  put_number(bytes_, file.size);
  put_number(bytes_, file.mtime_ns);
}

void Frame::seal(std::string& bytes) {
  auto size = static_cast<uint32_t>(bytes.size() - kFrameHeader);
  std::memcpy(bytes.data(), &size, 4);
  std::string_view all = bytes;
  uint32_t crc = crc32c(all.substr(kFrameHeader), crc32c(all.substr(0, 4)));
  std::memcpy(bytes.data() + 4, &crc, 4);
}

std::string journal_header(uint64_t number, uint64_t previous_end) {
  std::string h(kJournalMagic);
  put_number(h, number);
  put_number(h, previous_end);
  put_number(h, crc32c(h));
  return h;
}

bool read_journal_header(std::string_view segment, uint64_t& number, uint64_t& previous_end) {
  if (segment.size() < kJournalHeader || !segment.starts_with(kJournalMagic)) return false;
  std::string_view rest = segment.substr(kJournalMagic.size(), kJournalHeader - kJournalMagic.size());
  uint32_t crc = 0;
  return take_number(rest, number) && take_number(rest, previous_end) && take_number(rest, crc) &&
         crc == crc32c(segment.substr(0, kJournalHeader - 4));
}

bool take_frame(std::string_view& from, std::string_view& payload) {
  std::string_view rest = from;
  uint32_t size = 0, crc = 0;
  if (!take_number(rest, size) || !take_number(rest, crc) || size == 0 || rest.size() < size) return false;
  if (crc32c(rest.substr(0, size), crc32c(from.substr(0, 4))) != crc) return false;
  payload = rest.substr(0, size);
  from = rest.substr(size);
  return true;
}

bool take_record(std::string_view& p, Record& to) {
  if (p.empty()) return false;
  to = {};
  to.kind = static_cast<Record::Kind>(p[0]);
  p.remove_prefix(1);
  auto word = [&p](uint32_t size, std::string_view& word) {
    if (p.size() < size) return false;
    word = p.substr(0, size);
    p.remove_prefix(size);
    return true;
  };
  uint32_t key_size = 0, value_size = 0;
  switch (to.kind) {
    case Record::Kind::set: {
      if (p.empty() || static_cast<uint8_t>(p[0]) > static_cast<uint8_t>(memory::Form::foreign)) return false;
      to.form = static_cast<memory::Form>(p[0]);
      p.remove_prefix(1);
      return take_number(p, key_size) && take_number(p, value_size) && take_number(p, to.flags) &&
             take_number(p, to.expiry) && word(key_size, to.key) && word(value_size, to.value) &&
             key_size <= memory::kMaxKeySize && value_size <= memory::kMaxValueSize;
    }
    case Record::Kind::remove: return take_number(p, key_size) && word(key_size, to.key);
    case Record::Kind::clear: return true;
    case Record::Kind::mark: {
      std::string_view magic;
      return word(kMarkMagic.size(), magic) && magic == kMarkMagic && take_number(p, to.offset) &&
             take_number(p, to.durable);
    }
    case Record::Kind::base:
      return take_number(p, to.base.inode) && take_number(p, to.base.size) && take_number(p, to.base.mtime_ns);
  }
  return false;
}

}  // namespace cachetted::pickle
