// Implements pickle.h.
#include "codecs/pickle.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <vector>

#include "codecs/pickle_opcodes.h"
#include "codecs/pickle_text.h"
#include "codecs/text.h"

namespace cachetted::codecs {
namespace {

class Machine {
 public:
  Machine(std::string_view pickle, const Limits& limits, Document& into)
      : reader_(pickle), limits_(limits), into_(into) {}

  bool run(std::string& why) {
    while (reader_.next(now_, why)) {
      if (now_.op->code == '.') return stop(why);
      if (step()) continue;
      why = why_ + " at byte " + std::to_string(now_.at);
      return false;
    }
    return false;
  }

 private:
  // What lies on the stack: a value, or a name that is known.
  struct Item {
    Value* value = nullptr;
    Name name{};
    // A UUID that has no number yet.
    bool half() const { return value != nullptr && value->kind == Kind::uuid && value->text.empty(); }
  };
  static constexpr Item kNothing{nullptr, Name::none};

  bool fail(std::string why) {
    why_ = std::move(why);
    return false;
  }
  bool refuse(std::string_view module, std::string_view name) {
    return fail("refused global '" + printable(module) + "." + printable(name) + "'");
  }
  bool misused() { return fail(std::string(now_.op->name) + " finds something else than it needs"); }

  bool stop(std::string& why) {
    if (stack_.size() != 1 || stack_[0].value == nullptr || stack_[0].half() || !marks_.empty()) {
      why = "it does not end with one value at byte " + std::to_string(now_.at);
      return false;
    }
    into_.root = stack_[0].value;
    return true;
  }

  // --- the stack ---

  size_t base() const { return marks_.empty() ? 0 : marks_.back(); }
  bool has(size_t n) const { return stack_.size() - base() >= n; }
  Item pop() {
    Item i = stack_.back();
    stack_.pop_back();
    return i;
  }
  bool pop_mark(size_t& from) {
    if (marks_.empty()) return fail(std::string(now_.op->name) + " without MARK");
    from = marks_.back();
    marks_.pop_back();
    return true;
  }
  bool push(Item i) {
    if (stack_.size() >= limits_.items) return fail("over " + std::to_string(limits_.items) + " values");
    stack_.push_back(i);
    return true;
  }
  Value* made(Kind kind) {
    if (into_.size() >= limits_.items) {
      fail("over " + std::to_string(limits_.items) + " values");
      return nullptr;
    }
    return into_.make(kind);
  }
  bool push_made(Kind kind) {
    Value* v = made(kind);
    return v != nullptr && push({v});
  }
  bool push_number(Kind kind, int64_t n) {
    Value* v = made(kind);
    if (v == nullptr) return false;
    v->number = n;
    return push({v});
  }
  bool push_text(Kind kind, std::string_view text) {
    Value* v = made(kind);
    if (v == nullptr) return false;
    v->text = text;
    return push({v});
  }
  bool push_utf8(std::string_view text) {
    Value* v = made(Kind::string);
    if (v == nullptr) return false;
    v->text = text;
    v->known = is_plain(text) ? Text::plain : Text::utf8;
    if (v->known == Text::utf8) {
      const Utf8 checked = check_utf8(text);
      if (checked == Utf8::bad) return fail("a string that is no UTF-8");
      if (checked == Utf8::surrogates) v->known = Text::any;
    }
    return push({v});
  }
  bool push_real(double d) {
    Value* v = made(Kind::real);
    if (v == nullptr) return false;
    v->real = d;
    return push({v});
  }
  // Moves what lies from there on behind the items of `to`: values alone.
  bool collect(size_t from, Value& to) {
    // Shared references could make a long list of few bytes again and again: each costs one here.
    held_ += stack_.size() - from;
    if (held_ > limits_.items * 2) return fail("over " + std::to_string(limits_.items) + " values");
    into_.reserve(to.items, to.items.size() + stack_.size() - from);
    for (size_t i = from; i < stack_.size(); ++i) {
      if (stack_[i].value == nullptr || stack_[i].half()) return misused();
      into_.add(to.items, stack_[i].value);
    }
    stack_.resize(from);
    return true;
  }
  bool push_collected(Kind kind, size_t from) {
    if (kind == Kind::tuple && names_a_uuid(from)) {
      stack_.resize(from);
      return push_made(Kind::uuid);
    }
    Value* v = made(kind);
    if (v == nullptr || !collect(from, *v)) return false;
    if (kind == Kind::map && v->items.size() % 2 != 0) return misused();
    return push({v});
  }

