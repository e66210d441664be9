// Implements pickle_file.h: the reader.
#include "backends/pickle/pickle_file.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <unordered_map>
#include <vector>

#include "backends/pickle/objects.h"
#include "codecs/envelope.h"
#include "codecs/pickle.h"
#include "codecs/pickle_opcodes.h"

namespace cachetted::pickle {
namespace {

using codecs::Instruction;

constexpr uint32_t kMostDepth = 2000;  // objects in objects

// What lies on the stack or in the memo. 16 bytes, since a file has six for each key.
struct Item {
  enum class Kind : uint8_t {
    none,
    leaf,   // an opcode that makes a whole value, or names a global: at and size say where it stands
    node,   // a Node; `size` is its age
    value,  // a library's Value, by its number
    root,   // the outer dict
  };
  uint64_t at = 0;
  uint32_t size = 0;
  Kind kind = Kind::none;
  uint8_t code = 0;  // of a leaf
};
static_assert(sizeof(Item) == 16);

// What an opcode made of other items.
struct Node {
  uint8_t code = 0;   // that made it; 0: taken apart, and free
  uint32_t age = 0;   // grows when it is freed: an older item means what is gone
  uint32_t head = 0;  // parts that it was made of; the rest came later
  std::vector<Item> parts;
  struct Step {
    uint8_t code;
    uint32_t count;
  };
  std::vector<Step> steps;  // what was done to it later
};

struct Value {
  Item data;
  int64_t expires = 0;
  bool built = false;
};

class FileMachine {
 public:
  FileMachine(std::string_view file, const std::function<void(const FileEntry&)>& each)
      : file_(file), reader_(file), each_(each) {}

  bool run(std::string& why) {
    while (reader_.next(now_, why)) {
      if (now_.op->code == '.') {
        if (stack_.size() == 1 && stack_[0].kind == Item::Kind::root) return true;
        why = "it is no dict at byte " + std::to_string(now_.at);
        return false;
      }
      if (step()) continue;
      why = why_ + " at byte " + std::to_string(now_.at);
      return false;
    }
    return false;
  }

 private:
  bool fail(std::string why) {
    why_ = std::move(why);
    return false;
  }
  bool misused() { return fail(std::string(now_.op->name) + " finds something else than it needs"); }

  // --- items ---

  size_t base() const { return marks_.empty() ? 0 : marks_.back(); }
  bool has(size_t n) const { return stack_.size() - base() >= n; }
  Item pop() {
    const Item i = stack_.back();
    stack_.pop_back();
    return i;
  }
  bool pop_mark(size_t& from) {
    if (marks_.empty()) return fail(std::string(now_.op->name) + " without MARK");
    from = marks_.back();
    marks_.pop_back();
    return true;
  }
  bool push_leaf() {
    const uint64_t size = reader_.at() - now_.at;
    if (size > UINT32_MAX) return fail("a value of over 4 GiB");
    stack_.push_back({now_.at, static_cast<uint32_t>(size), Item::Kind::leaf, now_.op->code});
    return true;
  }
  std::string_view bytes_of(const Item& leaf) const { return file_.substr(leaf.at, leaf.size); }
  // The argument of a leaf's opcode.
  std::string_view argument_of(const Item& leaf) const {
    codecs::Reader reader(bytes_of(leaf));
    Instruction i;
    std::string why;
    reader.next(i, why);
    return i.argument;
  }
  Node* node_of(const Item& i) {
    if (i.kind != Item::Kind::node) return nullptr;
    Node& n = nodes_[i.at];
    return n.age == i.size && n.code != 0 ? &n : nullptr;
  }
  Item make(uint8_t code, size_t from) {
    uint64_t id;
    if (free_.empty()) {
      id = nodes_.size();
      nodes_.emplace_back();
    } else {
      id = free_.back();
      free_.pop_back();
    }
    Node& n = nodes_[id];
    n.code = code;
    n.parts.assign(stack_.begin() + static_cast<ptrdiff_t>(from), stack_.end());
    n.head = static_cast<uint32_t>(n.parts.size());
    n.steps.clear();
    stack_.resize(from);
    return {id, n.age, Item::Kind::node, 0};
  }
  bool push_node(uint8_t code, size_t from) {
    for (size_t i = from; i < stack_.size(); ++i)
      if (!may_be_part(stack_[i])) return false;
    const Item made = make(code, from);
    stack_.push_back(made);
    return true;
  }
  // Of what is kept as it is.
  bool may_be_part(const Item& i) {
    if (i.kind == Item::Kind::root) return fail("the outer dict is within itself");
    if (i.kind == Item::Kind::value) return fail("a cachette.backends.pickle.Value is within a value");
    return i.kind == Item::Kind::leaf || node_of(i) != nullptr || fail("a part of a Value is used again");
  }
  void free_node(const Item& i) {
    Node* n = node_of(i);
    if (n == nullptr) return;
    n->code = 0;
    ++n->age;
    if (n->parts.capacity() > 64) std::vector<Item>().swap(n->parts);
    free_.push_back(i.at);
  }

