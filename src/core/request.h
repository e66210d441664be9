// One command of one client, from its parse to the last byte of its reply: what is asked, and the slot for the answer.
// Borrowed from the loop's pool by the session that parsed it and given back once its reply is composed. Belongs to one
// loop, except while a backend's worker holds it. Views point into the read buffer or the tick's arena: they are
// valid until the end of the tick in which the request was parsed; a backend that keeps it longer copies what it needs.
#pragma once
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>

#include "core/arena.h"
#include "core/blob.h"
#include "core/expiry.h"
#include "core/listing.h"
#include "core/op.h"
#include "core/status.h"

namespace cachetted {

struct Request;
struct Owner;       // the session's FIFO (below)
struct Watch;       // core/watch.h
struct Conversion;  // pipeline/conversion.h
struct CommandRow;  // the protocol's table row, opaque here but for its label

// Bits of Request::options; which ones an operation reads stands in ops.def.
enum Option : uint32_t {
  kIfAbsent = 1 << 0,
  kIfPresent = 1 << 1,
  kIfUnchanged = 1 << 2,
  kIfNoTtl = 1 << 3,
  kIfTtl = 1 << 4,
  kIfLater = 1 << 5,
  kIfSooner = 1 << 6,
  kReturnOld = 1 << 7,
  kKeepTtl = 1 << 8,
  kDeleteAfter = 1 << 9,
  kLazily = kDeleteAfter,  // of remove and flush: the memory may be given back later
  kTouch = 1 << 10,
  kPersist = 1 << 11,
  kPrepend = 1 << 12,
  kBitUnits = 1 << 13,
  kStartGiven = 1 << 14,
  kEndGiven = 1 << 15,
  kReplace = 1 << 16,
  kAllDatabases = 1 << 17,
  kNothing = 1 << 18,
  kLcsLength = 1 << 19,
  kLcsIndexes = 1 << 20,
  kLcsWithLength = 1 << 21,
  kMilliseconds = 1 << 22,  // the reply is in milliseconds
  kAbsolute = 1 << 23,      // the reply is an instant; of a write: the expiry was named as one
  kErrorIfFound = 1 << 24,  // `value` is an error text, due only where the key is there
  kLease = 1 << 25,         // of those who find a stale, missing or ageing value one is to bring a new one
  kVivify = 1 << 26,
  kOrStale = 1 << 27,
  kMarkStale = 1 << 28,
  kClear = 1 << 29,
  kSubtract = 1 << 30,
  kGiveCas = 1u << 31,  // what is written gets new_cas instead of the store's next
};

// A value in a reply: bytes in the tick's arena, or in a shared blob that the reply holds a reference of.
struct Value {
  const char* data = nullptr;
  uint32_t size = 0;
  uint32_t flags = 0;    // memcached's client flags
  Blob* blob = nullptr;  // the reference is released with the reply
  uint64_t cas = 0;
  bool found = false;
  uint8_t marks = 0;  // Mark bits, before this request
  std::string_view view() const { return {data, size}; }
};

// What a store remembers of an item beside its bytes; bits of Value::marks.
enum Mark : uint8_t {
  kWasRead = 1,  // since it was written
  kStale = 2,    // invalidated, and kept until somebody brings a new one
  kLeased = 4,   // somebody else was asked to bring a new one
  kWon = 8,      // whoever gets this reply is asked to
  kMade = 16,    // there was none: this request left it, empty
  kCoded = 32,   // its key is shown in base64
  kFailed = 64,  // of a get_many that is ok: this one could not be read; its bytes say why, or Reply::text for all
};

// What of an item the client asked to see beside its value; bits of Request::wants. A store for which it costs more
// leaves the rest out.
enum Want : uint8_t {
  kWantCas = 1,
  kWantExpiry = 2,
  kWantFlags = 4,
  kWantUse = 8,         // whether and when it was read
  kWantSize = 16,       // of a write: how long the value is now
  kWantNoValue = 32,    // of a read: its size will do
  kWantNewExpiry = 64,  // of a counter, with kWantExpiry: also of one that the request makes, else as it was before
};

struct Reply {
  Status status = Status::pending;
  uint32_t composed = 0;  // how far a long reply has been composed
  uint32_t spent_us = 0;  // time in the backend, where it may be long; for the slow log
  Value value;
  int64_t number = 0;  // a count, a length, a sum; for expiry: milliseconds left
  int64_t cursor = 0;  // scan: where to go on; inspect: milliseconds left
  int64_t expiry = kNever;
  std::span<Value> items;      // get_many, in the arena
  std::string_view text;       // an error's detail, a float's digits
  Listing* listing = nullptr;  // keys, scan: owned
  Request* child = nullptr;    // group: the next to compose
  Blob* kept = nullptr;        // the reply's small bytes, moved out of the arena: it outlives its tick
};

struct Request {
  Op op = Op::local;
  bool done = false;
  bool noreply = false;
  bool late = false;       // outlived the tick that parsed it: its words are gone
  bool single = false;     // allocated by itself, not of the pool
  bool unnoticed = false;  // a read that does not count as use
  bool same_item = false;  // of a set: a counter changed in place, whose Mark bits stay
  bool coded = false;      // the key came in base64, and is to be shown so
  bool echo = false;       // key and args are needed when the reply comes: kept for as long as it waits
  bool whole = false;      // what it asks is in memory of its own: see keep_asked()
  bool orphan = false;     // asked by nobody; `owner` then only tells whose requests it stands among
  uint8_t wants = 0;       // Want bits
  uint8_t wire = 0;        // the protocol's own: the RESP version the reply is composed in
  uint16_t db = 0;
  uint16_t db2 = 0;
  uint32_t steps = 0;  // the backend's own: the replies of a remote store that are still due
  uint32_t options = 0;
  uint32_t flags = 0;
  const CommandRow* row = nullptr;
  std::string_view key;
  std::string_view value;
  std::span<const std::string_view> args;
  uint64_t hash = 0;        // of key, where the backend filled it in
  int64_t expiry = kNever;  // absolute; for a creating write of an operation that keeps the TTL, the new key's
  const int64_t* expiries = nullptr;  // one a pair (set_many) or one an arg, where they differ, in the arena; else null
  int64_t number = 0;
  int64_t number2 = 0;
  int64_t expiry2 = kNever;  // absolute: where an operation has two
  uint64_t cas = 0;
  uint64_t new_cas = 0;
  Blob* words = nullptr;  // key and args, moved out of the tick: see echo and whole
  Blob* held = nullptr;   // a large value stands in it: what it was read into, or what a conversion made
  Owner* owner = nullptr;
  Request* next = nullptr;  // in the owner's FIFO, or in a group
  Request* children = nullptr;
  Watch* watch = nullptr;
  Conversion* conversion = nullptr;  // of its values; the pipeline's
  Request* asked = nullptr;          // this one is a step of that one, and is answered to the pipeline
  uint64_t started = 0;              // steady ns when it was read
  Reply reply;

