// The opcodes of pickles, and the names in them that are known: what pickle.cc runs through its machine.
// https://github.com/python/cpython/blob/3.11/Lib/pickletools.py . Pure; any thread.
#pragma once
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

// Takes one opcode after the other.
class Reader {
 public:
  explicit Reader(std::string_view pickle) : pickle_(pickle) {}
  // False with `why`: that is no opcode, or it is cut off.
  bool next(Instruction& to, std::string& why);

 private:
  bool fail(std::string& why, std::string what);
  bool take(uint64_t n, std::string_view& to, std::string& why);
  bool line(std::string_view& to, std::string& why);
  bool counted(size_t width, std::string_view& to, std::string& why);

  std::string_view pickle_;
  size_t at_ = 0;
};

// Up to eight bytes as a number: the lowest first, and the highest first.
uint64_t little(std::string_view s);
uint64_t big(std::string_view s);

// At most 60 bytes of what may be anything, for a line of text.
std::string printable(std::string_view s);

}  // namespace cachetted::codecs