  // --- opcodes ---

  bool step() {
    const std::string_view a = now_.argument;
    switch (now_.op->code) {
      case '(': marks_.push_back(stack_.size()); return true;
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
      case '2':
        if (!has(1)) return misused();
        stack_.push_back(Item(stack_.back()));
        return true;
      case 'P':
      case 'Q': return fail("refused: a persistent id");
      case 0x82:
      case 0x83:
      case 0x84: return fail("refused: a name of the extension registry");
      case 0x97:
      case 0x98: return fail("refused: a buffer out of band");
      case 0x80:
        protocol_ = codecs::little(a);
        return protocol_ <= 5 || fail("protocol " + std::to_string(protocol_) + " is not known");
      case 0x95: return true;  // a frame: how much could be read at once
      case '}':
        if (stack_.empty() && marks_.empty()) {
          stack_.push_back({0, 0, Item::Kind::root, 0});
          return true;
        }
        return push_node(now_.op->code, stack_.size());
      case ']':
      case ')':
      case 0x8f: return push_node(now_.op->code, stack_.size());
      case 0x85: return has(1) ? push_node('t', stack_.size() - 1) : misused();
      case 0x86: return has(2) ? push_node('t', stack_.size() - 2) : misused();
      case 0x87: return has(3) ? push_node('t', stack_.size() - 3) : misused();
      case 't':
      case 'l':
      case 'd':
      case 0x91:
      case 'o': return of_mark();
      case 'a': return has(2) ? add_to(stack_.size() - 1, 'e') : misused();
      case 's': return has(3) ? add_to(stack_.size() - 2, 'u') : misused();
      case 'e':
      case 'u':
      case 0x90: {
        size_t from = 0;
        return pop_mark(from) && add_to(from, now_.op->code);
      }
      case 'p':
      case 'g': {
        uint64_t n = 0;
        auto [end, error] = std::from_chars(a.data(), a.data() + a.size(), n);
        if (error != std::errc{} || end != a.data() + a.size()) return misused();
        return now_.op->code == 'p' ? put(n) : get(n);
      }
      case 'q':
      case 'r': return put(codecs::little(a));
      case 0x94: return put(memo_.size());
      case 'h':
      case 'j': return get(codecs::little(a));
      case 0x93: return has(2) ? push_node(0x93, stack_.size() - 2) : misused();
      case 'R':
      case 0x81: return has(2) ? call(now_.op->code) : misused();
      case 0x92: return has(3) ? push_node(0x92, stack_.size() - 3) : misused();
      case 'b': return has(2) ? build() : misused();
      case 'i': return fail("refused: INST, which Python 2 alone wrote");
      default: return push_leaf();
    }
  }

  bool of_mark() {
    size_t from = 0;
    if (!pop_mark(from)) return false;
    if (now_.op->code == 'd' && stack_.empty() && marks_.empty()) {
      stack_.push_back({0, 0, Item::Kind::root, 0});
      return true;
    }
    if (now_.op->code == 'd' && from == 0 && marks_.empty()) {  // the outer dict with its pairs
      stack_.insert(stack_.begin(), Item{0, 0, Item::Kind::root, 0});
      return add_to(1, 'u');
    }
    if ((now_.op->code == 'd' && (stack_.size() - from) % 2 != 0) || (now_.op->code == 'o' && stack_.size() == from))
      return misused();
    return push_node(now_.op->code, from);
  }

