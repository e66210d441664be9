// Addresses to listen on: the three forms, and what each mistake is told.
#include "config/address.h"

#include <gtest/gtest.h>

namespace cachetted::config {
namespace {

std::string why_not(std::string_view text) {
  std::string why;
  return parse_address(text, why) ? "" : why;
}

TEST(Address, Forms) {
  std::string why;
  const auto tcp = parse_address("127.0.0.1:7379", why);
  ASSERT_TRUE(tcp);
  EXPECT_EQ(tcp->kind, Address::Kind::tcp);
  EXPECT_EQ(tcp->host, "127.0.0.1");
  EXPECT_EQ(tcp->port, 7379);
  const auto v6 = parse_address("[::1]:7379", why);
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "::1");
  const auto local = parse_address("unix:/run/cachetted/resp.sock", why);
  ASSERT_TRUE(local);
  EXPECT_EQ(local->kind, Address::Kind::unix_socket);
  EXPECT_EQ(local->path, "/run/cachetted/resp.sock");
}

TEST(Address, TextParsesBack) {
  for (const char* text : {"127.0.0.1:7379", "[::1]:7379", "[fe80::1%eth0]:1", "localhost:0",
                           "cache_1.example-net:65535", "unix:/a", "unix:/run/cachetted/resp.sock"}) {
    std::string why;
    const auto address = parse_address(text, why);
    ASSERT_TRUE(address) << text << ": " << why;
    EXPECT_EQ(address->text(), text);
  }
  std::string why;
  EXPECT_EQ(parse_address("unix:///run/a", why)->text(), "unix:/run/a") << "as URLs have it";
}

TEST(Address, FaultsSayWhatToWrite) {
  EXPECT_NE(why_not(":7379").find("127.0.0.1:7379"), std::string::npos);
  EXPECT_NE(why_not("*:7379").find("0.0.0.0:7379"), std::string::npos);
  EXPECT_NE(why_not("7379").find("127.0.0.1:7379"), std::string::npos);
  EXPECT_NE(why_not("::1:7379").find("[::1]:7379"), std::string::npos);
  EXPECT_NE(why_not("[::1]").find("[::1]:7379"), std::string::npos);
  EXPECT_NE(why_not("/run/a.sock").find("unix:/path"), std::string::npos);
  EXPECT_NE(why_not("unix:run/a.sock").find("begin with '/'"), std::string::npos);
  EXPECT_NE(why_not("redis://127.0.0.1:7379").find("no scheme"), std::string::npos);
}

TEST(Address, Faults) {
  for (const char* text : {"",
                           "localhost",
                           "localhost:",
                           "localhost:65536",
                           "localhost:-1",
                           "localhost:abc",
                           "localhost: 1",
                           "127.0.0.256:1",
                           "1.2.3:1",
                           "a b:1",
                           "a..b:1",
                           "-a:1",
                           "[127.0.0.1]:1",
                           "[::g]:1",
                           "[::1:1",
                           "[::1]1",
                           "[]:1",
                           "unix:",
                           "unix:/",
                           "unix:/a/",
                           "unix:/a\nb",
                           "localhost:99999999999999999999"})
    EXPECT_NE(why_not(text), "") << text;
}

TEST(Address, SaysWhatItsClientsSpeak) {
  std::string why;
  for (const char* text : {"127.0.0.1:7380 client_codec=msgpack", "[::1]:1 client_codec=raw client_types=plain",
                           "unix:/run/a b.sock client_types=tagged"}) {
    const auto address = parse_address(text, why);
    ASSERT_TRUE(address) << text << ": " << why;
    EXPECT_EQ(address->text(), text);
  }
  EXPECT_EQ(parse_address("127.0.0.1:7380  client_types=plain ", why)->place(), "127.0.0.1:7380");
  for (const char* text : {"127.0.0.1:1 client_codec=pickle", "127.0.0.1:1 client_types", "127.0.0.1:1 client_x=1"})
    EXPECT_NE(why_not(text), "") << text;
}

TEST(Address, SocketPathFitsTheSystem) {
  EXPECT_EQ(why_not("unix:/" + std::string(kMaxSocketPath - 1, 'a')), "");
  EXPECT_NE(why_not("unix:/" + std::string(kMaxSocketPath, 'a')), "");
}

}  // namespace
}  // namespace cachetted::config
