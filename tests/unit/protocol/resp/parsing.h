// Feeds bytes to a Parser as a session does, in pieces of any size, and gathers what comes out. Each look is at a
// buffer of its own, so that a view kept from the last one is caught by AddressSanitizer.
#pragma once
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "protocol/resp/parse.h"

namespace cachetted::resp {

using Words = std::vector<std::string>;
inline const std::string kRefused = "(refused)";  // stands, with a word's size, for a command that was too large

struct Parsed {
  std::vector<Words> commands;
  std::string error;  // of the protocol: the stream ends there
  size_t left = 0;    // bytes of a command that is not whole yet
  bool operator==(const Parsed&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Parsed& p) {
  for (const Words& words : p.commands) {
    out << "[";
    for (const std::string& w : words) out << testing::PrintToString(w) << " ";
    out << "] ";
  }
  return out << "error '" << p.error << "', " << p.left << " bytes left";
}

// How a connection goes on with a command that was not whole: with the same parser, or from its first byte.
enum class GoOn { from_where_it_stopped, from_the_start };

class Feeder {
 public:
  explicit Feeder(bool authenticated = true, GoOn go_on = GoOn::from_where_it_stopped, size_t most = kMaxBulk)
      : authenticated_(authenticated), go_on_(go_on), most_(most) {}

  void feed(std::string_view piece) {
    if (!parsed_.error.empty()) return;
    pending_.append(piece);
    while (!pending_.empty() && look()) {
    }
    parsed_.left = pending_.size();
  }
  const Parsed& parsed() const { return parsed_; }

 private:
  bool look() {
    std::unique_ptr<char[]> bytes(new char[pending_.size()]);
    std::memcpy(bytes.get(), pending_.data(), pending_.size());
    Arena arena;
    switch (parser_.parse({bytes.get(), pending_.size()}, authenticated_, arena, most_)) {
      case Parser::Result::incomplete:
        EXPECT_GT(parser_.wanted(), pending_.size());
        largest_wish_ = std::max(largest_wish_, parser_.wanted());
        if (go_on_ == GoOn::from_the_start) parser_.reset();
        return false;
      case Parser::Result::swallowed:
        EXPECT_LE(parser_.consumed(), pending_.size());
        pending_.erase(0, parser_.consumed());
        largest_wish_ = 0;
        return false;
      case Parser::Result::error:
        EXPECT_FALSE(parser_.error().empty());
        parsed_.error = parser_.error();
        pending_.clear();
        return false;
      case Parser::Result::oversized:
        EXPECT_GT(parser_.refused(), most_);
        parsed_.commands.push_back({kRefused, std::to_string(parser_.refused())});
        return ended();
      case Parser::Result::complete: gather(); return ended();
      case Parser::Result::blank: return ended();
    }
    return false;
  }

  void gather() {
    EXPECT_GE(parser_.args().size(), 1u);
    Words words;
    size_t largest = 0;
    for (uint32_t i = 0; i < parser_.args().size(); ++i) {
      words.emplace_back(parser_.args()[i]);
      largest = std::max(largest, words.back().size());
    }
    EXPECT_EQ(parser_.largest(), largest);
    EXPECT_LE(largest_wish_, parser_.consumed()) << "the parser asked for more than the command had";
    parsed_.commands.push_back(std::move(words));
  }

  bool ended() {
    EXPECT_GT(parser_.consumed(), 0u);
    EXPECT_LE(parser_.consumed(), pending_.size());
    largest_wish_ = 0;
    pending_.erase(0, parser_.consumed());
    parser_.reset();
    return true;
  }

  const bool authenticated_;
  const GoOn go_on_;
  const size_t most_;
  Parser parser_;
  std::string pending_;
  size_t largest_wish_ = 0;
  Parsed parsed_;
};

inline Parsed parse_whole(std::string_view in, bool authenticated = true, size_t most = kMaxBulk) {
  Feeder feeder(authenticated, GoOn::from_where_it_stopped, most);
  feeder.feed(in);
  return feeder.parsed();
}

inline Parsed parse_bytes(std::string_view in, bool authenticated, GoOn go_on, size_t most = kMaxBulk) {
  Feeder feeder(authenticated, go_on, most);
  for (char c : in) feeder.feed({&c, 1});
  return feeder.parsed();
}

// Whole, byte by byte and over every two-part split: all must come out the same.
inline Parsed parse_every_way(std::string_view in, bool authenticated = true, size_t most = kMaxBulk) {
  Parsed whole = parse_whole(in, authenticated, most);
  for (GoOn go_on : {GoOn::from_where_it_stopped, GoOn::from_the_start}) {
    EXPECT_EQ(parse_bytes(in, authenticated, go_on, most), whole) << "byte by byte";
    for (size_t cut = 1; cut < in.size(); ++cut) {
      Feeder feeder(authenticated, go_on, most);
      feeder.feed(in.substr(0, cut));
      feeder.feed(in.substr(cut));
      EXPECT_EQ(feeder.parsed(), whole) << "cut at " << cut;
    }
  }
  return whole;
}

// The words as an array of bulk strings.
inline std::string as_resp(const Words& words) {
  std::string s = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& w : words) s += "$" + std::to_string(w.size()) + "\r\n" + w + "\r\n";
  return s;
}

}  // namespace cachetted::resp