  // What lies from there on goes into the container below it.
  bool add_to(size_t from, uint8_t code) {
    if (from <= base()) return misused();
    const Item to = stack_[from - 1];
    const size_t count = stack_.size() - from;
    if (code == 'u' && count % 2 != 0) return misused();
    if (to.kind == Item::Kind::root) {
      if (code != 'u') return misused();
      for (size_t i = from; i < stack_.size(); i += 2)
        if (!tell(stack_[i], stack_[i + 1])) return false;
      stack_.resize(from);
      return true;
    }
    Node* n = node_of(to);
    if (n == nullptr) return misused();
    for (size_t i = from; i < stack_.size(); ++i) {
      if (!may_be_part(stack_[i])) return false;
      n->parts.push_back(stack_[i]);
    }
    stack_.resize(from);
    if (!n->steps.empty() && n->steps.back().code == code) {
      n->steps.back().count += static_cast<uint32_t>(count);
    } else {
      n->steps.push_back({code, static_cast<uint32_t>(count)});
    }
    return true;
  }

  bool put(uint64_t n) {
    if (!has(1)) return misused();
    // Places follow each other; one far ahead would take memory for all before it.
    if (n > memo_.size() + now_.at)
      return fail("place " + std::to_string(n) + " of the memo, where " + std::to_string(memo_.size()) + " are due");
    if (n >= memo_.size()) memo_.resize(n + 1);
    memo_[n] = stack_.back();
    return true;
  }
  bool get(uint64_t n) {
    if (n >= memo_.size() || memo_[n].kind == Item::Kind::none)
      return fail("place " + std::to_string(n) + " of the memo is empty");
    stack_.push_back(memo_[n]);
    return true;
  }

  // --- Values ---

  // The module and name of a global; false: it is none.
  bool global_of(const Item& i, std::string_view& module, std::string_view& name) {
    if (i.kind == Item::Kind::leaf && i.code == 'c') {
      codecs::Reader reader(bytes_of(i));
      Instruction in;
      std::string why;
      reader.next(in, why);
      module = in.argument;
      name = in.second;
      return true;
    }
    Node* n = node_of(i);
    if (n == nullptr || n->code != 0x93) return false;
    for (const Item& part : n->parts)
      if (part.kind != Item::Kind::leaf) return false;
    module = argument_of(n->parts[0]);
    name = argument_of(n->parts[1]);
    return true;
  }
  bool is_global(const Item& i, std::string_view module, std::string_view name) {
    std::string_view m, n;
    return global_of(i, m, n) && m == module && n == name;
  }
  bool is_value_class(const Item& i) { return is_global(i, "cachette.backends.pickle", "Value"); }

  // Value.__new__(Value), or what protocols 0 and 1 make of it: copyreg._reconstructor(Value, object, None).
  bool call(uint8_t code) {
    const Item arguments = stack_[stack_.size() - 1], callee = stack_[stack_.size() - 2];
    const Node* n = node_of(arguments);
    bool value = false;
    if (n != nullptr && code == 0x81) {
      value = n->parts.empty() && is_value_class(callee);
    } else if (n != nullptr && n->parts.size() == 3 && is_value_class(n->parts[0])) {
      value = is_global(callee, "copyreg", "_reconstructor") || is_global(callee, "copy_reg", "_reconstructor");
    }
    if (!value) return push_node(code, stack_.size() - 2);
    stack_.resize(stack_.size() - 2);
    free_node(arguments);
    stack_.push_back({values_.size(), 0, Item::Kind::value, 0});
    values_.emplace_back();
    return true;
  }

  bool build() {
    const Item state = pop(), to = stack_.back();
    if (to.kind != Item::Kind::value) {
      stack_.push_back(state);
      return add_to(stack_.size() - 1, 'b');
    }
    Value& v = values_[to.at];
    Node* outer = node_of(state);
    if (v.built || outer == nullptr) return misused();
    const Item inner = member(*outer, "__dict__");
    Node* fields = node_of(inner);
    if (fields == nullptr) return fail("a Value without __dict__");
    v.data = member(*fields, "data");
    const Item expires = member(*fields, "expires");
    if (v.data.kind == Item::Kind::none || !number_of(expires, v.expires))
      return fail("a Value without data, or expires that is no int");
    v.built = true;
    for (const Item& part : outer->parts) {
      Node* n = node_of(part);
      if (n != nullptr && part.at != inner.at && n->code == 0x8f) free_node(part);
    }
    free_node(inner);
    free_node(state);
    return true;
  }

  // The last wins, as in Python.
  Item member(const Node& dict, std::string_view name) {
    Item found;
    for (size_t i = 0; i + 1 < dict.parts.size(); i += 2) {
      const Item& key = dict.parts[i];
      if (key.kind == Item::Kind::leaf && argument_of(key) == name) found = dict.parts[i + 1];
    }
    return found;
  }