  // (UUID, object, None): what protocols 0 and 1 call copyreg._reconstructor with.
  bool names_a_uuid(size_t from) const {
    if (stack_.size() - from != 3) return false;
    const Item *i = &stack_[from], *object = i + 1, *none = i + 2;
    return i->value == nullptr && i->name == Name::uuid && object->value == nullptr && object->name == Name::object &&
           is(*none, Kind::null);
  }

  // --- the opcodes ---

  bool step() {
    const std::string_view a = now_.argument;
    switch (now_.op->code) {
      case '(': marks_.push_back(stack_.size()); return marks_.size() <= limits_.items || fail("too many marks");
      case '0':
        if (has(1)) {
          stack_.pop_back();
          return true;
        }
        [[fallthrough]];
      case '1': {
        size_t from = 0;
        if (!pop_mark(from)) return false;
        stack_.resize(from);
        return true;
      }
      case '2': return has(1) ? push(stack_.back()) : misused();
      case 'F': {
        const std::string text(a);
        char* end = nullptr;
        const double d = std::strtod(text.c_str(), &end);
        return end == text.c_str() + text.size() && !text.empty() ? push_real(d) : misused();
      }
      case 'I':
        if (a == "01" || a == "00") return push_number(Kind::boolean, a == "01");
        return integer(a);
      case 'L': return integer(a.ends_with('L') ? a.substr(0, a.size() - 1) : a);
      case 'J': return push_number(Kind::integer, static_cast<int32_t>(little(a)));
      case 'K':
      case 'M': return push_number(Kind::integer, static_cast<int64_t>(little(a)));
      case 'N': return push_made(Kind::null);
      case 'P':
      case 'Q': return fail("refused: a persistent id");
      case 0x82:
      case 0x83:
      case 0x84: return fail("refused: a name of the extension registry");
      case 0x97:
      case 0x98: return fail("refused: a buffer out of band");
      case 'S': return quoted(a);
      case 'T':
      case 'U': return push_text(Kind::string, latin1(a));  // of Python 2
      case 'V': return raw_unicode(a);
      case 'X':
      case 0x8c:
      case 0x8d: return push_utf8(a);
      case 'B':
      case 'C':
      case 0x8e: return push_text(Kind::bytes, a);
      case 0x96: return push_text(Kind::bytearray, a);
      case 'G': return push_real(std::bit_cast<double>(big(a)));
      case 0x8a:
      case 0x8b: return long_integer(a);
      case 0x88: return push_number(Kind::boolean, 1);
      case 0x89: return push_number(Kind::boolean, 0);
      case '}': return push_made(Kind::map);
      case ']': return push_made(Kind::list);
      case ')': return push_made(Kind::tuple);
      case 0x8f: return push_made(Kind::set);
      case 0x85: return has(1) ? push_collected(Kind::tuple, stack_.size() - 1) : misused();
      case 0x86: return has(2) ? push_collected(Kind::tuple, stack_.size() - 2) : misused();
      case 0x87: return has(3) ? push_collected(Kind::tuple, stack_.size() - 3) : misused();
      case 't': return of_mark(Kind::tuple);
      case 'l': return of_mark(Kind::list);
      case 'd': return of_mark(Kind::map);
      case 0x91: return of_mark(Kind::frozenset);
      case 'a': return has(2) ? add_to(stack_.size() - 1, Kind::list) : misused();
      case 'e': return add_marked(Kind::list);
      case 0x90: return add_marked(Kind::set);
      case 's': return has(3) ? add_to(stack_.size() - 2, Kind::map) : misused();
      case 'u': return add_marked(Kind::map);
      case 'p':
      case 'g': {
        uint64_t n = 0;
        auto [end, error] = std::from_chars(a.data(), a.data() + a.size(), n);
        if (error != std::errc{} || end != a.data() + a.size()) return misused();
        return now_.op->code == 'p' ? put(n) : get(n);
      }
      case 'q':
      case 'r': return put(little(a));
      case 'h':
      case 'j': return get(little(a));
      case 0x94: return put(memo_.size());
      case 0x80: return little(a) <= 5 || fail("protocol " + std::to_string(little(a)) + " is not known");
      case 0x95: return true;  // how much could be read at once
      case 'c': return global(a, now_.second);
      case 0x93: {
        if (!has(2)) return misused();
        const Item name = pop(), module = pop();
        if (!is(name, Kind::string) || !is(module, Kind::string)) return misused();
        return global(module.value->text, name.value->text);
      }
      case 'R':
      case 0x81: {
        if (!has(2)) return misused();
        const Item arguments = pop(), callee = pop();
        return call(callee, arguments);
      }
      case 'i': {
        size_t from = 0;
        if (!pop_mark(from)) return false;
        Value* tuple = made(Kind::tuple);
        if (tuple == nullptr || !collect(from, *tuple) || !global(a, now_.second)) return false;
        return call(pop(), {tuple});
      }
      case 'o': {
        size_t from = 0;
        if (!pop_mark(from)) return false;
        if (stack_.size() == from) return misused();
        const Item callee = stack_[from];
        Value* tuple = made(Kind::tuple);
        if (tuple == nullptr || !collect(from + 1, *tuple)) return false;
        stack_.pop_back();
        return call(callee, {tuple});
      }
      case 0x92: return fail("refused: NEWOBJ_EX, which no plain data needs");
      case 'b': return build();
      default: return fail(std::string("refused: ") + now_.op->name);
    }
  }

