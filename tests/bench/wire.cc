// Request templates of each protocol, and the one function that fills them.
#include "tests/bench/wire.h"

#include <cstring>
#include <stdexcept>

namespace cachetted::bench {
namespace {

// "<first><number>CRLF"
std::string head(char first, uint64_t number) {
  std::string line(1, first);
  line += std::to_string(number);
  return line += "\r\n";
}

std::string bulk(const std::string& bytes) { return head('$', bytes.size()) + bytes + "\r\n"; }

// `before` + key + `middle` [+ value + CRLF].
Template make_template(const std::string& before, const std::string& key, const std::string& middle,
                       uint32_t value_bytes) {
  Template t;
  t.bytes = before + key + middle;
  t.key_at = static_cast<uint32_t>(before.size());
  if (value_bytes > 0) {
    t.value_at = static_cast<uint32_t>(t.bytes.size());
    t.bytes += std::string(value_bytes, ' ') + "\r\n";
  }
  return t;
}

}  // namespace

Wire::Wire(const Options& options, const KeySpace& keys) : keys_(keys), verify_(options.verify), multi_(options.multi) {
  switch (options.protocol) {
    case Protocol::resp: make_resp(); break;
    case Protocol::text: make_text(); break;
    case Protocol::meta: make_meta(); break;
  }
}

void Wire::make_resp() {
  const std::string key_head = head('$', keys_.key_bytes());
  const std::string value_head = "\r\n" + head('$', keys_.value_bytes());
  read_ = make_template("*2\r\n" + bulk("GET") + key_head, keys_.blank(), "\r\n", 0);
  write_ = make_template("*3\r\n" + bulk("SET") + key_head, keys_.blank(), value_head, keys_.value_bytes());
  multi_head_ = head('*', multi_ + 1) + bulk("MGET");
  multi_item_ = make_template(key_head, keys_.blank(), "\r\n", 0);
  ping_ = "*1\r\n" + bulk("PING");
  pong_prefix_ = "+PONG\r\n";
  parse_ = parse_resp;
}

void Wire::make_text() {
  read_ = make_template("get ", keys_.blank(), "\r\n", 0);
  const std::string length = " 0 0 " + std::to_string(keys_.value_bytes()) + "\r\n";
  write_ = make_template("set ", keys_.blank(), length, keys_.value_bytes());
  multi_head_ = "get";
  multi_item_ = make_template(" ", keys_.blank(), "", 0);
  multi_tail_ = "\r\n";
  ping_ = "version\r\n";
  pong_prefix_ = "VERSION ";
  parse_ = parse_text;
}

void Wire::make_meta() {
  read_ = make_template("mg ", keys_.blank(), " v t f\r\n", 0);
  const std::string length = head(' ', keys_.value_bytes());
  write_ = make_template("ms ", keys_.blank(), length, keys_.value_bytes());
  ping_ = "mn\r\n";
  pong_prefix_ = "MN\r\n";
  parse_ = parse_meta;
}

uint64_t Wire::size(Op op) const {
  if (op == Op::read) return read_.bytes.size();
  if (op == Op::write) return write_.bytes.size();
  return multi_head_.size() + multi_ * multi_item_.bytes.size() + multi_tail_.size();
}

uint64_t Wire::compose(char* at, Op op, uint64_t key) const {
  if (op == Op::read) {
    std::memcpy(at, read_.bytes.data(), read_.bytes.size());
    keys_.write_number(at + read_.key_at, key);
    return read_.bytes.size();
  }
  if (op == Op::write) {
    std::memcpy(at, write_.bytes.data(), write_.value_at);
    keys_.write_number(at + write_.key_at, key);
    keys_.write_value(at + write_.value_at, at + write_.key_at);
    std::memcpy(at + write_.value_at + keys_.value_bytes(), "\r\n", 2);
    return write_.bytes.size();
  }
  char* to = at;
  std::memcpy(to, multi_head_.data(), multi_head_.size());
  to += multi_head_.size();
  for (uint32_t j = 0; j < multi_; ++j) {
    std::memcpy(to, multi_item_.bytes.data(), multi_item_.bytes.size());
    keys_.write_number(to + multi_item_.key_at, keys_.spread(key, j));
    to += multi_item_.bytes.size();
  }
  std::memcpy(to, multi_tail_.data(), multi_tail_.size());
  return static_cast<uint64_t>(to - at) + multi_tail_.size();
}

void fail_reply(std::string_view why, const char* at, const char* end, const Wire& wire, const Expected& expected) {
  std::string key = wire.keys().blank();
  wire.keys().write_number(key.data(), expected.key);
  std::string text(why);
  text += expected.op == Op::write ? " (write of " : expected.op == Op::read ? " (read of " : " (multi-get from ";
  text += key + "): \"";
  for (const char* p = at; p < end && p < at + 160; ++p) {
    if (*p == '\r')
      text += "\\r";
    else if (*p == '\n')
      text += "\\n";
    else if (*p < ' ' || *p > '~')
      text += '?';
    else
      text += *p;
  }
  throw std::runtime_error(text + "\"");
}

}  // namespace cachetted::bench
