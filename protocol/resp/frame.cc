// Finds and walks replies.
#include "protocol/resp/frame.h"

#include <hiredis/read.h>

#include <algorithm>

namespace cachetted::resp {
namespace {

constexpr size_t kFeed = 16 << 10;  // the reader moves its buffer: more at once costs more

int64_t number_of(std::string_view s) {
  int64_t n = 0;
  std::from_chars(s.data(), s.data() + s.size(), n);
  return n;
}

// The length in "$123\r\n" at the front; -1 when it is not whole or something else.
int64_t bulk_length(std::string_view in, size_t& header) {
  if (in.empty() || (in[0] != '$' && in[0] != '=')) return -1;
  size_t end = in.substr(0, 32).find('\r');
  if (end == in.npos || end + 1 >= in.size() || in[end + 1] != '\n') return -1;
  std::string_view digits = in.substr(1, end - 1);
  if (digits.empty() || digits.find_first_not_of("0123456789") != digits.npos) return -1;
  header = end + 2;
  return number_of(digits);
}

// The reader takes two bytes behind a bulk, whatever they are. Other bytes than CRLF there mean that some were lost.
bool ends_right(std::string_view reply) {
  if (reply[0] == '$' || reply[0] == '=') return reply.ends_with("\r\n");
  if (reply[0] != '*' && reply[0] != '%' && reply[0] != '~' && reply[0] != '>') return true;
  for (std::string_view rest = reply; !rest.empty();) {
    const char* begin = rest.data();
    take_element(rest);
    if (std::string_view(begin, static_cast<size_t>(rest.data() - begin)).substr(1).ends_with("\r\n")) continue;
    return false;
  }
  return true;
}

}  // namespace

void Framer::Free::operator()(redisReader* r) const { redisReaderFree(r); }

Framer::Framer() { reset(); }
Framer::~Framer() = default;

void Framer::reset() {
  reader_.reset(redisReaderCreateWithFunctions(nullptr));
  fed_ = size_ = 0;
}

Framer::Result Framer::fail(std::string text) {
  error_ = std::move(text);
  return Result::error;
}

Framer::Result Framer::next(std::string_view in, size_t most) {
  for (;;) {
    void* reply = nullptr;
    if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) return fail(reader_->errstr);
    if (reply != nullptr) {
      size_ = fed_ - (reader_->len - reader_->pos);
      fed_ -= size_;
      size_t header = 0;
      if (size_ > most && bulk_length(in, header) > static_cast<int64_t>(most)) return Result::oversized;
      if (!ends_right(in.substr(0, size_))) return fail("a value that does not end where it should");
      return Result::whole;
    }
    if (fed_ == in.size()) break;
    size_t n = std::min(kFeed, in.size() - fed_);
    if (redisReaderFeed(reader_.get(), in.data() + fed_, n) != REDIS_OK) return fail(reader_->errstr);
    fed_ += n;
  }
  size_t header = 0, at = std::max<size_t>(reader_->pos, 1) - 1;  // the reader is behind the type's byte
  int64_t due = bulk_length({reader_->buf + at, reader_->len - at}, header);
  if (due > static_cast<int64_t>(kMaxBulk)) return fail("a reply of " + std::to_string(due) + " bytes");
  due = bulk_length(in, header);
  if (due <= static_cast<int64_t>(most)) return Result::incomplete;
  reset();
  size_ = header + static_cast<size_t>(due) + 2;
  return Result::oversized;
}

Element take_element(std::string_view& in) {
  Element e;
  size_t end = in.find('\r');
  if (end == in.npos) {  // no whole reply: never by the rules
    in = {};
    return e;
  }
  e.type = in[0];
  std::string_view line = in.substr(1, end - 1);
  in.remove_prefix(end + 2);
  switch (e.type) {
    case '$':
    case '=':
    case '!': {
      int64_t n = number_of(line);
      e.null = n < 0;
      if (e.null) break;
      e.text = in.substr(0, static_cast<size_t>(n));
      in.remove_prefix(std::min(in.size(), static_cast<size_t>(n) + 2));
      break;
    }
    case ':':
    case '*':
    case '%':
    case '~':
    case '>':
    case '|':
      e.number = number_of(line);
      e.null = e.type != ':' && e.number < 0;
      break;
    case '_': e.null = true; break;
    default: e.text = line; break;
  }
  return e;
}

std::string_view take_whole(std::string_view& in) {
  const char* begin = in.data();
  for (int64_t left = 1; left > 0 && !in.empty(); --left) {
    Element e = take_element(in);
    if (!e.aggregate() || e.null) continue;
    left += e.type == '%' || e.type == '|' ? e.number * 2 : e.number;
    if (e.type == '|') ++left;  // attributes go before what they describe
  }
  return {begin, static_cast<size_t>(in.data() - begin)};
}

}  // namespace cachetted::resp