  static bool is(const Item& i, Kind kind) { return i.value != nullptr && i.value->kind == kind; }

  bool of_mark(Kind kind) {
    size_t from = 0;
    return pop_mark(from) && push_collected(kind, from);
  }
  // What lies from there on goes into the container below it.
  bool add_to(size_t from, Kind kind) {
    if (from <= base()) return misused();
    const Item& to = stack_[from - 1];
    const bool fits = is(to, kind) || (kind == Kind::map && is(to, Kind::ordered));
    if (!fits || (kind == Kind::map && (stack_.size() - from) % 2 != 0)) return misused();
    return collect(from, *to.value);
  }
  bool add_marked(Kind kind) {
    size_t from = 0;
    return pop_mark(from) && add_to(from, kind);
  }

  bool put(uint64_t n) {
    if (!has(1)) return misused();
    if (n >= limits_.items)
      return fail("place " + std::to_string(n) + " of the memo, of at most " + std::to_string(limits_.items));
    // Places follow each other; one far ahead would take memory for all before it.
    if (n > memo_.size() + now_.at)
      return fail("place " + std::to_string(n) + " of the memo, where " + std::to_string(memo_.size()) + " are due");
    if (n == memo_.size()) return memo_.push_back(stack_.back()), true;
    if (n > memo_.size()) memo_.resize(n + 1, kNothing);
    memo_[n] = stack_.back();
    return true;
  }
  bool get(uint64_t n) {
    if (n >= memo_.size() || (memo_[n].value == nullptr && memo_[n].name == Name::none))
      return fail("place " + std::to_string(n) + " of the memo is empty");
    return push(memo_[n]);
  }

  // --- numbers and strings ---

  bool digits(std::string_view s) {
    const bool negative = s.starts_with('-');
    s.remove_prefix(negative ? 1 : 0);
    s.remove_prefix(std::min(s.find_first_not_of('0'), s.size()));
    if (s.size() > limits_.digits)
      return fail("an integer of " + std::to_string(s.size()) + " digits, of at most " +
                  std::to_string(limits_.digits));
    return push_text(Kind::integer, into_.keep((negative ? "-" : "") + std::string(s)));
  }
  bool integer(std::string_view s) {
    while (s.starts_with(' ')) s.remove_prefix(1);
    while (s.ends_with(' ')) s.remove_suffix(1);
    if (s.starts_with('+')) s.remove_prefix(1);
    const std::string_view plain = s.starts_with('-') ? s.substr(1) : s;
    if (plain.empty() || plain.find_first_not_of("0123456789") != plain.npos) return misused();
    int64_t n = 0;
    auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), n);
    return error == std::errc{} ? push_number(Kind::integer, n) : digits(s);
  }
  // Two's complement, its lowest byte first.
  bool long_integer(std::string_view s) {
    if (s.size() <= 8) {
      const bool negative = !s.empty() && (static_cast<unsigned char>(s.back()) & 0x80) != 0;
      uint64_t n = little(s);
      if (negative && s.size() < 8) n |= ~uint64_t{0} << (8 * s.size());
      return push_number(Kind::integer, static_cast<int64_t>(n));
    }
    const size_t most = limits_.digits * 416 / 1000;  // bytes: log2(10) / 8
    if (s.size() > most)
      return fail("an integer of " + std::to_string(s.size()) + " bytes, of at most " + std::to_string(most));
    return integer(digits_of_long(s));
  }

  std::string_view latin1(std::string_view s) {
    if (std::none_of(s.begin(), s.end(), [](char c) { return (c & 0x80) != 0; })) return s;
    return into_.keep(latin1_as_utf8(s));
  }
  bool raw_unicode(std::string_view s) {
    std::string to;
    return read_raw_unicode(s, to) ? push_text(Kind::string, into_.keep(to)) : misused();
  }
  bool quoted(std::string_view s) {
    std::string to;
    return read_quoted(s, to) ? push_text(Kind::string, into_.keep(to)) : misused();
  }

