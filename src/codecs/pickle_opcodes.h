// The opcodes of pickles, and the names in them that are known: what pickle.cc runs through its machine.
// https://github.com/python/cpython/blob/3.11/Lib/pickletools.py . Pure; any thread.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace cachetted::codecs {

// How an opcode's argument stands behind it.
enum class Layout : uint8_t { none, u1, u2, i4, u4, u8, f8, line, two_lines, bytes1, bytes4, bytes8 };

struct Opcode {
  uint8_t code;
  const char* name;
  Layout layout;
};

// What a name stands for, of those that are known.
enum class Name : uint8_t {
  set,
  frozenset,
  bytearray,
  bytes,
  object,
  ordered,
  decimal,
  uuid,
  date,
  time,
  datetime,
  duration,
  zone,
  encode,
  reconstruct,
  none,
};

struct Known {
  std::string_view module, name;
  Name is;
};

// null: it is refused. Compared exactly; protocols below 3 write Python 2's names of modules.
const Known* find_known(std::string_view module, std::string_view name);
// The modules' and names' words of one that is known, for errors.
std::string name_of(Name name);

struct Instruction {
  const Opcode* op = nullptr;
  size_t at = 0;
  std::string_view argument, second;  // without what delimits or counts them
};

extern const std::array<const Opcode*, 256> kByCode;  // null: there is none

// Up to eight bytes as a number: the lowest first, and the highest first.
inline uint64_t little(std::string_view s) {
  uint64_t n = 0;
  for (size_t i = s.size(); i > 0; --i) n = n << 8 | static_cast<unsigned char>(s[i - 1]);
  return n;
}
inline uint64_t big(std::string_view s) {
  uint64_t n = 0;
  for (char c : s) n = n << 8 | static_cast<unsigned char>(c);
  return n;
}

// Takes one opcode after the other.
class Reader {
 public:
  explicit Reader(std::string_view pickle) : pickle_(pickle) {}
  // False with `why`: that is no opcode, or it is cut off. `second` is set only where there are two.
  bool next(Instruction& to, std::string& why) {
    to.at = at_;
    to.op = at_ < pickle_.size() ? kByCode[static_cast<unsigned char>(pickle_[at_])] : nullptr;
    if (to.op == nullptr) return no_opcode(why);
    ++at_;
    switch (to.op->layout) {
      case Layout::none: return true;
      case Layout::u1: return take(1, to.argument, why);
      case Layout::u2: return take(2, to.argument, why);
      case Layout::i4:
      case Layout::u4: return take(4, to.argument, why);
      case Layout::u8:
      case Layout::f8: return take(8, to.argument, why);
      case Layout::line: return line(to.argument, why);
      case Layout::two_lines: return line(to.argument, why) && line(to.second, why);
      case Layout::bytes1: return counted(1, to.argument, why);
      case Layout::bytes4: return counted(4, to.argument, why);
      case Layout::bytes8: return counted(8, to.argument, why);
    }
    return false;
  }
  size_t at() const { return at_; }  // behind what was taken

 private:
  bool no_opcode(std::string& why);
  bool fail(std::string& why, std::string_view what);
  bool cut(std::string& why) { return fail(why, "it is cut off"); }
  bool take(uint64_t n, std::string_view& to, std::string& why) {
    if (n > pickle_.size() - at_) return cut(why);
    to = {pickle_.data() + at_, n};
    at_ += n;
    return true;
  }
  bool line(std::string_view& to, std::string& why);
  bool counted(size_t width, std::string_view& to, std::string& why) {
    std::string_view n;
    return take(width, n, why) && take(little(n), to, why);
  }

  std::string_view pickle_;
  size_t at_ = 0;
};

// At most 60 bytes of what may be anything, for a line of text.
std::string printable(std::string_view s);

}  // namespace cachetted::codecs
