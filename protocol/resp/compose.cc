// Writes RESP2 and RESP3 into an Output.
#include "protocol/resp/compose.h"

#include <string>

namespace cachetted::resp {

void Writer::error(std::string_view s) {
  while (!s.empty() && (s.back() == '\r' || s.back() == '\n')) s.remove_suffix(1);
  out_.append('-');
  if (s.find_first_of("\r\n") == s.npos) {
    out_.append(s);
  } else {
    std::string clean(s);
    for (char& c : clean)
      if (c == '\r' || c == '\n') c = ' ';
    out_.append(clean);
  }
  out_.append("\r\n");
}

void Writer::error_parts(std::string_view code, std::string_view text) {
  std::string whole(code);
  whole += text;
  error(whole);
}

void Writer::bulk(std::string_view s) {
  if (s.size() + 32 <= Output::kBlob) [[likely]] {
    char* p = out_.reserve(s.size() + 32);
    *p++ = '$';
    p = std::to_chars(p, p + 20, s.size()).ptr;
    *p++ = '\r';
    *p++ = '\n';
    if (!s.empty()) std::memcpy(p, s.data(), s.size());
    p += s.size();
    *p++ = '\r';
    *p++ = '\n';
    out_.commit(p);
    return;
  }
  header('$', static_cast<int64_t>(s.size()));
  raw(s);
  raw("\r\n");
}

void Writer::bulk(const Value& v) {
  if (v.blob != nullptr && v.size >= Output::kByRef) {
    header('$', v.size);
    out_.append(v.blob, v.view());
    raw("\r\n");
  } else {
    bulk(v.view());
  }
}

void Writer::verbatim(std::string_view text) {
  if (version_ != 3) return bulk(text);
  header('=', static_cast<int64_t>(text.size() + 4));
  raw("txt:");
  raw(text);
  raw("\r\n");
}

namespace {

std::string_view standard_text(Status s) {
  switch (s) {
    case Status::not_integer: return "ERR value is not an integer or out of range";
    case Status::not_float: return "ERR value is not a valid float";
    case Status::overflow: return "ERR increment or decrement would overflow";
    case Status::not_finite: return "ERR increment would produce NaN or Infinity";
    case Status::too_large: return "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
    case Status::out_of_memory: return "OOM command not allowed when used memory > 'maxmemory'.";
    case Status::no_such_key: return "ERR no such key";
    case Status::same_key: return "ERR source and destination objects are the same";
    case Status::out_of_range: return "ERR DB index is out of range";
    case Status::aborted: return "EXECABORT Transaction discarded because of previous errors.";
    case Status::pending:
    case Status::ok:
    case Status::miss:
    case Status::not_stored:
    case Status::changed:
    case Status::ttl_rejected:
    case Status::unencodable:
    case Status::undecodable:
    case Status::unsupported:
    case Status::unavailable:
    case Status::store_error:
    case Status::invalid: break;
  }
  return "ERR internal error: a reply without a text";
}

}  // namespace

void compose_error(const Reply& reply, Writer& w) {
  if (reply.text.empty()) return w.error(standard_text(reply.status));
  if (reply.status == Status::invalid || reply.status == Status::store_error)
    return w.error(reply.text);  // brings its own code word
  w.error_with_code(reply.text);
}

}  // namespace cachetted::resp