  // --- names and what they are called with ---

  bool global(std::string_view module, std::string_view name) {
    const Known* k = find_known(module, name);
    if (k == nullptr) return refuse(module, name);
    Item i;
    i.name = k->is;
    return push(i);
  }

  bool wrong_call(const Item& callee) {
    return fail("'" + name_of(callee.name) + "' is called with something else than plain data");
  }

  bool call(const Item& callee, const Item& arguments) {
    if (callee.value != nullptr) return misused();
    if (callee.name == Name::reconstruct && arguments.half()) return push(arguments);
    if (!is(arguments, Kind::tuple)) return misused();
    const Items& args = arguments.value->items;
    auto arg = [&](size_t i, Kind kind) { return i < args.size() && args[i]->kind == kind; };
    switch (callee.name) {
      case Name::set:
      case Name::frozenset: {
        Value* v = made(callee.name == Name::set ? Kind::set : Kind::frozenset);
        if (v == nullptr) return false;
        if (args.size() > 1 || (args.size() == 1 && !arg(0, Kind::list) && !arg(0, Kind::tuple)))
          return wrong_call(callee);
        if (args.size() == 1) {
          held_ += args[0]->items.size();
          if (held_ > limits_.items * 2) return fail("over " + std::to_string(limits_.items) + " values");
          for (Value* item : args[0]->items) into_.add(v->items, item);
        }
        return push({v});
      }
      case Name::bytes:
        if (args.empty()) return push_text(Kind::bytes, {});
        return args.size() == 1 && arg(0, Kind::bytes) ? push_text(Kind::bytes, args[0]->text) : wrong_call(callee);
      case Name::bytearray:
        if (args.empty()) return push_text(Kind::bytearray, {});
        if (args.size() == 1 && arg(0, Kind::bytes)) return push_text(Kind::bytearray, args[0]->text);
        return latin1_call(callee, args, Kind::bytearray);
      case Name::encode: return latin1_call(callee, args, Kind::bytes);
      case Name::ordered: return args.empty() ? push_made(Kind::ordered) : pairs(callee, args);
      case Name::decimal:
        return args.size() == 1 && arg(0, Kind::string) && is_decimal(args[0]->text)
                   ? push_text(Kind::decimal, args[0]->text)
                   : wrong_call(callee);
      case Name::uuid: return args.empty() ? push_made(Kind::uuid) : wrong_call(callee);
      case Name::date:
      case Name::time:
      case Name::datetime: return moment(callee, args);
      case Name::duration: return duration(callee, args);
      case Name::zone: return zone(callee, args);
      case Name::object:
      case Name::reconstruct:
      case Name::none: break;
    }
    return wrong_call(callee);
  }

  // codecs.encode(text, "latin1"), as bytes are written below protocol 3.
  bool latin1_call(const Item& callee, const Items& args, Kind kind) {
    const bool fits = args.size() == 2 && args[0]->kind == Kind::string && args[1]->kind == Kind::string &&
                      (args[1]->text == "latin1" || args[1]->text == "latin-1");
    std::string bytes;
    return fits && utf8_as_latin1(args[0]->text, bytes) ? push_text(kind, into_.keep(bytes)) : wrong_call(callee);
  }
  // OrderedDict([[key, value], ...]), as Python 2 writes it.
  bool pairs(const Item& callee, const Items& args) {
    if (args.size() != 1 || args[0]->kind != Kind::list) return wrong_call(callee);
    Value* v = made(Kind::ordered);
    if (v == nullptr) return false;
    held_ += args[0]->items.size() * 2;
    if (held_ > limits_.items * 2) return fail("over " + std::to_string(limits_.items) + " values");
    for (Value* pair : args[0]->items) {
      if ((pair->kind != Kind::list && pair->kind != Kind::tuple) || pair->items.size() != 2) return wrong_call(callee);
      into_.add(v->items, pair->items[0]);
      into_.add(v->items, pair->items[1]);
    }
    return push({v});
  }

