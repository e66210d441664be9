// Finds and walks replies.
#include "protocol/resp/frame.h"

#include <hiredis/read.h>

#include <algorithm>
#include <utility>

namespace cachetted::resp {
namespace {

constexpr size_t kFeed = 16 << 10;  // the reader moves its buffer: more at once costs more
constexpr size_t kMostHeader = 32;  // bytes
constexpr int64_t kMostElements = int64_t{1} << 32;
constexpr int64_t kMostLength = int64_t{1} << 40;  // bytes of a bulk: no server sends more

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

// The reader takes two bytes behind a bulk, whatever they are: other bytes than CRLF there mean that some were lost.
// And it takes attributes for elements: only those before the reply, which are `attributes` bytes, are understood.
bool ends_right(std::string_view reply, size_t attributes) {
  if (reply[0] == '$' || reply[0] == '=') return reply.ends_with("\r\n");
  if (std::string_view("*%~>|").find(reply[0]) == std::string_view::npos) return true;
  for (std::string_view rest = reply; !rest.empty();) {
    const char* begin = rest.data();
    if (rest[0] == '|' && static_cast<size_t>(begin - reply.data()) >= attributes) return false;
    take_element(rest);
    if (!std::string_view(begin, static_cast<size_t>(rest.data() - begin)).substr(1).ends_with("\r\n")) return false;
  }
  return true;
}

bool holds_a_value_over(std::string_view reply, size_t most) {
  while (!reply.empty())
    if (take_element(reply).text.size() > most) return true;
  return false;
}

}  // namespace

void Framer::Free::operator()(redisReader* r) const { redisReaderFree(r); }

Framer::Framer() { reset(); }
Framer::~Framer() = default;

void Framer::reset() {
  reader_.reset(redisReaderCreateWithFunctions(nullptr));
  fed_ = size_ = attributes_ = 0;
  left_ = 0;
  error_.clear();
}

Framer::Result Framer::fail(std::string text) {
  error_ = std::move(text);
  return Result::error;
}

Framer::Result Framer::next(std::string_view in, const Most& most) {
  if (left_ != 0) return pass(in);
  bool too_large = false;
  while (!too_large) {
    void* reply = nullptr;
    if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) return fail(reader_->errstr);
    if (reply != nullptr) {
      size_ = fed_ - (reader_->len - reader_->pos);
      std::string_view whole = in.substr(0, size_);
      if (in[attributes_] == '|') {  // the reply that it belongs to comes behind it
        attributes_ = size_;
        continue;
      }
      too_large = size_ > most.value && (size_ > most.reply || holds_a_value_over(whole, most.value));
      if (too_large) break;
      fed_ -= size_;
      if (!ends_right(whole, std::exchange(attributes_, 0))) return fail("a value that does not end where it should");
      return Result::whole;
    }
    if (fed_ == in.size()) break;
    size_t n = std::min(kFeed, in.size() - fed_);
    if (redisReaderFeed(reader_.get(), in.data() + fed_, n) != REDIS_OK) return fail(reader_->errstr);
    fed_ += n;
  }
  if (!too_large) {
    size_t header = 0, read = fed_ - (reader_->len - reader_->pos);  // the reader is behind the type's byte
    int64_t due = bulk_length(in.substr(std::max<size_t>(read, 1) - 1), header);
    if (due > kMostLength) return fail("a reply of " + std::to_string(due) + " bytes");
    if (due <= static_cast<int64_t>(most.value) && in.size() <= most.reply) return Result::incomplete;
  }
  reset();
  if (in[0] == '>') return fail("a push of over " + std::to_string(in.size()) + " bytes");
  left_ = 1;
  at_ = At::header;
  oversize_ = {};
  return pass(in);
}

// Walks over the reply's bytes: to its end, or as far as they go.
Framer::Result Framer::pass(std::string_view in) {
  const size_t all = in.size();
  bool stuck = false;
  while (left_ != 0 && !in.empty() && !stuck) {
    switch (at_) {
      case At::header:
        stuck = !pass_header(in);
        if (!error_.empty()) return Result::error;
        break;
      case At::line: {
        size_t end = in.find('\n');
        in.remove_prefix(end == in.npos ? in.size() : end + 1);
        if (end == in.npos) break;
        at_ = At::header;
        --left_;
        break;
      }
      case At::bulk: {
        size_t n = static_cast<size_t>(std::min<uint64_t>(bulk_, in.size()));
        in.remove_prefix(n);
        bulk_ -= n;
        if (bulk_ == 0) at_ = At::bulk_end;
        break;
      }
      case At::bulk_end:
        stuck = in.size() < 2;
        if (stuck) break;
        if (!in.starts_with("\r\n")) return fail("a value that does not end where it should");
        in.remove_prefix(2);
        at_ = At::header;
        --left_;
        break;
    }
  }
  size_ = all - in.size();
  oversize_.reply += size_;
  return left_ == 0 ? Result::passed : size_ == 0 ? Result::incomplete : Result::passing;
}

// The front of one element; false where it is not whole.
bool Framer::pass_header(std::string_view& in) {
  const char type = in[0];
  if (std::string_view("+-:_,#(").find(type) != std::string_view::npos) {
    at_ = At::line;
    return true;
  }
  size_t end = in.substr(0, kMostHeader).find("\r\n");
  if (end == in.npos && in.size() < kMostHeader) return false;
  int64_t n = 0;
  const char* last = end == in.npos ? in.data() : in.data() + end;
  auto read = std::from_chars(in.data() + 1, last, n);
  bool bulk = type == '$' || type == '=' || type == '!';
  if (last == in.data() || read.ptr != last || read.ec != std::errc{} || n < -1 ||
      n > (bulk ? kMostLength : kMostElements) ||
      (!bulk && std::string_view("*%~|").find(type) == std::string_view::npos)) {
    error_ = "an impossible length: " + std::string(in.substr(0, std::min<size_t>(end, 24)));
    return true;
  }
  in.remove_prefix(end + 2);
  if (n < 0) {  // null
    --left_;
  } else if (bulk) {
    bulk_ = static_cast<uint64_t>(n);
    oversize_.value = std::max(oversize_.value, bulk_);
    at_ = bulk_ == 0 ? At::bulk_end : At::bulk;
  } else {  // attributes go before what they describe
    left_ += static_cast<uint64_t>(n) * (type == '%' || type == '|' ? 2 : 1) - (type == '|' ? 0 : 1);
  }
  return true;
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

std::string_view without_attributes(std::string_view reply) {
  while (!reply.empty() && reply[0] == '|')
    for (int64_t left = take_element(reply).number * 2; left > 0; --left) take_whole(reply);
  return reply;
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
