// A Reply to RESP bytes, one function for each shape of answer.
#include "protocol/resp/replies.h"

#include <charconv>

#include "core/bytes.h"

namespace cachetted::resp {
namespace {

// A long list yields to other sessions after this many bytes; flush comes back for the rest.
constexpr size_t kPiece = 256 << 10;

bool value_or_null(const Value& v, Writer& w) {
  if (v.found) {
    w.bulk(v);
  } else {
    w.null();
  }
  return true;
}

// The names of a listing, resumed where the last call stopped.
bool compose_names(Listing& names, Writer& w) {
  size_t limit = w.out().size() + kPiece;
  std::string_view name;
  while (w.out().size() < limit) {
    if (!names.next(name)) return true;
    w.bulk(name);
  }
  return false;
}

}  // namespace

bool compose_wire(Request& r, Writer& w) {
  const Value& v = r.reply.value;
  if (v.blob != nullptr && v.size >= Output::kByRef) {
    w.out().append(v.blob, v.view());
  } else {
    w.out().append(v.view());
  }
  return true;
}

bool compose_ok(Request&, Writer& w) {
  w.raw("+OK\r\n");
  return true;
}

bool compose_set(Request& r, Writer& w) {
  if (r.has(kReturnOld)) return value_or_null(r.reply.value, w);
  if (r.reply.status == Status::ok) {
    w.raw("+OK\r\n");
  } else {
    w.null();
  }
  return true;
}

bool compose_setnx(Request& r, Writer& w) { return compose_yes_no(r, w); }
bool compose_getset(Request& r, Writer& w) { return value_or_null(r.reply.value, w); }
bool compose_value(Request& r, Writer& w) { return value_or_null(r.reply.value, w); }

bool compose_getex(Request& r, Writer& w) {
  if (r.has(kErrorIfFound) && r.reply.value.found) {
    w.error(r.value);
    return true;
  }
  return value_or_null(r.reply.value, w);
}

bool compose_values(Request& r, Writer& w) {
  w.array(r.reply.items.size());
  for (const Value& v : r.reply.items) {
    if ((v.marks & kFailed) != 0) [[unlikely]] {
      w.error_with_code(v.size != 0 ? v.view() : r.reply.text);
    } else {
      value_or_null(v, w);
    }
  }
  return true;
}

bool compose_number(Request& r, Writer& w) {
  w.integer(r.reply.number);
  return true;
}

bool compose_bits(Request& r, Writer& w) {
  if (r.has(kErrorIfFound) && r.reply.status == Status::ok) {
    w.error(r.value);
  } else {
    w.integer(r.reply.number);
  }
  return true;
}

bool compose_bitpos(Request& r, Writer& w) {
  if (r.reply.status == Status::miss) {
    w.integer(r.cas != 0 ? -1 : 0);
    return true;
  }
  return compose_bits(r, w);
}

bool compose_yes_no(Request& r, Writer& w) {
  w.raw(r.reply.status == Status::ok ? ":1\r\n" : ":0\r\n");
  return true;
}

bool compose_float(Request& r, Writer& w) {
  w.bulk(r.reply.text);
  return true;
}

bool compose_range(Request& r, Writer& w) {
  w.bulk(r.reply.value);
  return true;
}

bool compose_lcs(Request& r, Writer& w) {
  if (r.has(kLcsLength)) {
    w.integer(r.reply.number);
    return true;
  }
  if (!r.has(kLcsIndexes)) {
    w.bulk(r.reply.text);
    return true;
  }
  auto* matches = reinterpret_cast<const LcsMatch*>(r.reply.value.data);
  w.map(2);
  w.bulk("matches");
  w.array(r.reply.value.size);
  for (uint32_t i = 0; i < r.reply.value.size; ++i) {
    const LcsMatch& m = matches[i];
    w.array(r.has(kLcsWithLength) ? 3 : 2);
    w.array(2);
    w.integer(m.a_start);
    w.integer(m.a_end);
    w.array(2);
    w.integer(m.b_start);
    w.integer(m.b_end);
    if (r.has(kLcsWithLength)) w.integer(m.a_end - m.a_start + 1);
  }
  w.bulk("len");
  w.integer(r.reply.number);
  return true;
}

bool compose_type(Request& r, Writer& w) {
  std::string_view other = r.reply.text;  // of a store that has more types
  w.simple(r.reply.status != Status::ok ? "none" : other.empty() ? "string" : other);
  return true;
}

bool compose_expiry(Request& r, Writer& w) {
  if (r.reply.status != Status::ok) {
    w.integer(-2);
  } else if (r.reply.expiry == kNever) {
    w.integer(-1);
  } else {
    int64_t ms = r.has(kAbsolute) ? r.reply.expiry : r.reply.number;
    w.integer(r.has(kMilliseconds) ? ms : nearest_seconds(ms));
  }
  return true;
}

bool compose_rename(Request& r, Writer& w) { return r.has(kIfAbsent) ? compose_yes_no(r, w) : compose_ok(r, w); }

bool compose_key(Request& r, Writer& w) { return value_or_null(r.reply.value, w); }

bool compose_keys(Request& r, Writer& w) {
  if (r.reply.composed == 0) {
    w.array(r.reply.listing != nullptr ? r.reply.listing->size() : 0);
    r.reply.composed = 1;
  }
  return r.reply.listing == nullptr || compose_names(*r.reply.listing, w);
}

bool compose_scan(Request& r, Writer& w) {
  if (r.reply.composed == 0) {
    w.array(2);
    char text[20];
    auto end = std::to_chars(text, text + 20, static_cast<uint64_t>(r.reply.cursor)).ptr;
    w.bulk(std::string_view(text, static_cast<size_t>(end - text)));
  }
  return compose_keys(r, w);
}

bool compose_group(Request& r, Writer& w) {
  if (r.reply.status == Status::aborted) {
    w.null_array();
    return true;
  }
  if (r.reply.composed == 0) {
    w.array(static_cast<size_t>(r.number));
    r.reply.composed = 1;
    r.reply.child = r.children;
  }
  for (; r.reply.child != nullptr; r.reply.child = r.reply.child->next) {
    if (!compose(*r.reply.child, w.out())) return false;
  }
  return true;
}

bool compose_encoding(Request& r, Writer& w) {
  if (r.reply.status != Status::ok) {
    w.null();
  } else {
    w.bulk(r.reply.text);
  }
  return true;
}

bool compose_freq(Request& r, Writer& w) {
  if (r.reply.status != Status::ok) {
    w.null();
  } else {
    w.error(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching "
        "between policies at runtime LRU and LFU data will take some time to adjust.");
  }
  return true;
}

bool compose_idletime(Request& r, Writer& w) {
  if (r.reply.status != Status::ok) {
    w.null();
  } else {
    w.integer(r.reply.number);
  }
  return true;
}

bool compose_refcount(Request& r, Writer& w) {
  if (r.reply.status != Status::ok) {
    w.null();
  } else {
    w.integer(1);
  }
  return true;
}

bool compose_usage(Request& r, Writer& w) {
  if (r.reply.status != Status::ok) {
    w.null();
  } else {
    w.integer(static_cast<int64_t>(r.reply.value.size));
  }
  return true;
}

bool compose_explain(Request& r, Writer& w) {
  if (r.reply.status != Status::ok) {
    w.null();
    return true;
  }
  auto seen = [&r](size_t i) { return i < r.args.size() ? r.args[i] : std::string_view("unknown"); };
  constexpr size_t kSeen = 3;  // what follows are pairs: of a table
  w.map(static_cast<int64_t>(9 + (r.args.size() > kSeen ? (r.args.size() - kSeen) / 2 : 0)));
  w.bulk("route");
  w.bulk(r.value);
  w.bulk("codec");
  w.bulk(seen(0));
  w.bulk("compression");
  w.bulk(seen(1));
  w.bulk("readable");
  w.bulk(seen(2));
  w.bulk("encoding");
  w.bulk(r.reply.text);
  w.bulk("stored_bytes");
  w.integer(r.reply.value.size);
  w.bulk("flags");
  w.integer(r.reply.value.flags);
  w.bulk("expires_at_ms");
  w.integer(r.reply.expiry == kNever ? -1 : r.reply.expiry);
  w.bulk("ttl_ms");
  w.integer(r.reply.expiry == kNever ? -1 : r.reply.cursor);
  for (size_t i = kSeen; i < r.args.size(); ++i) w.bulk(r.args[i]);
  return true;
}

}  // namespace cachetted::resp
