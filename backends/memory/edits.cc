// Operations that change a value or look at a part of it: appends, counters, ranges, bits.
#include <algorithm>
#include <charconv>
#include <cstring>

#include "backends/memory/memory.h"
#include "core/bytes.h"
#include "core/common.h"
#include "core/edit.h"

namespace cachetted::memory {

// Makes the value at least `size` bytes long, what is new being zero, and returns it for writing; changed() is the
// caller's. Room was made.
char* MemoryBackend::grow_value(Key& k, Request& r, size_t size) {
  Entry* e = k.entry();
  if (e != nullptr) {
    size_t old = e->value().size();
    if (size <= old && !(e->has_blob() && !e->blob()->sole())) return e->mutable_value();
    size_t fixed = Entry::size_for({k.name, {}, e->expiry(), e->flags()});
    if (!e->has_blob() && size <= kInlineValue && fixed + size <= e->room()) {
      std::memset(e->mutable_value() + old, 0, size - old);
      e->resize_inline(size);
      return e->mutable_value();
    }
    if (e->has_blob() && e->blob()->sole() && size <= e->blob()->capacity) {
      std::memset(e->blob()->data() + old, 0, size - old);
      e->blob()->size = static_cast<uint32_t>(size);
      return e->mutable_value();
    }
  }
  // Anew, with a quarter more when it grows again and again.
  std::string_view old = e != nullptr ? e->value() : std::string_view{};
  size = std::max(size, old.size());
  heavy_ = size > kHeavy;
  Entry::Made made{k.name, {}, e != nullptr ? e->expiry() : r.expiry, e != nullptr ? e->flags() : r.flags};
  std::string text;
  if (size > kInlineValue) {
    made.blob = Blob::create(size + (e != nullptr && size > old.size() ? size / 4 : 0));
    made.blob->size = static_cast<uint32_t>(size);
    old.copy(made.blob->data(), old.size());
    std::memset(made.blob->data() + old.size(), 0, size - old.size());
    made.value = made.blob->view();
  } else {
    text.assign(size, '\0');
    old.copy(text.data(), old.size());
    made.value = text;
  }
  store_.put(k.db, k.hash, k.found, made, host_.clock().now_ms, Form::edited);
  k = look_up(k.db, k.name);
  return k ? k.entry()->mutable_value() : nullptr;
}

void MemoryBackend::append(Request& r) {
  Key k = primary(r);
  auto allowed = [&] {
    if (!r.has(kIfPresent) || k) return unchanged(r, k);
    r.reply.status = Status::not_stored;
    return false;
  };
  if (!allowed()) return;
  size_t old = k ? k.entry()->value().size() : 0;
  if (k && old + r.value.size() > static_cast<uint64_t>(r.number)) {
    r.reply.status = Status::too_large;
    return;
  }
  if (!room(k, r.key.size() + (old + r.value.size()) * 5 / 4, r)) return;  // grow_value takes a quarter more
  if (!allowed()) return;                                                  // it may have made room for itself
  old = k ? k.entry()->value().size() : 0;
  if (!k) {
    written(r, write(k, r.value, r.expiry, r.flags, Form::plain));
  } else {
    char* p = grow_value(k, r, old + r.value.size());
    if (r.has(kPrepend)) {
      heavy_ = old > kHeavy;
      std::memmove(p + r.value.size(), p, old);
      p -= old;
    }
    if (!r.value.empty()) std::memcpy(p + old, r.value.data(), r.value.size());
    edited(k);
    written(r, k.entry());
  }
  r.reply.number = static_cast<int64_t>(old + r.value.size());
}

// To be called after the value was changed in place.
void MemoryBackend::edited(Key& k) {
  k.entry()->set_form(Form::edited);
  k.entry()->renew();
  store_.changed(k.db, k.found, k.hash, host_.clock().now_ms);
}

void MemoryBackend::add_unsigned(Request& r) {
  Key k = primary(r);
  if (!k && !r.has(kVivify)) {
    r.reply.status = Status::miss;
    return;
  }
  if (k && !unchanged(r, k)) return;
  auto sum = static_cast<uint64_t>(r.number2);
  if (k) {
    if (!cachetted::add_unsigned(r, k.entry()->value(), sum)) {
      r.reply.status = Status::not_integer;
      return;
    }
  }
  char text[24];
  auto size = static_cast<size_t>(std::to_chars(text, text + sizeof text, sum).ptr - text);
  if (!room(k, r.key.size() + size, r)) return;
  Entry* e = k.entry();
  if (e != nullptr && size <= e->value().size() && !e->has_blob()) {
    std::memcpy(e->mutable_value(), text, size);
    std::memset(e->mutable_value() + size, ' ', e->value().size() - size);
    e->set_form(Form::plain);
    store_.changed(k.db, k.found, k.hash, host_.clock().now_ms);
  } else {
    std::string padded(text, size);
    if (e != nullptr && e->value().size() > size) padded.resize(e->value().size(), ' ');
    bool in_place = e != nullptr && e->value().size() == padded.size();  // as far as anyone can tell
    uint8_t marks = in_place ? e->marks() : uint8_t{0};
    e = write(k, padded, e != nullptr ? e->expiry() : r.expiry, e != nullptr ? e->flags() : r.flags, Form::plain);
    e->set_marks(marks);
  }
  written(r, e);
  r.reply.number = static_cast<int64_t>(sum);
  if (!k) r.reply.value.marks = kMade;
  if (!k || !r.has(kTouch)) return;
  k.found = look_up(k.db, k.name).found;  // the write may have moved it
  if (k) give_expiry(k, r.expiry2);
}

void MemoryBackend::add_integer(Request& r) {
  Key k = primary(r);
  int64_t sum = 0;
  r.reply.status = cachetted::add_integer(r, bool{k}, k.value(), sum);
  if (r.reply.status != Status::ok) return;
  char text[24];
  auto size = static_cast<size_t>(std::to_chars(text, text + sizeof text, sum).ptr - text);
  if (replace(k, r, {text, size}, Form::plain)) r.reply.number = sum;
}

void MemoryBackend::add_float(Request& r) {
  Key k = primary(r);
  std::string text;
  r.reply.status = cachetted::add_float(r, bool{k}, k.value(), text);
  if (r.reply.status == Status::ok && replace(k, r, text, Form::text)) r.reply.text = host_.arena().copy(text);
}

// The value becomes another one; flags and expiry stay. False: there is no room, and the request is answered.
bool MemoryBackend::replace(Key& k, Request& r, std::string_view value, Form form) {
  if (!room(k, r.key.size() + value.size(), r)) return false;
  int64_t expiry = k ? k.entry()->expiry() : r.expiry;
  uint32_t flags = k ? k.entry()->flags() : r.flags;
  write(k, value, expiry, flags, form);
  return true;
}

// The operations that look at one value and change nothing.
void MemoryBackend::read_part(Request& r) {
  Key k = primary(r);
  r.reply.status = k ? Status::ok : Status::miss;
  if (!k) return;
  Entry* e = k.entry();
  std::string_view v = e->value();
  if (r.op == Op::get_range) {
    std::string_view part = byte_range(v, r.number, r.number2);
    reply_value(r.reply.value, e);
    r.reply.value.data += part.empty() ? 0 : part.data() - v.data();
    r.reply.value.size = static_cast<uint32_t>(part.size());
  } else if (r.op == Op::expiry) {
    r.reply.expiry = e->expiry();
    r.reply.number = remaining_ms(e->expiry(), host_.clock().now_ms);
    return;
  } else if (r.op == Op::type) {
    return;  // does not count as use
  } else {
    r.reply.number = number_of_part(r, v);
  }
  used(e);
}

void MemoryBackend::set_range(Request& r) {
  Key k = primary(r);
  size_t old = k ? k.entry()->value().size() : 0;
  r.reply.status = Status::ok;
  r.reply.number = static_cast<int64_t>(old);
  if (r.value.empty()) return;
  auto offset = static_cast<uint64_t>(r.number);
  if (offset > r.cas || r.value.size() > r.cas - offset) {  // cas: limits.max_value
    r.reply.status = Status::too_large;
    return;
  }
  size_t size = std::max<size_t>(old, offset + r.value.size());
  if (!room(k, r.key.size() + size, r)) return;
  if (!k) size = offset + r.value.size();
  char* p = grow_value(k, r, size);
  std::memcpy(p + offset, r.value.data(), r.value.size());
  edited(k);
  r.reply.number = static_cast<int64_t>(k.entry()->value().size());
}

void MemoryBackend::set_bit(Request& r) {
  Key k = primary(r);
  size_t old = k ? k.entry()->value().size() : 0;
  size_t byte = static_cast<size_t>(r.number >> 3);
  if (byte >= r.cas) {
    r.reply.status = Status::too_large;
    return;
  }
  size_t size = std::max(old, byte + 1);
  if (!room(k, r.key.size() + size, r)) return;
  if (!k) size = byte + 1;
  char* p = grow_value(k, r, size) + byte;
  int shift = 7 - static_cast<int>(r.number & 7);
  r.reply.number = static_cast<unsigned char>(*p) >> shift & 1;
  r.reply.status = Status::ok;
  k.entry()->set_form(Form::edited);
  if (size == old && r.reply.number == r.number2) return;  // no change that a WATCH would see
  *p = static_cast<char>((*p & ~(1 << shift)) | static_cast<int>(r.number2) << shift);
  edited(k);
}

void MemoryBackend::common(Request& r) {
  Key a = primary(r), b = look_up(r.db, r.value);
  a = primary(r);  // the second look may have removed an expired entry beside it
  std::string_view left = a ? a.entry()->value() : std::string_view{},
                   right = b ? b.entry()->value() : std::string_view{};
  answer_common(r, host_.arena(), left, right);
}

}  // namespace cachetted::memory
