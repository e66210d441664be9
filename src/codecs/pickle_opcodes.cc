// Implements pickle_opcodes.h, and the lines that explain a pickle.
#include "codecs/pickle_opcodes.h"

#include <array>
#include <bit>
#include <iterator>

#include "codecs/pickle.h"

namespace cachetted::codecs {
namespace {

constexpr Opcode kOpcodes[] = {
    {'(', "MARK", Form::none},
    {'.', "STOP", Form::none},
    {'0', "POP", Form::none},
    {'1', "POP_MARK", Form::none},
    {'2', "DUP", Form::none},
    {'F', "FLOAT", Form::line},
    {'I', "INT", Form::line},
    {'J', "BININT", Form::i4},
    {'K', "BININT1", Form::u1},
    {'L', "LONG", Form::line},
    {'M', "BININT2", Form::u2},
    {'N', "NONE", Form::none},
    {'P', "PERSID", Form::line},
    {'Q', "BINPERSID", Form::none},
    {'R', "REDUCE", Form::none},
    {'S', "STRING", Form::line},
    {'T', "BINSTRING", Form::bytes4},
    {'U', "SHORT_BINSTRING", Form::bytes1},
    {'V', "UNICODE", Form::line},
    {'X', "BINUNICODE", Form::bytes4},
    {'a', "APPEND", Form::none},
    {'b', "BUILD", Form::none},
    {'c', "GLOBAL", Form::two_lines},
    {'d', "DICT", Form::none},
    {'}', "EMPTY_DICT", Form::none},
    {'e', "APPENDS", Form::none},
    {'g', "GET", Form::line},
    {'h', "BINGET", Form::u1},
    {'i', "INST", Form::two_lines},
    {'j', "LONG_BINGET", Form::u4},
    {'l', "LIST", Form::none},
    {']', "EMPTY_LIST", Form::none},
    {'o', "OBJ", Form::none},
    {'p', "PUT", Form::line},
    {'q', "BINPUT", Form::u1},
    {'r', "LONG_BINPUT", Form::u4},
    {'s', "SETITEM", Form::none},
    {'t', "TUPLE", Form::none},
    {')', "EMPTY_TUPLE", Form::none},
    {'u', "SETITEMS", Form::none},
    {'G', "BINFLOAT", Form::f8},
    {'B', "BINBYTES", Form::bytes4},
    {'C', "SHORT_BINBYTES", Form::bytes1},
    {0x80, "PROTO", Form::u1},
    {0x81, "NEWOBJ", Form::none},
    {0x82, "EXT1", Form::u1},
    {0x83, "EXT2", Form::u2},
    {0x84, "EXT4", Form::i4},
    {0x85, "TUPLE1", Form::none},
    {0x86, "TUPLE2", Form::none},
    {0x87, "TUPLE3", Form::none},
    {0x88, "NEWTRUE", Form::none},
    {0x89, "NEWFALSE", Form::none},
    {0x8a, "LONG1", Form::bytes1},
    {0x8b, "LONG4", Form::bytes4},
    {0x8c, "SHORT_BINUNICODE", Form::bytes1},
    {0x8d, "BINUNICODE8", Form::bytes8},
    {0x8e, "BINBYTES8", Form::bytes8},
    {0x8f, "EMPTY_SET", Form::none},
    {0x90, "ADDITEMS", Form::none},
    {0x91, "FROZENSET", Form::none},
    {0x92, "NEWOBJ_EX", Form::none},
    {0x93, "STACK_GLOBAL", Form::none},
    {0x94, "MEMOIZE", Form::none},
    {0x95, "FRAME", Form::u8},
    {0x96, "BYTEARRAY8", Form::bytes8},
    {0x97, "NEXT_BUFFER", Form::none},
    {0x98, "READONLY_BUFFER", Form::none},
};

constexpr std::array<uint8_t, 256> kRows = [] {
  std::array<uint8_t, 256> rows{};
  for (uint8_t i = 0; i < std::size(kOpcodes); ++i) rows[kOpcodes[i].code] = static_cast<uint8_t>(i + 1);
  return rows;
}();

// Protocols below 3 write Python 2's names of modules.
constexpr Known kKnown[] = {
    {"builtins", "set", Name::set},
    {"builtins", "frozenset", Name::frozenset},
    {"builtins", "bytearray", Name::bytearray},
    {"builtins", "bytes", Name::bytes},
    {"builtins", "object", Name::object},
    {"__builtin__", "set", Name::set},
    {"__builtin__", "frozenset", Name::frozenset},
    {"__builtin__", "bytearray", Name::bytearray},
    {"__builtin__", "bytes", Name::bytes},
    {"__builtin__", "object", Name::object},
    {"collections", "OrderedDict", Name::ordered},
    {"decimal", "Decimal", Name::decimal},
    {"uuid", "UUID", Name::uuid},
    {"datetime", "date", Name::date},
    {"datetime", "time", Name::time},
    {"datetime", "datetime", Name::datetime},
    {"datetime", "timedelta", Name::duration},
    {"datetime", "timezone", Name::zone},
    {"_codecs", "encode", Name::encode},
    {"copyreg", "_reconstructor", Name::reconstruct},
    {"copy_reg", "_reconstructor", Name::reconstruct},
};

}  // namespace

const Known* find_known(std::string_view module, std::string_view name) {
  for (const Known& k : kKnown)
    if (k.module == module && k.name == name) return &k;
  return nullptr;
}

std::string name_of(Name name) {
  for (const Known& k : kKnown)
    if (k.is == name) return std::string(k.module).append(".").append(k.name);
  return "?";
}

uint64_t little(std::string_view s) {
  uint64_t n = 0;
  for (size_t i = s.size(); i > 0; --i) n = n << 8 | static_cast<unsigned char>(s[i - 1]);
  return n;
}

uint64_t big(std::string_view s) {
  uint64_t n = 0;
  for (char c : s) n = n << 8 | static_cast<unsigned char>(c);
  return n;
}

std::string printable(std::string_view s) {
  constexpr size_t kMost = 60;
  std::string text;
  for (char c : s.substr(0, kMost)) {
    const auto b = static_cast<unsigned char>(c);
    if (b >= 0x20 && b < 0x7f) {
      text += c;
    } else {
      constexpr const char* kHex = "0123456789abcdef";
      text.append("\\x").append(1, kHex[b >> 4]).append(1, kHex[b & 15]);
    }
  }
  return s.size() > kMost ? text + "..." : text;
}

// --- reading ---

bool Reader::next(Instruction& to, std::string& why) {
  to = {};
  to.at = at_;
  if (at_ == pickle_.size()) return fail(why, "it ends without STOP");
  const uint8_t row = kRows[static_cast<unsigned char>(pickle_[at_])];
  if (row == 0) return fail(why, "no opcode is " + std::to_string(static_cast<unsigned char>(pickle_[at_])));
  to.op = &kOpcodes[row - 1];
  ++at_;
  switch (to.op->form) {
    case Form::none: return true;
    case Form::u1: return take(1, to.argument, why);
    case Form::u2: return take(2, to.argument, why);
    case Form::i4:
    case Form::u4: return take(4, to.argument, why);
    case Form::u8:
    case Form::f8: return take(8, to.argument, why);
    case Form::line: return line(to.argument, why);
    case Form::two_lines: return line(to.argument, why) && line(to.second, why);
    case Form::bytes1: return counted(1, to.argument, why);
    case Form::bytes4: return counted(4, to.argument, why);
    case Form::bytes8: return counted(8, to.argument, why);
  }
  return false;
}

bool Reader::fail(std::string& why, std::string what) {
  why = std::move(what) + " at byte " + std::to_string(at_);
  return false;
}

bool Reader::take(uint64_t n, std::string_view& to, std::string& why) {
  if (n > pickle_.size() - at_) return fail(why, "it is cut off");
  to = pickle_.substr(at_, n);
  at_ += n;
  return true;
}

bool Reader::line(std::string_view& to, std::string& why) {
  const size_t end = pickle_.find('\n', at_);
  if (end == pickle_.npos) return fail(why, "it is cut off");
  to = pickle_.substr(at_, end - at_);
  at_ = end + 1;
  return true;
}

bool Reader::counted(size_t width, std::string_view& to, std::string& why) {
  std::string_view n;
  return take(width, n, why) && take(little(n), to, why);
}

// --- explaining ---

std::string explain_pickle(std::string_view pickle) {
  Reader reader(pickle);
  Instruction now;
  std::string text, why;
  std::string_view strings[2];  // the last two that were told: STACK_GLOBAL's
  while (reader.next(now, why)) {
    const Opcode& op = *now.op;
    std::string line = std::to_string(now.at);
    line.insert(0, line.size() < 8 ? 8 - line.size() : 0, ' ');
    line.append("  ").append(op.name);
    std::string_view module, name;
    switch (op.form) {
      case Form::none: break;
      case Form::i4: line += " " + std::to_string(static_cast<int32_t>(little(now.argument))); break;
      case Form::u1:
      case Form::u2:
      case Form::u4:
      case Form::u8: line += " " + std::to_string(little(now.argument)); break;
      case Form::f8: line += " " + std::to_string(std::bit_cast<double>(big(now.argument))); break;
      case Form::two_lines:
        module = now.argument;
        name = now.second;
        line += " " + printable(module) + "." + printable(name);
        break;
      case Form::line:
      case Form::bytes1:
      case Form::bytes4:
      case Form::bytes8:
        line += " '" + printable(now.argument) + "'";
        strings[0] = strings[1];
        strings[1] = now.argument;
        break;
    }
    if (op.code == 0x93) {
      module = strings[0];
      name = strings[1];
      line += " " + printable(module) + "." + printable(name);
    }
    const bool never =
        std::string_view("PQ\x82\x83\x84\x92\x97\x98").find(static_cast<char>(op.code)) != std::string_view::npos;
    if (never || (!name.empty() && find_known(module, name) == nullptr)) line += "   <- refused";
    text += line + "\n";
    if (op.code == '.') return text;
  }
  return text + why + "\n";
}

}  // namespace cachetted::codecs
