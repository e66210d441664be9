// Implements pickle_opcodes.h, and the lines that explain a pickle.
#include "codecs/pickle_opcodes.h"

#include <array>
#include <bit>
#include <iterator>

#include "codecs/pickle.h"

namespace cachetted::codecs {
namespace {

constexpr Opcode kOpcodes[] = {
    {'(', "MARK", Layout::none},
    {'.', "STOP", Layout::none},
    {'0', "POP", Layout::none},
    {'1', "POP_MARK", Layout::none},
    {'2', "DUP", Layout::none},
    {'F', "FLOAT", Layout::line},
    {'I', "INT", Layout::line},
    {'J', "BININT", Layout::i4},
    {'K', "BININT1", Layout::u1},
    {'L', "LONG", Layout::line},
    {'M', "BININT2", Layout::u2},
    {'N', "NONE", Layout::none},
    {'P', "PERSID", Layout::line},
    {'Q', "BINPERSID", Layout::none},
    {'R', "REDUCE", Layout::none},
    {'S', "STRING", Layout::line},
    {'T', "BINSTRING", Layout::bytes4},
    {'U', "SHORT_BINSTRING", Layout::bytes1},
    {'V', "UNICODE", Layout::line},
    {'X', "BINUNICODE", Layout::bytes4},
    {'a', "APPEND", Layout::none},
    {'b', "BUILD", Layout::none},
    {'c', "GLOBAL", Layout::two_lines},
    {'d', "DICT", Layout::none},
    {'}', "EMPTY_DICT", Layout::none},
    {'e', "APPENDS", Layout::none},
    {'g', "GET", Layout::line},
    {'h', "BINGET", Layout::u1},
    {'i', "INST", Layout::two_lines},
    {'j', "LONG_BINGET", Layout::u4},
    {'l', "LIST", Layout::none},
    {']', "EMPTY_LIST", Layout::none},
    {'o', "OBJ", Layout::none},
    {'p', "PUT", Layout::line},
    {'q', "BINPUT", Layout::u1},
    {'r', "LONG_BINPUT", Layout::u4},
    {'s', "SETITEM", Layout::none},
    {'t', "TUPLE", Layout::none},
    {')', "EMPTY_TUPLE", Layout::none},
    {'u', "SETITEMS", Layout::none},
    {'G', "BINFLOAT", Layout::f8},
    {'B', "BINBYTES", Layout::bytes4},
    {'C', "SHORT_BINBYTES", Layout::bytes1},
    {0x80, "PROTO", Layout::u1},
    {0x81, "NEWOBJ", Layout::none},
    {0x82, "EXT1", Layout::u1},
    {0x83, "EXT2", Layout::u2},
    {0x84, "EXT4", Layout::i4},
    {0x85, "TUPLE1", Layout::none},
    {0x86, "TUPLE2", Layout::none},
    {0x87, "TUPLE3", Layout::none},
    {0x88, "NEWTRUE", Layout::none},
    {0x89, "NEWFALSE", Layout::none},
    {0x8a, "LONG1", Layout::bytes1},
    {0x8b, "LONG4", Layout::bytes4},
    {0x8c, "SHORT_BINUNICODE", Layout::bytes1},
    {0x8d, "BINUNICODE8", Layout::bytes8},
    {0x8e, "BINBYTES8", Layout::bytes8},
    {0x8f, "EMPTY_SET", Layout::none},
    {0x90, "ADDITEMS", Layout::none},
    {0x91, "FROZENSET", Layout::none},
    {0x92, "NEWOBJ_EX", Layout::none},
    {0x93, "STACK_GLOBAL", Layout::none},
    {0x94, "MEMOIZE", Layout::none},
    {0x95, "FRAME", Layout::u8},
    {0x96, "BYTEARRAY8", Layout::bytes8},
    {0x97, "NEXT_BUFFER", Layout::none},
    {0x98, "READONLY_BUFFER", Layout::none},
};

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

constinit const std::array<const Opcode*, 256> kByCode = [] {
  std::array<const Opcode*, 256> rows{};
  for (const Opcode& op : kOpcodes) rows[op.code] = &op;
  return rows;
}();

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

bool Reader::no_opcode(std::string& why) {
  if (at_ == pickle_.size()) return fail(why, "it ends without STOP");
  return fail(why, "no opcode is " + std::to_string(static_cast<unsigned char>(pickle_[at_])));
}

bool Reader::fail(std::string& why, std::string_view what) {
  why = std::string(what) + " at byte " + std::to_string(at_);
  return false;
}

bool Reader::line(std::string_view& to, std::string& why) {
  const size_t end = pickle_.find('\n', at_);
  if (end == pickle_.npos) return cut(why);
  to = pickle_.substr(at_, end - at_);
  at_ = end + 1;
  return true;
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
    switch (op.layout) {
      case Layout::none: break;
      case Layout::i4: line += " " + std::to_string(static_cast<int32_t>(little(now.argument))); break;
      case Layout::u1:
      case Layout::u2:
      case Layout::u4:
      case Layout::u8: line += " " + std::to_string(little(now.argument)); break;
      case Layout::f8: line += " " + std::to_string(std::bit_cast<double>(big(now.argument))); break;
      case Layout::two_lines:
        module = now.argument;
        name = now.second;
        line += " " + printable(module) + "." + printable(name);
        break;
      case Layout::line:
      case Layout::bytes1:
      case Layout::bytes4:
      case Layout::bytes8:
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
