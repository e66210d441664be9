// Writes RESP2 and RESP3 into an Output. The version is the one the session spoke when it sent the request.
// https://redis.io/docs/reference/protocol-spec/ ,
// https://github.com/redis/redis-specifications/blob/master/protocol/RESP3.md
#pragma once
#include <charconv>
#include <cstring>
#include <string_view>

#include "core/output.h"
#include "core/request.h"

namespace cachetted::resp {

class Writer {
 public:
  Writer(Output& out, int version) : out_(out), version_(version) {}

  int version() const { return version_; }
  Output& out() { return out_; }

  void raw(std::string_view s) { out_.append(s); }
  void simple(std::string_view s) { line('+', s); }
  // `s` begins with its code word: "ERR syntax error". Line breaks in it become blanks.
  void error(std::string_view s);
  void error_with_code(std::string_view text) { error_parts("ERR ", text); }
  void error_parts(std::string_view code, std::string_view text);
  void integer(int64_t n) { header(':', n); }
  void bulk(std::string_view s);
  // As bulk; bytes in a blob of some size are queued by reference.
  void bulk(const Value& v);
  void array(size_t n) { header('*', static_cast<int64_t>(n)); }
  void map(size_t pairs) { header(version_ == 3 ? '%' : '*', static_cast<int64_t>(version_ == 3 ? pairs : pairs * 2)); }
  void set(size_t n) { header(version_ == 3 ? '~' : '*', static_cast<int64_t>(n)); }
  void null() { raw(version_ == 3 ? "_\r\n" : "$-1\r\n"); }
  void null_array() { raw(version_ == 3 ? "_\r\n" : "*-1\r\n"); }
  void boolean(bool b) { raw(version_ == 3 ? (b ? "#t\r\n" : "#f\r\n") : (b ? ":1\r\n" : ":0\r\n")); }
  // Text for people: verbatim in RESP3.
  void verbatim(std::string_view text);

 private:
  void header(char type, int64_t n) {
    char* p = out_.reserve(24);
    *p++ = type;
    if (static_cast<uint64_t>(n) < 10) {
      *p++ = static_cast<char>('0' + n);
    } else {
      p = std::to_chars(p, p + 20, n).ptr;
    }
    *p++ = '\r';
    *p++ = '\n';
    out_.commit(p);
  }
  void line(char type, std::string_view s) {
    out_.append(type);
    out_.append(s);
    out_.append("\r\n");
  }

  Output& out_;
  int version_;
};

// The error text of a status that is no success, with its code word, as redis-server says it.
void compose_error(const Reply& reply, Writer& w);

}  // namespace cachetted::resp
