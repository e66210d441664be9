// Replies to bytes, in RESP2 and RESP3.
#include "protocol/resp/compose.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "tests/unit/protocol/resp/composed.h"
#include "tests/unit/protocol/resp/parsing.h"

namespace cachetted::resp {
namespace {

std::string composed(int version, const std::function<void(Writer&)>& write) {
  Output out;
  Writer w(out, version);
  write(w);
  return bytes_of(out);
}

TEST(RespCompose, WritesEachTypeInBothVersions) {
  const struct {
    std::function<void(Writer&)> write;
    std::string resp2, resp3;
  } cases[] = {
      {[](Writer& w) { w.simple("OK"); }, "+OK\r\n", "+OK\r\n"},
      {[](Writer& w) { w.integer(0); }, ":0\r\n", ":0\r\n"},
      {[](Writer& w) { w.integer(9); }, ":9\r\n", ":9\r\n"},
      {[](Writer& w) { w.integer(10); }, ":10\r\n", ":10\r\n"},
      {[](Writer& w) { w.integer(-1); }, ":-1\r\n", ":-1\r\n"},
      {[](Writer& w) { w.integer(INT64_MIN); }, ":-9223372036854775808\r\n", ":-9223372036854775808\r\n"},
      {[](Writer& w) { w.integer(INT64_MAX); }, ":9223372036854775807\r\n", ":9223372036854775807\r\n"},
      {[](Writer& w) { w.bulk(""); }, "$0\r\n\r\n", "$0\r\n\r\n"},
      {[](Writer& w) { w.bulk("hello"); }, "$5\r\nhello\r\n", "$5\r\nhello\r\n"},
      {[](Writer& w) { w.null(); }, "$-1\r\n", "_\r\n"},
      {[](Writer& w) { w.null_array(); }, "*-1\r\n", "_\r\n"},
      {[](Writer& w) { w.array(0); }, "*0\r\n", "*0\r\n"},
      {[](Writer& w) { w.array(1'000'000); }, "*1000000\r\n", "*1000000\r\n"},
      {[](Writer& w) { w.map(2); }, "*4\r\n", "%2\r\n"},
      {[](Writer& w) { w.set(2); }, "*2\r\n", "~2\r\n"},
      {[](Writer& w) { w.boolean(true); }, ":1\r\n", "#t\r\n"},
      {[](Writer& w) { w.boolean(false); }, ":0\r\n", "#f\r\n"},
      {[](Writer& w) { w.verbatim("# Server\r\n"); }, "$10\r\n# Server\r\n\r\n", "=14\r\ntxt:# Server\r\n\r\n"},
      {[](Writer& w) { w.error("ERR no"); }, "-ERR no\r\n", "-ERR no\r\n"},
      {[](Writer& w) { w.error_with_code("no"); }, "-ERR no\r\n", "-ERR no\r\n"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(composed(2, c.write), c.resp2);
    EXPECT_EQ(composed(3, c.write), c.resp3);
  }
}

TEST(RespCompose, ErrorsStayOnOneLine) {
  EXPECT_EQ(composed(2, [](Writer& w) { w.error("ERR a\r\nb\nc\rd"); }), "-ERR a  b c d\r\n");
  EXPECT_EQ(composed(2, [](Writer& w) { w.error("ERR end\r\n\r\n"); }), "-ERR end\r\n");
  EXPECT_EQ(composed(2, [](Writer& w) { w.error("\n"); }), "-\r\n");
}

TEST(RespCompose, LongBulksAreWhole) {
  for (size_t n : {Output::kBlob - 33, Output::kBlob - 32, Output::kBlob - 31, Output::kBlob, 3 * Output::kBlob + 1}) {
    std::string s(n, 'x');
    EXPECT_EQ(composed(2, [&](Writer& w) { w.bulk(s); }), "$" + std::to_string(n) + "\r\n" + s + "\r\n");
  }
}

TEST(RespCompose, ValuesInBlobsAreQueuedByReferenceFromSomeSizeOn) {
  for (uint32_t n :
       {100u, static_cast<uint32_t>(Output::kByRef) - 1, static_cast<uint32_t>(Output::kByRef), 1'000'000u}) {
    BlobRef blob(Blob::create(n));
    blob->size = n;
    std::memset(blob->data(), 'v', n);
    Value v;
    v.data = blob->data();
    v.size = n;
    v.blob = blob.get();
    v.found = true;
    Output out;
    Writer(out, 2).bulk(v);
    EXPECT_EQ(blob->sole(), n < Output::kByRef) << n;
    EXPECT_EQ(bytes_of(out), "$" + std::to_string(n) + "\r\n" + std::string(n, 'v') + "\r\n");
    out.clear();
    EXPECT_TRUE(blob->sole());
  }
}

TEST(RespCompose, WhatIsComposedParsesBack) {
  std::mt19937_64 random(31);
  for (int round = 0; round < 100; ++round) {
    std::vector<Words> commands(random() % 20 + 1);
    Output out;
    Writer w(out, 2);
    for (Words& words : commands) {
      words.resize(random() % 12 + 1);
      w.array(words.size());
      for (std::string& word : words) {
        word.resize(random() % 30 == 0 ? random() % 200'000 : random() % 30);
        for (char& c : word) c = static_cast<char>(random());
        w.bulk(word);
      }
    }
    Parsed p = parse_whole(bytes_of(out));
    ASSERT_EQ(p.commands, commands);
    ASSERT_EQ(p.left, 0u);
  }
}

TEST(RespCompose, EveryErrorHasATextWithACodeWord) {
  for (auto s = static_cast<int>(Status::not_integer); s <= static_cast<int>(Status::invalid); ++s) {
    Reply reply;
    reply.status = static_cast<Status>(s);
    bool whole = reply.status == Status::invalid || reply.status == Status::store_error;
    bool brings_text = whole || reply.status == Status::ttl_rejected || reply.status == Status::unencodable ||
                       reply.status == Status::undecodable || reply.status == Status::unsupported ||
                       reply.status == Status::unavailable;
    if (brings_text) reply.text = whole ? "ERR said" : "said";
    std::string bytes = composed(2, [&](Writer& w) { compose_error(reply, w); });
    EXPECT_TRUE(bytes.starts_with("-ERR ") || bytes.starts_with("-OOM ")) << bytes;
    EXPECT_TRUE(bytes.ends_with("\r\n"));
    EXPECT_EQ(bytes.find("internal"), bytes.npos) << s;
    if (brings_text) {
      EXPECT_EQ(bytes, "-ERR said\r\n");
    }
  }
}

}  // namespace
}  // namespace cachetted::resp