  bool build() {
    if (!has(2)) return misused();
    const Item state = pop();
    Item& to = stack_.back();
    if (!to.half() || !is(state, Kind::map)) return fail("refused: BUILD of what is not plain data");
    const Items& items = state.value->items;
    for (size_t i = 0; i + 1 < items.size(); i += 2) {
      if (items[i]->kind != Kind::string || items[i]->text != "int" || items[i + 1]->kind != Kind::integer) continue;
      std::string bytes;
      if (!uuid_bytes(*items[i + 1], bytes)) break;
      to.value->text = into_.keep(bytes);
      return true;
    }
    return fail("a UUID without its number");
  }
  static bool uuid_bytes(const Value& n, std::string& to) {
    std::string digits = n.text.empty() ? std::to_string(n.number) : std::string(n.text);
    if (digits.starts_with('-') || digits.size() > 39) return false;
    std::array<unsigned, 16> bytes{};
    for (char c : digits) {
      unsigned carry = static_cast<unsigned>(c - '0');
      for (size_t i = 16; i > 0; --i) {
        const unsigned sum = bytes[i - 1] * 10 + carry;
        bytes[i - 1] = sum & 255;
        carry = sum >> 8;
      }
      if (carry != 0) return false;
    }
    for (unsigned b : bytes) to += static_cast<char>(b);
    return true;
  }

  // date, time and datetime: their bytes, and a zone.
  bool moment(const Item& callee, const Items& args) {
    if (args.empty() || args.size() > 2) return wrong_call(callee);
    std::string bytes;
    if (args[0]->kind == Kind::bytes) {
      bytes = args[0]->text;
    } else if (args[0]->kind != Kind::string || !utf8_as_latin1(args[0]->text, bytes)) {  // of Python 2
      return wrong_call(callee);
    }
    const size_t width = callee.name == Name::date ? 4 : callee.name == Name::time ? 6 : 10;
    if (bytes.size() != width || (args.size() == 2 && (callee.name == Name::date || args[1]->kind != Kind::zone)))
      return wrong_call(callee);
    size_t at = 0;
    auto take = [&](size_t n) {
      const uint64_t number = big(std::string_view(bytes).substr(at, n));
      at += n;
      return static_cast<int64_t>(number);
    };
    int64_t days = 0, day = 0, micros = 0;
    if (callee.name != Name::time) {
      const int64_t year = take(2), month = take(1) & 127, d = take(1);  // the month's high bit is `fold`
      if (year < 1 || year > 9999 || month < 1 || month > 12 || d < 1 || d > 31) return wrong_call(callee);
      days = days_of(year, month, d);
      day = year * 10'000 + month * 100 + d;
      if (day_of(days) != day) return wrong_call(callee);
    }
    if (callee.name != Name::date) {
      const int64_t hour = take(1) & 127, minute = take(1), second = take(1), fraction = take(3);
      if (hour > 23 || minute > 59 || second > 59 || fraction > 999'999) return wrong_call(callee);
      micros = ((hour * 60 + minute) * 60 + second) * 1'000'000 + fraction;
    }
    Value* v = made(callee.name == Name::date ? Kind::date : callee.name == Name::time ? Kind::time : Kind::datetime);
    if (v == nullptr) return false;
    v->number = v->kind == Kind::date ? day : v->kind == Kind::time ? micros : days * kDay + micros;
    if (args.size() == 2) v->zone = args[1]->zone;
    return push({v});
  }

  bool duration(const Item& callee, const Items& args) {
    if (args.size() != 3) return wrong_call(callee);
    for (const Value* a : args)
      if (a->kind != Kind::integer || !a->text.empty()) return wrong_call(callee);
    const int64_t days = args[0]->number, seconds = args[1]->number, micros = args[2]->number;
    if (days < -kMostDays || days > kMostDays || seconds < 0 || seconds >= 86'400 || micros < 0 || micros >= 1'000'000)
      return wrong_call(callee);
    Value* v = made(Kind::duration);
    if (v == nullptr) return false;
    v->number = seconds * 1'000'000 + micros;
    v->days = days;
    return push({v});
  }

  bool zone(const Item& callee, const Items& args) {
    if (args.empty() || args.size() > 2 || args[0]->kind != Kind::duration) return wrong_call(callee);
    if (args[0]->days < -1 || args[0]->days > 0) return wrong_call(callee);
    const int64_t east = args[0]->days * kDay + args[0]->number;
    if (east <= -kDay) return wrong_call(callee);
    Value* v = made(Kind::zone);
    if (v == nullptr) return false;
    v->zone = east;
    return push({v});
  }

  Reader reader_;
  const Limits& limits_;
  Document& into_;
  Instruction now_;
  std::string why_;
  std::vector<Item> stack_;
  std::vector<size_t> marks_;
  std::vector<Item> memo_;
  size_t held_ = 0;  // references in containers
};

}  // namespace

bool read_pickle(std::string_view pickle, const Limits& limits, Document& into, std::string& why) {
  return Machine(pickle, limits, into).run(why);
}

}  // namespace cachetted::codecs