  bool number_of(const Item& i, int64_t& to) {
    if (i.kind != Item::Kind::leaf) return false;
    const std::string_view a = argument_of(i);
    switch (i.code) {
      case 'K':
      case 'M': to = static_cast<int64_t>(codecs::little(a)); return true;
      case 'J': to = static_cast<int32_t>(codecs::little(a)); return true;
      case 'I':
      case 'L': {
        auto [end, error] = std::from_chars(a.data(), a.data() + a.size(), to);
        return error == std::errc{} && (end == a.data() + a.size() || *end == 'L');
      }
      case 0x8a: {
        if (a.size() > 8) return false;
        uint64_t n = codecs::little(a);
        if (!a.empty() && (a.back() & 0x80) != 0 && a.size() < 8) n |= ~uint64_t{0} << (8 * a.size());
        to = static_cast<int64_t>(n);
        return true;
      }
      default: return false;
    }
  }

  // --- pairs of the outer dict ---

  bool tell(const Item& key, const Item& value) {
    if (value.kind != Item::Kind::value || !values_[value.at].built) return fail(strange(value));
    const Value& v = values_[value.at];
    FileEntry e;
    std::string key_text;
    bool bytes = false;
    if (!plain_of(key, e.key, key_text, bytes)) return fail("a key that is no str");
    if (e.key.size() > memory::kMaxKeySize) return fail("a key of " + std::to_string(e.key.size()) + " bytes");
    if (v.expires < kNeverSeconds) e.expiry = v.expires <= 0 ? kPast : v.expires * 1000;
    std::string text;
    if (plain_of(v.data, e.value, text, bytes)) {
      const bool utf8 = is_utf8(e.value);
      if (utf8 != bytes) {
        const Opened o = open_envelope(e.value);
        if (o.enveloped && !o.packed()) {
          e.value = o.value;
          e.flags = o.flags;
        }
      } else if (bytes) {  // it would come back as a str
        e.form = memory::Form::foreign;
      } else if (!object(v.data, e, text)) {  // a str of lone surrogates
        return false;
      }
    } else if (!object(v.data, e, text)) {
      return false;
    }
    if (e.value.size() > memory::kMaxValueSize) return fail("a value of " + std::to_string(e.value.size()) + " bytes");
    each_(e);
    return true;
  }

  bool object(const Item& data, FileEntry& e, std::string& text) {
    std::string pickle;
    if (!emit_whole(data, pickle)) return false;
    text = make_object(pickle);
    e.form = memory::Form::foreign;
    e.value = text;
    return true;
  }

  // A str or bytes, in `kept` where it stands in the file otherwise.
  bool plain_of(const Item& i, std::string_view& to, std::string& kept, bool& bytes) {
    bytes = false;
    if (i.kind == Item::Kind::leaf) {
      switch (i.code) {
        case 'X':
        case 0x8c:
        case 0x8d: to = argument_of(i); return true;
        case 'B':
        case 'C':
        case 0x8e:
          bytes = true;
          to = argument_of(i);
          return true;
        case 'V':
        case 'S':
        case 'T':
        case 'U': break;
        default: return false;
      }
    } else {  // before protocol 3 bytes are made by a call
      const Node* n = node_of(i);
      if (n == nullptr || n->code != 'R' ||
          !(is_global(n->parts[0], "_codecs", "encode") || is_global(n->parts[0], "__builtin__", "bytes") ||
            is_global(n->parts[0], "builtins", "bytes")))
        return false;
    }
    std::string pickle, why;
    codecs::Document document;
    if (!emit_whole(i, pickle) || !codecs::read_pickle(pickle, {}, document, why)) return false;
    bytes = document.root->kind == codecs::Kind::bytes;
    if (!bytes && document.root->kind != codecs::Kind::string) return false;
    kept = document.root->text;
    to = kept;
    return true;
  }

  std::string strange(const Item& i) {
    std::string_view module, name;
    Item named = i;
    if (const Node* n = node_of(i); n != nullptr && (n->code == 'R' || n->code == 0x81 || n->code == 0x92))
      named = n->parts[0];
    if (global_of(named, module, name))
      return "refused global '" + codecs::printable(module) + "." + codecs::printable(name) + "'";
    return "a value that is no cachette.backends.pickle.Value";
  }

  // --- an object as a pickle of its own ---

  struct Emission {
    std::string& to;
    std::unordered_map<uint64_t, uint32_t> seen;    // by id_of: how often
    std::unordered_map<uint64_t, uint32_t> places;  // by id_of: the place in the memo
    uint32_t depth = 0, memoized = 0;
  };
  static constexpr uint32_t kShortLeaf = 16;  // bytes: those are repeated; a long text again and again would be endless

