// What shape of reply each command has. A server that sends another one is not to be trusted with the next: decode.cc
// reads what has passed here without looking twice.
#include "backends/redis/redis.h"

namespace cachetted::redis {
namespace {

using resp::Element;
using resp::take_element;
using resp::take_whole;

bool is_number(const Element& e) { return e.type == ':'; }
bool is_text(const Element& e) { return e.type == '$' && !e.null; }
bool is_text_or_null(const Element& e) { return e.type == '$' || e.type == '_'; }
bool is_status(const Element& e) { return e.type == '+'; }
bool is_null(const Element& e) { return e.null && (e.type == '$' || e.type == '_'); }
bool is_list(const Element& e) { return e.type == '*' && !e.null; }

// So many texts, or nulls, and nothing else.
bool are_texts(std::string_view rest, int64_t n, bool nulls) {
  for (; n > 0; --n) {
    Element e = take_element(rest);
    if (!(nulls ? is_text_or_null(e) : is_text(e))) return false;
  }
  return true;
}

// A cursor and names.
bool is_page(const Element& first, std::string_view rest) {
  if (!is_list(first) || first.number != 2 || !is_text(take_element(rest))) return false;
  Element names = take_element(rest);
  return is_list(names) && are_texts(rest, names.number, false);
}

// A status, and where the script has done its work what Op says of it.
bool is_script(Op op, const Element& first, std::string_view rest) {
  if (!is_list(first) || first.number < 1) return false;
  Element status = take_element(rest);
  if (!is_text(status)) return false;
  if (status.text != "ok" && status.text != "made") return true;
  if (op == Op::append) return first.number == 3 && is_number(take_element(rest)) && is_text(take_element(rest));
  if (op == Op::add_unsigned)
    return first.number == 4 && are_texts(rest, 2, false) && (take_element(rest), take_element(rest), true) &&
           is_number(take_element(rest));
  return true;
}

bool suits_step(const Request& r, uint32_t part, std::string_view reply) {
  std::string_view rest = reply;
  Element e = take_element(rest);
  if (e.type == '-') return true;
  switch (r.op) {
    case Op::get: return (r.wants & kWantExpiry) != 0 && part == 0 ? is_number(e) : is_text_or_null(e);
    case Op::get_many:
      if (r.has(kTouch)) return is_text_or_null(e);
      return is_list(e) && e.number == static_cast<int64_t>(r.args.size()) && are_texts(rest, e.number, true);
    case Op::set:
      if (r.has(kIfUnchanged)) return is_script(r.op, e, rest);
      return r.has(kReturnOld) ? is_text_or_null(e) : is_status(e) || is_null(e);
    case Op::set_many: return is_status(e) || is_number(e);
    case Op::append: return is_number(e) || is_script(r.op, e, rest);
    case Op::add_unsigned: return is_script(r.op, e, rest);
    case Op::add_integer: return is_number(e) || is_text(e);
    case Op::add_float:
    case Op::get_range: return is_text(e);
    case Op::common: return part < 2 ? is_status(e) : is_list(e) && e.number == 2 && are_texts(rest, 2, true);
    case Op::invalidate:
      if (r.has(kIfUnchanged)) return is_script(r.op, e, rest);
      return r.has(kClear) ? is_status(e) || is_null(e) : is_number(e);
    case Op::type:
    case Op::flush:
    case Op::flush_expired: return is_status(e);
    case Op::rename: return is_number(e) || (part == 0 && is_status(e));
    case Op::random_key: return is_text_or_null(e);
    case Op::keys: return is_list(e) && are_texts(rest, e.number, false);
    case Op::scan: return is_page(e, rest);
    case Op::clear: return is_number(e) || is_page(e, rest);
    case Op::inspect:
      if (part == 0 || part == 4) return is_text_or_null(e);
      return is_number(e) || is_null(e);
    case Op::raw: return true;
    case Op::length:
    case Op::set_range:
    case Op::get_bit:
    case Op::set_bit:
    case Op::count_bits:
    case Op::find_bit:
    case Op::remove:
    case Op::exists:
    case Op::expire:
    case Op::expiry:
    case Op::copy:
    case Op::count: return is_number(e);
    case Op::move:
    case Op::swap:
    case Op::watch:
    case Op::group:
    case Op::local: return false;
  }
  return false;
}

// The replies of a transaction's commands, in their order.
bool suits_group(const Request& g, std::string_view reply) {
  Element all = take_element(reply);
  if (all.type == '-' || (all.null && (all.type == '*' || all.type == '_'))) return true;
  if (!is_list(all)) return false;
  int64_t due = 0;
  for (const Request* c = g.children; c != nullptr; c = c->next) {
    if (c->op == Op::local || c->reply.status != Status::pending) continue;
    for (uint32_t part = 0; part < c->steps; ++part, ++due)
      if (due == all.number || !suits_step(*c, part, take_whole(reply))) return false;
  }
  return due == all.number;
}

}  // namespace

upstream::Fit RedisBackend::suits(const Due& due, std::string_view reply) {
  if (due.request == nullptr) return upstream::Fit::whole;
  const Request& r = *due.request;
  reply = resp::without_attributes(reply);
  bool good = r.op != Op::group   ? suits_step(r, due.part, reply)
              : due.part == kExec ? suits_group(r, reply)
                                  : reply[0] == '+' || reply[0] == '-';
  return good ? upstream::Fit::whole : upstream::Fit::no;
}

}  // namespace cachetted::redis
