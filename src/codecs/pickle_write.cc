// Implements write_pickle: what CPython's pickler writes in protocol 4, with its frames, batches and memo.
// https://github.com/python/cpython/blob/3.11/Lib/pickle.py
#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "codecs/pickle.h"
#include "codecs/sink.h"
#include "codecs/text.h"

namespace cachetted::codecs {
namespace {

constexpr size_t kFrame = 64 << 10;  // bytes from which a frame is closed, and a text stands outside of one
constexpr size_t kFrameHead = 9, kLeastFrame = 4;  // a smaller one has no head
constexpr size_t kBatch = 1000;                    // items that one opcode adds

// Opcodes.
enum : char {
  kMark = '(',
  kStop = '.',
  kPop = '0',
  kPopMark = '1',
  kBinFloat = 'G',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kNone = 'N',
  kReduce = 'R',
  kBinUnicode = 'X',
  kBinBytes = 'B',
  kShortBinBytes = 'C',
  kAppend = 'a',
  kAppends = 'e',
  kBuild = 'b',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kSetItem = 's',
  kSetItems = 'u',
  kTuple = 't',
  kEmptyTuple = ')',
  kEmptyList = ']',
  kEmptyDict = '}',
  kNewObj = '\x81',
  kTuple1 = '\x85',
  kNewTrue = '\x88',
  kNewFalse = '\x89',
  kLong1 = '\x8a',
  kLong4 = '\x8b',
  kShortBinUnicode = '\x8c',
  kBinUnicode8 = '\x8d',
  kBinBytes8 = '\x8e',
  kEmptySet = '\x8f',
  kAddItems = '\x90',
  kFrozenSet = '\x91',
  kStackGlobal = '\x93',
  kMemoize = '\x94',
};

// Of decimal digits, two's complement, the lowest byte first, as short as can be.
std::string two_complement(std::string_view digits) {
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  std::vector<uint32_t> words;  // the lowest first
  for (size_t i = 0; i < digits.size();) {
    const size_t n = std::min<size_t>(9, digits.size() - i);
    uint64_t carry = 0, scale = 1;
    for (size_t j = 0; j < n; ++j, scale *= 10) carry = carry * 10 + static_cast<uint64_t>(digits[i + j] - '0');
    for (uint32_t& w : words) {
      carry += w * scale;
      w = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) words.push_back(static_cast<uint32_t>(carry));
    i += n;
  }
  std::string bytes;
  for (uint32_t w : words)
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(w >> shift);
  bytes += '\0';
  if (negative) {
    unsigned carry = 1;
    for (char& c : bytes) {
      const unsigned n = (static_cast<unsigned char>(c) ^ 0xffu) + carry;
      c = static_cast<char>(n);
      carry = n >> 8;
    }
  }
  const char fill = negative ? '\xff' : '\0';
  while (bytes.size() > 1 && bytes.back() == fill && ((bytes[bytes.size() - 2] ^ fill) & 0x80) == 0) bytes.pop_back();
  return bytes;
}

// The decimal digits of 16 bytes, the highest first.
std::string decimal_digits(std::string_view bytes) {
  std::string text;
  std::string number(bytes);
  while (std::any_of(number.begin(), number.end(), [](char c) { return c != 0; })) {
    unsigned rest = 0;
    for (char& c : number) {
      rest = rest << 8 | static_cast<unsigned char>(c);
      c = static_cast<char>(rest / 10);
      rest %= 10;
    }
    text += static_cast<char>('0' + rest);
  }
  std::reverse(text.begin(), text.end());
  return text.empty() ? "0" : text;
}

class Writer {
 public:
  Writer(const Limits& limits, std::string& out, std::string& why)
      : limits_(limits), out_(out, limits.output), why_(why) {}
  ~Writer() {
    for (Value* v : marked_) v->mark = 0;
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  bool write(Value& root) {
    out_.put("\x80\4");
    open_frame();
    if (!save(root, 0, false)) return false;
    out_.put(kStop);
    close_frame();
    return true;
  }

 private:
  static constexpr uint32_t kHashed = 1u << 31;  // in a mark: it was looked at as a key

  bool fail(std::string what) {
    why_ = std::move(what);
    return false;
  }

  // --- frames: a length before each 64 KiB or so, that a reader fetches at once ---

  void open_frame() {
    frame_ = out_.size();
    out_.put(std::string_view("\x95\0\0\0\0\0\0\0\0", kFrameHead));
  }
  void close_frame() {
    const size_t n = out_.size() - frame_ - kFrameHead;
    char* const head = out_.at(frame_);
    if (n >= kLeastFrame) return put_little(head + 1, n, 8), void();
    std::memmove(head, head + kFrameHead, n);
    out_.reach(head + n);
  }
  // Where CPython begins an object.
  void boundary() {
    if (out_.size() - frame_ - kFrameHead < kFrame) return;
    close_frame();
    open_frame();
  }

  // --- opcodes and the memo ---

  static char* put_little(char* to, uint64_t n, size_t width) {
    for (size_t i = 0; i < width; ++i, n >>= 8) *to++ = static_cast<char>(n);
    return to;
  }
  void op(char code, uint64_t argument, size_t width) {
    char* const p = out_.room(1 + width);
    *p = code;
    out_.reach(put_little(p + 1, argument, width));
  }
  void text(std::string_view s, char tiny, char large, char huge) {
    if (s.size() >= kFrame) close_frame();
    if (s.size() <= 0xff) {
      op(tiny, s.size(), 1);
    } else if (s.size() <= 0xffffffff) {
      op(large, s.size(), 4);
    } else {
      op(huge, s.size(), 8);
    }
    out_.put(s);
    if (s.size() >= kFrame) open_frame();
  }
  void string(std::string_view s) { text(s, kShortBinUnicode, kBinUnicode, kBinUnicode8); }
  void octets(std::string_view s) { text(s, kShortBinBytes, kBinBytes, kBinBytes8); }

  uint32_t memoize() {
    out_.put(kMemoize);
    return memo_++;
  }
  void remember(Value& v, bool key) {
    v.mark = (memoize() + 1) | (key ? kHashed : 0);
    marked_.push_back(&v);
  }
  void get(uint32_t place) {
    if (place <= 0xff) return op(kBinGet, place, 1);
    op(kLongBinGet, place, 4);
  }
  void get(const Value& v) { get((v.mark & ~kHashed) - 1); }

  void integer(int64_t n) {
    if (n >= 0 && n <= 0xff) return op(kBinInt1, static_cast<uint64_t>(n), 1);
    if (n >= 0 && n <= 0xffff) return op(kBinInt2, static_cast<uint64_t>(n), 2);
    if (n >= INT32_MIN && n <= INT32_MAX) return op(kBinInt, static_cast<uint64_t>(n), 4);
    size_t width = 5;
    while (width < 8 && n >> (8 * width - 1) != 0 && n >> (8 * width - 1) != -1) ++width;
    op(kLong1, width, 1);
    out_.reach(put_little(out_.room(8), static_cast<uint64_t>(n), width));
  }
  void integer(std::string_view digits) {
    const std::string bytes = two_complement(digits);
    if (bytes.size() <= 8) {
      uint64_t n = bytes.back() < 0 ? ~uint64_t{0} : 0;
      for (size_t i = bytes.size(); i > 0; --i) n = n << 8 | static_cast<unsigned char>(bytes[i - 1]);
      return integer(static_cast<int64_t>(n));
    }
    op(bytes.size() <= 0xff ? kLong1 : kLong4, bytes.size(), bytes.size() <= 0xff ? 1 : 4);
    out_.put(bytes);
  }

  // --- what is called when it is loaded ---

  void global(std::string_view module, std::string_view name) {
    boundary();
    const std::string whole = std::string(module) + "." + std::string(name);
    if (const auto known = globals_.find(whole); known != globals_.end()) return get(known->second);
    boundary();
    if (const auto known = words_.find(module); known != words_.end()) {
      get(known->second);
    } else {
      string(module);
      words_[module] = memoize();
    }
    boundary();
    string(name);
    words_[name] = memoize();
    out_.put(kStackGlobal);
    globals_[whole] = memoize();
  }
  // The tuple of the arguments that were put, and the call.
  void call(size_t arguments) {
    if (arguments == 0) {
      out_.put(kEmptyTuple);
    } else {
      out_.put(static_cast<char>(kTuple1 + arguments - 1));
      memoize();
    }
    out_.put(kReduce);
  }

  void duration(int64_t days, int64_t micros) {
    global("datetime", "timedelta");
    boundary();
    integer(days);
    integer(micros / kSecond);
    integer(micros % kSecond);
    call(3);
  }
  void zone(int64_t east) {
    boundary();
    if (const auto known = zones_.find(east); known != zones_.end()) return get(known->second);
    global("datetime", "timezone");
    boundary();
    duration(east < 0 ? -1 : 0, east < 0 ? east + kDay : east);
    memoize();
    call(1);
    zones_[east] = memoize();
  }
  // As datetime's classes hand their fields over: the highest byte first.
  void moment(const Value& v) {
    char bytes[10];
    size_t n = 0;
    auto byte = [&](int64_t b) { bytes[n++] = static_cast<char>(b); };
    if (v.kind != Kind::time) {
      const int64_t day = v.kind == Kind::date ? v.number : day_of(v.number / kDay);
      byte(day / 10'000 >> 8), byte(day / 10'000), byte(day / 100 % 100), byte(day % 100);
    }
    if (v.kind != Kind::date) {
      const int64_t micros = v.number % kDay, fraction = micros % kSecond;
      byte(micros / (3600 * kSecond)), byte(micros / (60 * kSecond) % 60), byte(micros / kSecond % 60);
      byte(fraction >> 16), byte(fraction >> 8), byte(fraction);
    }
    global("datetime", v.kind == Kind::date ? "date" : v.kind == Kind::time ? "time" : "datetime");
    boundary();
    octets({bytes, n});
    memoize();
    const bool aware = v.kind != Kind::date && v.zone != kNoZone;
    if (aware) zone(v.zone);
    call(aware ? 2 : 1);
  }
  void uuid() {
    global("uuid", "UUID");
    out_.put(kEmptyTuple);
    out_.put(kNewObj);
  }
  // Behind the memo of the object itself.
  void uuid_state(const Value& v) {
    boundary();
    out_.put(kEmptyDict);
    memoize();
    if (const auto known = words_.find("int"); known != words_.end()) {
      get(known->second);
    } else {
      string("int");
      words_["int"] = memoize();
    }
    integer(decimal_digits(v.text));
    out_.put(kSetItem);
    out_.put(kBuild);
  }
  void decimal(const Value& v) {
    global("decimal", "Decimal");
    boundary();
    string(v.text);
    memoize();
    call(1);
  }
  void bytearray(const Value& v) {
    global("builtins", "bytearray");
    boundary();
    if (v.text.empty()) return call(0);
    octets(v.text);
    memoize();
    call(1);
  }

  // --- values ---

  bool save(Value& v, size_t depth, bool key) {
    boundary();
    if (out_.full()) return fail("it is over " + std::to_string(limits_.output) + " bytes as a pickle");
    if (v.kind <= Kind::real) return atom(v), true;
    if (key && !is_hashable(v)) return fail(std::string(name_of(v.kind)) + " cannot be a key, nor in a set");
    if (v.mark != 0) {
      if (key && !hashed(v)) return false;
      return get(v), true;
    }
    if (has_items(v.kind)) return container(v, depth, key);
    scalar(v);
    remember(v, key);
    if (v.kind == Kind::uuid) uuid_state(v);
    return true;
  }
  // What has no place in the memo.
  void atom(const Value& v) {
    if (v.kind == Kind::null) return out_.put(kNone);
    if (v.kind == Kind::boolean) return out_.put(v.number != 0 ? kNewTrue : kNewFalse);
    if (v.kind == Kind::integer) return v.text.empty() ? integer(v.number) : integer(v.text);
    char* const p = out_.room(9);
    *p = kBinFloat;
    const auto bits = std::bit_cast<uint64_t>(v.real);
    for (int i = 0; i < 8; ++i) p[1 + i] = static_cast<char>(bits >> (56 - 8 * i));
    out_.reach(p + 9);
  }
  void scalar(const Value& v) {
    if (v.kind == Kind::string) return string(v.text);
    if (v.kind == Kind::bytes) return octets(v.text);
    if (v.kind == Kind::bytearray) return bytearray(v);
    if (v.kind == Kind::decimal) return decimal(v);
    if (v.kind == Kind::uuid) return uuid();
    if (v.kind == Kind::duration) return duration(v.days, v.number);
    if (v.kind == Kind::zone) return zone_of_its_own(v);
    moment(v);
  }
  void zone_of_its_own(const Value& v) {
    global("datetime", "timezone");
    boundary();
    duration(v.zone < 0 ? -1 : 0, v.zone < 0 ? v.zone + kDay : v.zone);
    memoize();
    call(1);
  }
  // Of a tuple that was written elsewhere than in a key. Each is walked over once.
  bool hashed(Value& v) {
    if (!is_hashable(v)) return fail(std::string(name_of(v.kind)) + " cannot be a key, nor in a set");
    if (v.kind != Kind::tuple || (v.mark & kHashed) != 0) return true;
    v.mark |= kHashed;
    return std::all_of(v.items.begin(), v.items.end(), [&](Value* item) { return hashed(*item); });
  }

  bool container(Value& v, size_t depth, bool key) {
    if (depth == limits_.depth) return fail("it is over " + std::to_string(limits_.depth) + " levels deep");
    if (v.kind == Kind::tuple) return tuple(v, depth, key);
    if (v.kind == Kind::frozenset) return frozenset(v, depth);
    if (v.kind == Kind::list) return begun(v, kEmptyList) && list(v.items, depth);
    if (v.kind == Kind::set) return begun(v, kEmptySet) && set(v.items, depth);
    if (v.kind == Kind::map) return begun(v, kEmptyDict) && map(v.items, depth);
    global("collections", "OrderedDict");
    boundary();
    call(0);
    remember(v, false);
    return ordered(v.items, depth);
  }
  bool begun(Value& v, char code) {
    out_.put(code);
    remember(v, false);
    return true;
  }

  // It may hold a list that holds it: then it is known when its items are there, which are thrown away.
  bool tuple(Value& v, size_t depth, bool key) {
    const size_t n = v.items.size();
    if (n == 0) return out_.put(kEmptyTuple), true;
    if (n > 3) out_.put(kMark);
    for (Value* item : v.items)
      if (!save(*item, depth + 1, key)) return false;
    if (v.mark != 0) {
      if (n > 3) {
        out_.put(kPopMark);
      } else {
        for (size_t i = 0; i < n; ++i) out_.put(kPop);
      }
      return get(v), true;
    }
    out_.put(n > 3 ? char{kTuple} : static_cast<char>(kTuple1 + n - 1));
    remember(v, key);
    return true;
  }
  bool frozenset(Value& v, size_t depth) {
    out_.put(kMark);
    for (Value* item : v.items)
      if (!save(*item, depth + 1, true)) return false;
    if (v.mark != 0) {
      out_.put(kPopMark);
      return get(v), true;
    }
    out_.put(kFrozenSet);
    remember(v, true);
    return true;
  }
  bool list(const Items& items, size_t depth) {
    if (items.size() == 1) {
      if (!save(*items[0], depth + 1, false)) return false;
      out_.put(kAppend);
      return true;
    }
    for (size_t i = 0; i < items.size(); i += kBatch) {
      out_.put(kMark);
      for (size_t j = i; j < std::min(items.size(), i + kBatch); ++j)
        if (!save(*items[j], depth + 1, false)) return false;
      out_.put(kAppends);
    }
    return true;
  }
  bool set(const Items& items, size_t depth) {
    if (items.empty()) return true;
    for (size_t i = 0;; i += kBatch) {  // CPython's last batch is never a full one
      out_.put(kMark);
      for (size_t j = i; j < std::min(items.size(), i + kBatch); ++j)
        if (!save(*items[j], depth + 1, true)) return false;
      out_.put(kAddItems);
      if (items.size() < i + kBatch) return true;
    }
  }
  // A key is known again by its text: Python's readers share equal ones.
  bool pair(Value* const* at, size_t depth) {
    Value& key = *at[0];
    const uint32_t next = memo_;
    if (key.kind == Kind::string && key.mark == 0) {
      boundary();
      const auto [known, is_new] = keys_.try_emplace(key.text, next);
      if (!is_new) {
        get(known->second);
        return save(*at[1], depth + 1, false);
      }
    }
    return save(key, depth + 1, true) && save(*at[1], depth + 1, false);
  }
  bool pairs(const Items& items, size_t from, size_t to, size_t depth) {
    for (size_t i = from; i < to; i += 2)
      if (!pair(items.data + i, depth)) return false;
    return true;
  }
  bool map(const Items& items, size_t depth) {
    if (items.size() == 2) {
      if (!pairs(items, 0, 2, depth)) return false;
      out_.put(kSetItem);
      return true;
    }
    if (items.empty()) return true;
    for (size_t i = 0;; i += 2 * kBatch) {  // the same as a set's
      out_.put(kMark);
      if (!pairs(items, i, std::min(items.size(), i + 2 * kBatch), depth)) return false;
      out_.put(kSetItems);
      if (items.size() < i + 2 * kBatch) return true;
    }
  }
  bool ordered(const Items& items, size_t depth) {
    for (size_t i = 0; i < items.size(); i += 2 * kBatch) {
      const size_t to = std::min(items.size(), i + 2 * kBatch);
      const bool one = to - i == 2;
      if (!one) out_.put(kMark);
      if (!pairs(items, i, to, depth)) return false;
      out_.put(one ? kSetItem : kSetItems);
    }
    return true;
  }

  const Limits& limits_;
  Sink out_;
  std::string& why_;
  size_t frame_ = 0;   // where its head is
  uint32_t memo_ = 0;  // places of the memo that are taken
  std::vector<Value*> marked_;
  std::map<std::string, uint32_t> globals_;
  std::map<std::string_view, uint32_t> words_;  // of globals
  std::map<int64_t, uint32_t> zones_;
  absl::flat_hash_map<std::string_view, uint32_t> keys_;
};

}  // namespace

bool write_pickle(Value& value, const Limits& limits, std::string& out, std::string& why) {
  return Writer(limits, out, why).write(value);
}

}  // namespace cachetted::codecs