  bool has(Option o) const { return (options & o) != 0; }
};
static_assert(sizeof(Request) <= 384, "requests are walked in bulk: keep them small");

// What every protocol's command table row begins with.
struct CommandRow {
  std::string_view name;
  uint16_t label = 0;  // index of its metric cells
};

// A session as a backend sees it: the FIFO of its requests in flight, in the order of their replies.
struct Owner {
  uint64_t id = 0;  // of the session; where it is served by one of several, this chooses
  Request* head = nullptr;
  Request* tail = nullptr;
  uint32_t in_flight = 0;
  bool dirty = false;                          // listed for the flush of this tick
  bool gone = false;                           // nobody reads the replies any more
  uint8_t client_codec = 0, client_types = 0;  // what the port says: 1 + config's enum; 0: as the options say
};

// Whether it has bytes that may be the tick's.
inline bool borrows(const Reply& a) {
  return !a.items.empty() || !a.text.empty() || (a.value.data != nullptr && a.value.blob == nullptr);
}

// Moves what a reply has in the tick's arena to memory of its own: it waits for one before it, or is half composed.
inline void keep_reply(Request& r) {
  Reply& a = r.reply;
  auto bytes_of = [&r](const Value& v) {
    return v.blob != nullptr || v.data == nullptr ? size_t{0}
                                                  : v.size * (r.op == Op::common ? 16 : size_t{1});  // LCS: matches
  };
  size_t n = a.items.size_bytes() + a.text.size() + bytes_of(a.value) + 8;
  for (const Value& v : a.items) n += bytes_of(v);
  a.kept = Blob::create(n + 8);
  char* p = a.kept->data();  // aligned, as a blob is
  auto move = [&p](const char* from, size_t size) {
    char* to = p;
    if (size != 0) std::memcpy(to, from, size);
    p += size;
    return to;
  };
  if (!a.items.empty()) {
    a.items = {reinterpret_cast<Value*>(move(reinterpret_cast<const char*>(a.items.data()), a.items.size_bytes())),
               a.items.size()};
    for (Value& v : a.items)
      if (size_t size = bytes_of(v); size != 0) v.data = move(v.data, size);
  }
  if (size_t size = bytes_of(a.value); size != 0) a.value.data = move(a.value.data, size);
  if (!a.text.empty()) a.text = {move(a.text.data(), a.text.size()), a.text.size()};
}

// A text of a reply: in the arena where it is complete now, else in memory of the reply's own, as far as an earlier one
// left room.
inline std::string_view keep_text(Request& r, Arena& arena, std::string_view text, bool complete) {
  if (complete) return arena.copy(text);
  if (r.reply.kept == nullptr) r.reply.kept = Blob::create(text.size());
  std::string_view kept(r.reply.kept->data(),
                        text.size() < r.reply.kept->capacity ? text.size() : r.reply.kept->capacity);
  std::memcpy(r.reply.kept->data(), text.data(), kept.size());
  return kept;
}

// Moves key, args, the value and so many expiries to memory of its own.
inline void move_words(Request& r, std::string_view value, size_t expiries) {
  size_t n = r.args.size_bytes() + expiries * sizeof(int64_t) + r.key.size() + value.size() + 8;
  for (std::string_view w : r.args) n += w.size();
  r.words = Blob::create(n + 8);
  char* p = r.words->data();  // aligned, as a blob is
  auto* args = reinterpret_cast<std::string_view*>(p);
  p += r.args.size_bytes();
  if (expiries != 0) {
    auto* to = reinterpret_cast<int64_t*>(p);
    std::memcpy(to, r.expiries, expiries * sizeof(int64_t));
    r.expiries = to;
    p += expiries * sizeof(int64_t);
  }
  auto move = [&p](std::string_view s) {
    if (!s.empty()) std::memcpy(p, s.data(), s.size());
    p += s.size();
    return std::string_view(p - s.size(), s.size());
  };
  for (size_t i = 0; i < r.args.size(); ++i) new (&args[i]) std::string_view(move(r.args[i]));
  r.args = {args, r.args.size()};
  if (r.key.data() != nullptr) r.key = move(r.key);
  if (value.data() != nullptr) r.value = move(value);
}

// Of these there is one a pair, or one an arg.
inline size_t expiries_of(const Request& r) {
  return r.expiries == nullptr ? 0 : row(r.op).keys == Keys::pairs ? r.args.size() / 2 : r.args.size();
}

// Moves what is needed of the command when its reply comes, before the tick ends; of a group, also what some of its
// children were answered before the store was asked.
inline void keep_words(Request& r) {
  if (r.echo && r.words == nullptr) move_words(r, {}, expiries_of(r));
  for (Request* c = r.children; c != nullptr; c = c->next)
    if (c->reply.status != Status::pending && c->reply.kept == nullptr && borrows(c->reply)) keep_reply(*c);
}

// Moves all that was asked but a value that is held: the request is run in a later tick. What a group's children answer
// already moves too.
inline void keep_asked(Request& r) {
  if (r.whole) return;
  r.whole = true;
  move_words(r, r.held == nullptr ? r.value : std::string_view{}, expiries_of(r));
  for (Request* c = r.children; c != nullptr; c = c->next)
    c->reply.status == Status::pending ? keep_asked(*c) : keep_reply(*c);
}

// Frees what a reply owns.
inline void release_reply(Request& r) {
  if (r.reply.value.blob != nullptr) r.reply.value.blob->release();
  for (Value& v : r.reply.items)
    if (v.blob != nullptr) v.blob->release();
  if (r.reply.kept != nullptr) r.reply.kept->release();
  delete r.reply.listing;
  r.reply = Reply{};
}

// What was asked goes, too; the request can then be given back.
inline void release_all(Request& r) {
  release_reply(r);
  for (Blob* b : {r.words, r.held})
    if (b != nullptr) b->release();
  r.words = r.held = nullptr;
}

}  // namespace cachetted