  static uint64_t id_of(const Item& i) { return i.at * 2 + (i.kind == Item::Kind::leaf ? 1 : 0); }

  bool emit_whole(const Item& i, std::string& to) {
    to.assign("\x80\x04", 2);
    Emission e{to, {}, {}, 0, 0};
    if ((i.kind != Item::Kind::leaf && !count(i, e)) || !emit(i, e)) return false;
    to += '.';
    return true;
  }
  bool count(const Item& i, Emission& e) {
    const Node* n = node_of(i);
    if (n == nullptr && i.kind != Item::Kind::leaf) return fail("a part of a Value is used again");
    if (n == nullptr && i.size <= kShortLeaf) return true;
    if (++e.seen[id_of(i)] > 1 || n == nullptr) return true;
    if (++e.depth > kMostDepth) return fail("objects in objects, over " + std::to_string(kMostDepth) + " deep");
    for (const Item& part : n->parts)
      if (!count(part, e)) return false;
    --e.depth;
    return true;
  }
  bool emit(const Item& i, Emission& e) {
    if (auto place = e.places.find(id_of(i)); place != e.places.end()) {
      if (place->second == UINT32_MAX) return fail("a tuple within itself");
      e.to += 'j';
      for (int shift = 0; shift < 32; shift += 8) e.to += static_cast<char>(place->second >> shift);
      return true;
    }
    const auto seen = e.seen.find(id_of(i));
    const bool shared = seen != e.seen.end() && seen->second > 1;
    if (shared) e.places[id_of(i)] = UINT32_MAX;
    if (i.kind == Item::Kind::leaf) {
      i.code == 'c' && protocol_ < 3 ? emit_old_global(i, e.to) : e.to.append(bytes_of(i));
    } else if (!emit_head(*node_of(i), e)) {
      return false;
    }
    if (shared) {
      e.places[id_of(i)] = e.memoized++;
      e.to += '\x94';
    }
    return i.kind == Item::Kind::leaf || emit_steps(*node_of(i), e);
  }
  bool emit_steps(const Node& n, Emission& e) {
    size_t part = n.head;
    for (const Node::Step& s : n.steps) {
      if (s.code != 'b') e.to += '(';
      for (uint32_t k = 0; k < s.count; ++k)
        if (!emit(n.parts[part++], e)) return false;
      e.to += static_cast<char>(s.code);
    }
    return true;
  }
  // Protocols below 3 have Python 2's names, which Python 3 translates there only (its Lib/_compat_pickle.py).
  std::string& emit_old_global(const Item& i, std::string& to) {
    std::string_view module, name;
    global_of(i, module, name);
    if (module == "__builtin__" && name == "xrange") name = "range";
    if (module == "__builtin__" && name == "unicode") name = "str";
    if (module == "__builtin__" && name == "long") name = "int";
    if (module == "__builtin__" || module == "exceptions") module = "builtins";
    if (module == "copy_reg") module = "copyreg";
    return to.append("c").append(module).append("\n").append(name).append("\n");
  }
  bool emit_head(const Node& n, Emission& e) {
    const bool marked = n.code == 't' || n.code == 'l' || n.code == 'd' || n.code == 0x91 || n.code == 'o';
    if (n.code == 't' && n.head >= 1 && n.head <= 3) {
      for (uint32_t k = 0; k < n.head; ++k)
        if (!emit(n.parts[k], e)) return false;
      e.to += static_cast<char>(0x84 + n.head);
      return true;
    }
    if (marked) e.to += '(';
    for (uint32_t k = 0; k < n.head; ++k)
      if (!emit(n.parts[k], e)) return false;
    e.to += static_cast<char>(n.code);
    return true;
  }

  std::string_view file_;
  codecs::Reader reader_;
  const std::function<void(const FileEntry&)>& each_;
  Instruction now_;
  std::string why_;
  std::vector<Item> stack_;
  std::vector<size_t> marks_;
  std::vector<Item> memo_;
  std::deque<Node> nodes_;
  std::vector<uint64_t> free_;
  std::deque<Value> values_;
  uint64_t protocol_ = 0;
};

}  // namespace

bool read_pickle_file(std::string_view file, const std::function<void(const FileEntry&)>& each, std::string& why) {
  return FileMachine(file, each).run(why);
}

}  // namespace cachetted::pickle
