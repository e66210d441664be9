// Values on their way to the store's form and back (transform.h). forward() plans what a request needs; what moves over
// 64 KiB, or becomes more than 256 KiB of these, is converted by the loop's pool of threads, while the session of a
// write waits, so that order holds.
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>

#include "core/bytes.h"
#include "core/common.h"
#include "core/edit.h"
#include "core/output.h"
#include "pipeline/pipeline.h"

namespace cachetted {
namespace {

constexpr size_t kKeptBuffer = 16 << 10;  // of a conversion in the pool

const Transform& transform_at(const Conversion& c, size_t i) { return c.each.empty() ? *c.by : *c.each[i]; }

void refuse_value(Request& r, Status status) {
  r.reply.status = status;
  r.reply.text = r.conversion->why;
}

}  // namespace

bool fits(Conversion& c, const Transform& by, size_t encoded) {
  const size_t most = c.rules->config->limits.max_value;
  if (by.codec == nullptr || encoded <= most + kEnvelope) return true;
  c.why = "codec '" + std::string(by.codec->name) + "': value of " + std::to_string(encoded) +
          " bytes is over the limit of " + std::to_string(most) + " (limits.max_value)";
  return false;
}

namespace {

// --- to the store; any thread ---

void encode_one(Request& r) {
  Conversion& c = *r.conversion;
  if (!c.by->encode(r.value, c.by->form(*r.owner), c.sent, c.why, c.spent) || !fits(c, *c.by, c.sent.size()))
    return refuse_value(r, Status::unencodable);
  r.value = c.sent;
}

void encode_pairs(Request& r) {
  Conversion& c = *r.conversion;
  std::vector<size_t> ends;
  for (size_t i = 0; i < r.args.size(); i += 2) {
    const Transform& t = transform_at(c, i / 2);
    const size_t at = c.sent.size();
    if (!t.encode(r.args[i + 1], t.form(*r.owner), c.sent, c.why, c.spent) || !fits(c, t, c.sent.size() - at)) {
      c.why += " (of key '" + std::string(r.args[i].substr(0, 60)) + "')";
      return refuse_value(r, Status::unencodable);
    }
    ends.push_back(c.sent.size());
  }
  c.words.assign(r.args.begin(), r.args.end());
  const std::string_view sent = c.sent;
  for (size_t i = 0, at = 0; i < ends.size(); at = ends[i++]) c.words[i * 2 + 1] = sent.substr(at, ends[i] - at);
  r.args = c.words;
}

bool encodes(const Request& r) {
  return r.conversion != nullptr && r.reply.status == Status::pending && (r.op == Op::set || r.op == Op::set_many);
}

void encode(Request& r) {
  if (r.op == Op::group) {
    for (Request* c = r.children; c != nullptr; c = c->next) encode(*c);
  } else if (encodes(r)) {
    r.op == Op::set ? encode_one(r) : encode_pairs(r);
  }
}

// What was made beside the loop is the request's own from here on, whatever becomes of the conversion: a worker may
// still look at it when its client has been told that it was late. A large value is a blob, which a store may take
// over.
void hand_on(Request& r) {
  for (Request* c = r.children; c != nullptr; c = c->next) hand_on(*c);
  if (!encodes(r)) return;
  Blob* const words = std::exchange(r.words, nullptr);
  if (Blob* const read = std::exchange(r.held, nullptr)) read->release();
  if (r.op == Op::set && r.value.size() >= Output::kByRef) {
    r.held = Blob::copy_of(r.value);
    r.value = r.held->view();
  }
  move_words(r, r.held == nullptr ? r.value : std::string_view{}, expiries_of(r));
  if (words != nullptr) words->release();
  std::string().swap(r.conversion->sent);
}

void encode_beside(Request& r) {
  encode(r);
  hand_on(r);
}

// What is always converted beside the loop counts as more than what ever is on it.
size_t slow_bytes(const Request& r, const Transform& t) { return t.is_slow(t.form(*r.owner)) ? kInline + 1 : 0; }

size_t bytes_to_encode(const Request& r) {
  size_t n = 0;
  if (r.op == Op::group) {
    for (const Request* c = r.children; c != nullptr; c = c->next) n += bytes_to_encode(*c);
  } else if (encodes(r)) {
    n = r.value.size() + slow_bytes(r, *r.conversion->by);
    if (r.op == Op::set_many)
      for (size_t i = 1; i < r.args.size(); i += 2)
        n += r.args[i].size() + slow_bytes(r, transform_at(*r.conversion, i / 2));
  }
  return n;
}

// --- to the client; any thread ---

struct Room {
  size_t left;  // bytes
  bool beside;  // the loop
};

// A value of a reply as it is to be: its bytes stand in c.shown, unless they are the store's or none.
struct Shown {
  enum class How : uint8_t { shown, as_it_is, part, missed };  // part: of what the store has
  How how = How::as_it_is;
  bool failed = false;  // what is shown is why it cannot be read
  size_t at = 0, size = 0;
};

// What is to be shown of one. False: it has to be tried again beside the loop, where there is room for it, or for what
// is said of it.
bool show(Request& r, const Transform& t, const Value& v, Room& room, Shown& as) {
  Conversion& c = *r.conversion;
  as.at = c.shown.size();
  if (!v.found || v.size == 0) return true;
  if (!room.beside && slow_bytes(r, t) != 0) return false;
  std::string why;
  std::string_view within;
  if (t.view(v.view(), t.form(*r.owner), room.left, c.shown, within, why, c.spent)) {
    as.how = within.empty() ? Shown::How::shown : Shown::How::part;
    as.size = within.empty() ? c.shown.size() - as.at : within.size();
    if (!within.empty()) as.at = static_cast<size_t>(within.data() - v.data);
    room.left -= std::min(room.left, as.size);
    return true;
  }
  if (!room.beside) return false;
  if (room.left < kRoom && why.find(" over ") != why.npos)
    why += " (of 512 MiB that the values of one request may become together)";
  if (t.on_error == config::OnDecodeError::raw) return true;
  if (t.on_error == config::OnDecodeError::miss) {
    as.how = Shown::How::missed;
  } else if (r.op == Op::get_many && c.stage == Conversion::Stage::plain && protocol_of(r) == metrics::Protocol::resp) {
    c.shown += why;
    as = {Shown::How::shown, true, as.at, why.size()};
  } else {
    if (c.why.empty()) c.why = std::move(why);
    refuse_value(r, Status::undecodable);
  }
  return true;
}

void place(Request& r, Value& v, const Shown& as, bool beside) {
  if (as.how == Shown::How::as_it_is) return;
  if (as.how == Shown::How::part) {
    v.data += as.at;
    v.size = static_cast<uint32_t>(as.size);
    return;
  }
  if (v.blob != nullptr) v.blob->release();
  v.blob = nullptr;
  if (as.how == Shown::How::missed) {
    const uint8_t marks = v.marks;
    v = Value{};
    v.marks = marks;
    if (r.op == Op::get) r.reply.status = Status::miss;
    return;
  }
  v.data = r.conversion->shown.data() + as.at;
  v.size = static_cast<uint32_t>(as.size);
  if (as.failed) v.marks |= kFailed;
  if (!beside || v.size < Output::kByRef) return;  // else sent from where it stands
  v.blob = Blob::copy_of(v.view());
  v.data = v.blob->data();
}

bool has_items(const Request& r) { return r.op == Op::get_many; }

bool decodes(const Request& r) {
  const Reply& a = r.reply;
  if (r.op == Op::get || (r.op == Op::set && r.has(kReturnOld))) return !is_error(a.status) && a.value.found;
  return has_items(r) && !is_error(a.status);
}

// False: some of it has to be done beside the loop, where it begins anew with what is not done.
bool decode(Request& r, Room& room) {
  if (r.op == Op::group) {
    for (Request* c = r.children; c != nullptr; c = c->next)
      if (!decode(*c, room)) return false;
    return true;
  }
  if (r.conversion == nullptr || r.conversion->shows || !decodes(r)) return true;
  Conversion& c = *r.conversion;
  const std::span<Value> values = has_items(r) ? r.reply.items : std::span(&r.reply.value, 1);
  Shown one;
  std::vector<Shown> several(values.size() == 1 ? 0 : values.size());
  const std::span<Shown> shown = values.size() == 1 ? std::span(&one, 1) : std::span(several);
  for (size_t i = 0; i < values.size(); ++i) {
    if (show(r, has_items(r) ? transform_at(c, i) : *c.by, values[i], room, shown[i])) continue;
    c.shown.clear();
    c.spent.clear();
    return false;
  }
  for (size_t i = 0; i < values.size(); ++i) place(r, values[i], shown[i], room.beside);
  c.shows = true;
  auto in_blob = [](const Value& v) { return v.blob != nullptr; };
  if (room.beside && std::all_of(values.begin(), values.end(), in_blob)) std::string().swap(c.shown);
  return true;
}

void decode_beside(Request& r) {
  Room room{kRoom, true};
  decode(r, room);
}

// Of one value; a raw one is shown as it is.
size_t bytes_of(const Request& r, const Transform& t, const Value& v) {
  return t.form(*r.owner) == codecs::Form::raw && !looks_packed(v.view()) ? 0 : v.size;
}

size_t bytes_to_decode(const Request& r) {
  size_t n = 0;
  if (r.op == Op::group) {
    for (const Request* c = r.children; c != nullptr; c = c->next) n += bytes_to_decode(*c);
  } else if (r.conversion != nullptr && decodes(r)) {
    if (!has_items(r)) return bytes_of(r, *r.conversion->by, r.reply.value);
    for (size_t i = 0; i < r.reply.items.size(); ++i)
      n += bytes_of(r, transform_at(*r.conversion, i), r.reply.items[i]);
  }
  return n;
}

bool any_packed(const Reply& a) {
  if (looks_packed(a.value.view())) return true;
  for (const Value& v : a.items)
    if (looks_packed(v.view())) return true;
  return false;
}

// What was read whole instead of in part is answered.
void answer_part(Request& r, Arena& arena) {
  Conversion& c = *r.conversion;
  Reply& a = r.reply;
  r.op = c.asked;
  r.options = c.options;
  r.wants = c.wants;
  if (r.op == Op::common) {  // a reply of its own: what was read is no part of it
    const std::span<Value> read = std::exchange(a.items, {});
    Blob* const kept = a.status == Status::ok ? std::exchange(a.kept, nullptr) : nullptr;
    if (a.status == Status::ok) answer_common(r, arena, read[0].view(), read[1].view());
    for (const Value& v : read)
      if (v.blob != nullptr) v.blob->release();
    if (kept != nullptr) kept->release();
    return;
  }
  if (a.status != Status::ok) return;
  const std::string_view value = a.value.view();
  if (r.op != Op::get_range) {
    a.number = number_of_part(r, value);
    return;
  }
  const std::string_view part = byte_range(value, r.number, r.number2);
  a.value.data = part.data();
  a.value.size = static_cast<uint32_t>(part.size());
  Blob* const whole = a.value.blob;
  if (whole == nullptr || !whole->sole() || part.size() > whole->size / 2) return;
  a.value.blob = Blob::copy_of(part);  // else little of it that waits to be sent would keep all of it
  a.value.data = a.value.blob->data();
  whole->release();
}

}  // namespace

// --- plans ---

Conversion& Pipeline::begin(Request& r, const Transform& by) {
  if (free_ == nullptr) {
    conversions_.push_back(std::make_unique<Conversion>());
    free_ = conversions_.back().get();
  }
  Conversion& c = *free_;
  free_ = c.next;
  c.by = &by;
  c.rules = rules_.get();
  ++rules_->users;
  r.conversion = &c;
  return c;
}

void Pipeline::drop(Request& r) {
  Conversion& c = *r.conversion;
  r.conversion = nullptr;
  Rules* used = c.rules;
  std::string sent = std::move(c.sent), shown = std::move(c.shown);  // what they hold is used again
  c = Conversion{};
  for (auto [from, to] : {std::pair{&sent, &c.sent}, std::pair{&shown, &c.shown}}) {
    if (from->capacity() > kKeptBuffer) continue;
    from->clear();
    *to = std::move(*from);
  }
  c.next = free_;
  free_ = &c;
  if (--used->users == 0 && used != rules_.get())
    std::erase_if(retired_, [used](const auto& rules) { return rules.get() == used; });
}

Pipeline::Plan Pipeline::plan(Request& r, bool grouped) {
  switch (r.op) {
    case Op::get: {
      const Transform& t = rule(r.key).transform;
      if (!t.changes()) return Plan::none;
      begin(r, t);
      r.wants &= static_cast<uint8_t>(~kWantNoValue);  // its size is told from the value
      return Plan::none;
    }
    case Op::set: {
      const Transform& t = rule(r.key).transform;
      if (!t.changes() && !looks_packed(r.value)) return Plan::none;
      begin(r, t).given = r.value.size();
      return Plan::encode;
    }
    case Op::get_many: return plan_many(r, 1, false);
    case Op::set_many: return plan_many(r, 2, true);
    case Op::length:
    case Op::get_range:
    case Op::get_bit:
    case Op::count_bits:
    case Op::find_bit:
    case Op::common: return plan_part(r);
    case Op::append:
    case Op::add_integer:
    case Op::add_unsigned:
    case Op::add_float:
    case Op::set_range:
    case Op::set_bit: return plan_edit(r, grouped);
    case Op::rename:
    case Op::copy: return plan_copy(r, r.value);
    case Op::inspect: {
      if (!r.has(kReturnOld) || grouped) return Plan::none;
      begin(r, rule(r.key).transform).stage = Conversion::Stage::looking;
      return Plan::steps;
    }
    case Op::local:
    case Op::remove:
    case Op::invalidate:
    case Op::exists:
    case Op::type:
    case Op::expire:
    case Op::expiry:
    case Op::move:
    case Op::random_key:
    case Op::keys:
    case Op::scan:
    case Op::count:
    case Op::flush:
    case Op::swap:
    case Op::flush_expired:
    case Op::clear:
    case Op::watch:
    case Op::raw:
    case Op::group: return Plan::none;
  }
  return Plan::none;
}

// Keys are every stride-th of args.
Pipeline::Plan Pipeline::plan_many(Request& r, size_t stride, bool writes) {
  bool changes = false, differ = false;
  const Transform* first = nullptr;
  if (!rules_->convert && !writes) return Plan::none;
  for (size_t i = 0; i < r.args.size(); i += stride) {
    const Transform& t = rule(r.args[i]).transform;
    if (first == nullptr) first = &t;
    changes = changes || t.changes() || (writes && looks_packed(r.args[i + 1]));
    differ = differ || &t != first;
  }
  if (!changes) return Plan::none;
  Conversion& c = begin(r, *first);
  if (differ)
    for (size_t i = 0; i < r.args.size(); i += stride) c.each.push_back(&rule(r.args[i]).transform);
  return writes ? Plan::encode : Plan::none;
}

Pipeline::Plan Pipeline::refuse_table(Request& r, const Transform& t) {
  r.reply.status = Status::unencodable;
  r.reply.text = host_.arena().concat(
      {"codec '", t.codec->name, "': a table cannot be read or changed in part; GET it whole, or SET it"});
  return Plan::refused;
}

// The value is read whole, and the part told by answer_part().
Pipeline::Plan Pipeline::plan_part(Request& r) {
  const Transform& t = rule(r.key).transform;
  const Transform& other = r.op == Op::common ? rule(r.value).transform : t;
  if (!t.changes() && !other.changes()) return Plan::none;
  if (r.op != Op::length && (t.keeps_tables() || other.keeps_tables()))
    return refuse_table(r, t.keeps_tables() ? t : other);
  Conversion& c = begin(r, t);
  c.stage = Conversion::Stage::part;
  c.asked = r.op;
  c.options = std::exchange(r.options, 0);
  c.wants = std::exchange(r.wants, uint8_t{0});
  r.op = Op::get;
  if (c.asked == Op::common) {
    r.op = Op::get_many;
    c.each = {&t, &other};
    c.words = {r.key, r.value};
    r.args = c.words;
  }
  return Plan::none;
}

// The bytes move as they are.
Pipeline::Plan Pipeline::plan_copy(Request& r, std::string_view to) {
  const Transform &from = rule(r.key).transform, &into = rule(to).transform;
  const codecs::Codec *a = from.codec, *b = into.codec;
  if (a == b && (!from.changes() || into.changes())) return Plan::none;
  if (a == b) {
    r.reply.status = Status::unencodable;
    r.reply.text = "the first key's values are compressed, and the second one's are not";
    return Plan::refused;
  }
  auto name = [](const codecs::Codec* c) { return c == nullptr ? std::string_view("vanilla") : c->name; };
  r.reply.status = Status::unencodable;
  r.reply.text = host_.arena().concat({"the two keys have different codecs: '", name(a), "' and '", name(b), "'"});
  return Plan::refused;
}

Pipeline::Plan Pipeline::plan_edit(Request& r, bool grouped) {
  const Transform& t = rule(r.key).transform;
  if (!t.changes()) return Plan::none;
  if (t.keeps_tables()) return refuse_table(r, t);
  if (grouped) {
    r.reply.status = Status::unencodable;
    r.reply.text =
        host_.arena().concat({"within MULTI a value that has a codec or compression cannot be changed in part: codec '",
                              t.codec == nullptr ? "vanilla" : t.codec->name, "' of this key; read it, and SET it"});
    return Plan::refused;
  }
  begin(r, t).stage = Conversion::Stage::reading;
  return Plan::steps;
}

Pipeline::Forward Pipeline::convert(Request& r, Plan plan) {
  if (plan == Plan::none) return Forward::submit;
  if (plan == Plan::refused) return Forward::answered;
  if (plan == Plan::steps) return begin_steps(r);
  if (bytes_to_encode(r) > kInline) {
    feed_.hold_value(r);
    keep_asked(r);
    send_away(r, encode_beside, &Pipeline::encoded);
    return Forward::later;
  }
  encode(r);
  count(r);
  return r.reply.status == Status::pending ? Forward::submit : Forward::answered;
}

Pipeline::Forward Pipeline::forward_group(Request& r) {
  Plan whole = Plan::none;
  for (Request* c = r.children; c != nullptr; c = c->next) {
    if (c->reply.status != Status::pending) continue;
    if (!caps_.has(c->op)) {
      refuse(*c);
    } else if (apply_ttl(*c) && plan(*c, true) == Plan::encode) {
      whole = Plan::encode;
    }
  }
  return convert(r, whole);
}

void Pipeline::encoded(Request& r) {
  count(r);
  feed_.resume(r);
}

// --- replies ---

// False: the reply is ready. True: finish() follows.
bool Pipeline::decode_later(Request& r) {
  if (r.op == Op::group) {
    for (Request* c = r.children; c != nullptr; c = c->next)
      if (c->conversion == nullptr && decodes(*c) && any_packed(c->reply)) begin(*c, rules_->bare);
  } else if (r.conversion == nullptr) {
    if (!decodes(r) || !any_packed(r.reply)) [[likely]]
      return false;
    begin(r, rules_->bare);
  }
  Room room{kInlineRoom, false};
  if (bytes_to_decode(r) > kInline || !decode(r, room)) {
    r.late = !r.whole;
    keep_words(r);
    if (r.reply.kept == nullptr) keep_reply(r);
    send_away(r, decode_beside, &Pipeline::decoded);
    return true;
  }
  ready(r);
  return false;
}

// A reply is decoded: what is left to do on the loop.
void Pipeline::ready(Request& r) {
  for (Request* c = r.children; c != nullptr; c = c->next) ready(*c);
  if (r.conversion == nullptr) return;
  Conversion& c = *r.conversion;
  if (c.stage == Conversion::Stage::part) answer_part(r, host_.arena());
  if (c.stage == Conversion::Stage::looking) r.args = c.words;
  if (r.op == Op::set && !r.has(kReturnOld)) r.reply.value.size = static_cast<uint32_t>(c.given);
  count(r);
}

void Pipeline::decoded(Request& r) {
  ready(r);
  observe(r);
  feed_.finish(r);
}

// --- threads and figures ---

struct Pipeline::Away {
  uv_work_t work;
  Pipeline* pipeline;
  Request* request;
  void (*run)(Request&);
  void (Pipeline::*after)(Request&);
};

namespace {

// A thread of the pool gives way to the loops, whose answers take microseconds: it is nicer, and on a core that they
// share it can be interrupted after each tenth of a millisecond (Linux from 6.12 on; before, after a few).
void give_way() {
  constexpr int kNicer = 10;
  constexpr uint64_t kSliceNs = 100'000;
  if (sched_getscheduler(0) != SCHED_OTHER) return;  // whoever started the daemon has other plans
  struct {                                           // as sched_setattr(2) has it: the library's headers do not
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
  } a{};
  a.size = sizeof a;
  a.policy = SCHED_OTHER;
  a.nice = std::min(19, getpriority(PRIO_PROCESS, 0) + kNicer);
  a.runtime = kSliceNs;
  syscall(SYS_sched_setattr, 0, &a, 0);
}

}  // namespace

void Pipeline::send_away(Request& r, void (*work)(Request&), void (Pipeline::*after)(Request&)) {
  auto* a = new Away{{}, this, &r, work, after};
  a->work.data = a;
  cells_.set(metrics::metric::conversions_away(), ++away_);
  cells_.add(metrics::metric::conversions_sent_away());
  uv_queue_work(
      host_.event_loop(), &a->work,
      [](uv_work_t* w) {
        [[maybe_unused]] thread_local const bool gives_way = (give_way(), true);
        auto& away = *static_cast<Away*>(w->data);
        away.run(*away.request);
      },
      [](uv_work_t* w, int) {
        const std::unique_ptr<Away> away(static_cast<Away*>(w->data));
        Pipeline& p = *away->pipeline;
        p.cells_.set(metrics::metric::conversions_away(), --p.away_);
        p.host_.note_input();
        (p.*away->after)(*away->request);
      });
}

namespace {

void count_table(metrics::Cells& cells, const Spent& s) {
  using namespace metrics;
  cells.add(metric::table_rows(s.codec, s.direction), s.outcome.rows);
  cells.add(metric::table_bytes(s.codec, s.direction), s.outcome.bytes);
  if (s.outcome.refusal != tables::Refusal::none)
    cells.add(metric::table_refusals(s.direction, static_cast<TableRefusal>(static_cast<int>(s.outcome.refusal) - 1)));
}

}  // namespace

void Pipeline::count(Request& r) {
  using namespace metrics;
  for (Request* c = r.children; c != nullptr; c = c->next) count(*c);
  if (r.conversion == nullptr) return;
  for (const Spent& s : r.conversion->spent) {
    cells_.add(metric::conversions(s.codec, s.direction));
    cells_.add(metric::conversion_time(s.codec, s.direction), s.ns);
    if (s.table) count_table(cells_, s);
    if (s.failed) {
      cells_.add(metric::conversion_errors(s.codec, s.direction));
      continue;
    }
    cells_.add(metric::conversion_bytes(s.codec, s.direction, Side::before), s.before);
    cells_.add(metric::conversion_bytes(s.codec, s.direction, Side::after), s.after);
  }
  r.conversion->spent.clear();
}

}  // namespace cachetted
