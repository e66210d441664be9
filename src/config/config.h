// The daemon's configuration as plain values: what load.h fills, everything else reads.
// Immutable once loaded; a reload makes a new Config and hands it over. Any thread may read one.
// Durations are milliseconds unless the name ends in _us; sizes are bytes; 0 means "none" or
// "no bound" where the comment says so. Ranges are in the option table (options.cc).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cachetted::config {

// Time-to-live policy (docs/architecture.md): what a write that names no TTL gets, and the bounds.
struct Ttl {
  enum class OnViolation { clamp, reject };

  int64_t default_ms = 60'000;  // 0: none, the key stays
  int64_t min_ms = 0;           // 0: no bound
  int64_t max_ms = 0;           // 0: no bound
  double jitter = 0;            // percent, 0..100, subtracted from default only
  OnViolation on_violation = OnViolation::clamp;

  bool operator==(const Ttl&) const = default;
};

// standard: json, and csv where the codec keeps tables. A codec's clients see it so, too, where only a setting for all
// keys or a port's names a form that it does not have.
enum class ClientCodec { standard, json, msgpack, raw, csv, json_columns, json_split, arrow, feather, parquet };
inline constexpr const char* kClientCodecs[] = {"default",      "json",       "msgpack", "raw",     "csv",
                                                "json_columns", "json_split", "arrow",   "feather", "parquet"};
// Which of them values that are no tables have, and which tables.
inline bool for_values(ClientCodec c) { return c <= ClientCodec::raw; }
inline bool for_tables(ClientCodec c) { return c != ClientCodec::msgpack; }
enum class ClientTypes { tagged, plain };
// How columns within a table are compressed; standard: as pandas does.
enum class TableCompression { standard, none, lz4, zstd, snappy, gzip };
enum class ClientIntegers { number, string };
enum class OnDecodeError { error, miss, raw };

struct Compression {
  enum class Algorithm { none, zstd, lz4 };

  Algorithm algorithm = Algorithm::none;
  uint32_t level = 0;        // 0: the algorithm's own default
  uint64_t min_size = 1024;  // bytes as the codec writes them

  bool operator==(const Compression&) const = default;
};

// How values are kept, and how clients see them.
struct Values {
  std::string codec;  // "": bytes as they are (also written `none` or `vanilla`)
  ClientCodec client_codec = ClientCodec::standard;
  ClientTypes client_types = ClientTypes::tagged;
  OnDecodeError on_decode_error = OnDecodeError::error;
  TableCompression table_compression = TableCompression::standard;
  ClientIntegers client_integers = ClientIntegers::number;
  Compression compression;

  bool operator==(const Values&) const = default;
};

// What holds for the keys that begin with a prefix; what it leaves out is as for all keys.
struct Route {
  struct Own {  // the options that the route wrote itself, by path ("ttl.max"); the others follow the global ones
    std::vector<std::string> paths;

    bool has(std::string_view path) const { return std::find(paths.begin(), paths.end(), path) != paths.end(); }
    bool operator==(const Own&) const = default;
  };

  std::string prefix;
  Ttl ttl;        // complete: own and inherited fields
  Values values;  // likewise
  Own own;

  bool operator==(const Route&) const = default;
};

// Where to listen: "host:port", "[v6]:port" or "unix:/path"; behind a blank "client_codec=msgpack",
// "client_types=plain".
struct Address {
  enum class Kind { tcp, unix_socket };

  Kind kind = Kind::tcp;
  std::string host;   // tcp: a name or an IP address, without brackets
  std::string path;   // unix_socket: absolute, at most 107 bytes
  uint16_t port = 0;  // tcp: 1..65535, or 0 (the system chooses one: for tests)
  // Of the clients that connect there; none: as the options say.
  std::optional<ClientCodec> client_codec = {};
  std::optional<ClientTypes> client_types = {};

  std::string text() const;   // the form that a config file has
  std::string place() const;  // without what is said of its clients
  bool operator==(const Address&) const = default;
};

inline constexpr const char* kRespDefault = "127.0.0.1:7379";
inline constexpr const char* kMemcacheDefault = "127.0.0.1:12211";
inline constexpr const char* kAdminDefault = "127.0.0.1:9379";

struct Listen {
  std::vector<Address> resp = {{Address::Kind::tcp, "127.0.0.1", "", 7379}};
  std::vector<Address> memcache = {{Address::Kind::tcp, "127.0.0.1", "", 12211}};
  std::optional<Address> admin = Address{Address::Kind::tcp, "127.0.0.1", "", 9379};  // none: off

  bool operator==(const Listen&) const = default;
};

struct Limits {
  uint32_t max_connections = 10'000;
  uint64_t max_memory = 0;  // 0: no bound
  uint64_t max_key = 65'536;
  uint64_t max_value = 64ull << 20;
  uint32_t max_pipeline = 1024;          // requests of one connection in flight
  uint64_t output_buffer = 64ull << 20;  // bytes unsent to one connection before it is cut
  uint32_t databases = 16;
  uint32_t table_rows = 10'000'000;  // of one table
  uint32_t table_columns = 10'000;
  uint64_t table_bytes = 512ull << 20;  // decoded
  uint32_t table_depth = 32;

  bool operator==(const Limits&) const = default;
};

enum class Eviction { s3fifo, none };

struct User {
  std::string name;
  std::string password_sha256;  // 64 lower-case hex digits

  bool operator==(const User&) const = default;
};

struct Auth {
  std::vector<User> users;
  bool required = false;

  bool operator==(const Auth&) const = default;
};

struct Timeouts {
  int64_t idle_ms = 0;  // 0: never
  int64_t request_ms = 1000;
  int64_t connect_ms = 500;
  int64_t stall_ms = 5000;
  int64_t drain_ms = 5000;

  bool operator==(const Timeouts&) const = default;
};

struct Log {
  enum class Level { trace, debug, info, warning, error };
  enum class Format { text, json };

  Level level = Level::info;
  Format format = Format::text;

  bool operator==(const Log&) const = default;
};

struct Slowlog {
  int64_t threshold_us = 10'000;  // -1: off, 0: every command
  uint32_t length = 128;

  bool operator==(const Slowlog&) const = default;
};

// Keys of the Python library that name a store; empty: not given.
struct Store {
  std::string redis_url;
  std::string valkey_url;
  std::string memcached_host;
  std::string mongodb_url;
  std::string database_name = "cachette-db";
  std::string table_name = "cachette";
  std::string region;
  std::string dynamodb_url;
  std::string pickle_path;

  bool operator==(const Store&) const = default;
};

// Of Redis clients: passed on to a Redis or Valkey store beyond the default bounds, and refused; lower-case names.
struct Commands {
  std::vector<std::string> allow, deny;

  bool operator==(const Commands&) const = default;
};

// How cachetted uses a memcached store; `memcached_host` (Store) has the servers.
enum class MemcachedAuth { text, sasl };
enum class Partial { miss, error };

struct Memcached {
  std::string user, password;  // empty: none
  MemcachedAuth auth = MemcachedAuth::text;
  std::string distribution, hash;   // canonical names; empty: as memcached_host says, else libmemcached's own
  bool auto_eject = false;          // the keys of a server that is down go to the others
  Partial partial = Partial::miss;  // what a multi-get tells of the keys of a server that is down

  bool operator==(const Memcached&) const = default;
};

// How cachetted uses a MongoDB; `mongodb_url`, `database_name` and `table_name` (Store) say which collection.
struct Mongodb {
  int64_t sweep_ms = 60'000;  // from the end of one sweep to the next; 0: never

  bool operator==(const Mongodb&) const = default;
};

// How cachetted uses DynamoDB; `region` or `dynamodb_url`, and `table_name` (Store) say which table.
struct Dynamodb {
  // Whose table it is; empty: as AWS's own tools find them (docs/operations.md).
  std::string access_key_id, secret_access_key, session_token, profile;
  bool consistent_read = true;
  uint32_t scan_rate = 1000;  // capacity units a second that walks over all keys use; 0: no bound
  uint32_t connections = 16;  // a loop; calls at a time

  bool operator==(const Dynamodb&) const = default;
};

// How cachetted keeps a pickle file; `pickle_path` (Store) names it.
enum class Fsync { always, everysec, no };
enum class OnCorrupt { refuse, set_aside };

struct Pickle {
  Fsync fsync = Fsync::everysec;
  int64_t snapshot_interval_ms = 60'000;  // 0: none by time
  uint64_t snapshot_size = 64ull << 20;   // bytes of journal
  OnCorrupt on_corrupt = OnCorrupt::refuse;

  bool operator==(const Pickle&) const = default;
};

// The threads that drive a store whose library blocks (MongoDB, memcached with SASL).
struct Workers {
  uint32_t threads = 4;
  uint32_t max_batch = 64;  // requests that one takes at once
  uint32_t queue = 4096;    // requests that wait for one; beyond, they fail at once

  bool operator==(const Workers&) const = default;
};

// Whether a key made by a command that cachetted only passes on gets ttl.default.
enum class PassthroughTtl { off, by_default };

// For stores reached by TLS.
struct Tls {
  std::string ca;    // a PEM file of the certificates to trust; empty: the system's
  std::string cert;  // a PEM file of the certificate to show, and those that signed it; empty: none
  std::string key;   // a PEM file of its private key; empty: it is in `cert`

  bool operator==(const Tls&) const = default;
};

struct Config {
  std::string backend = "inmemory";  // canonical lower-case name
  uint32_t threads = 0;              // 0: one per core
  Ttl ttl;
  Values values;
  std::vector<Route> routes;  // at most one per prefix; the longest prefix of a key wins
  Listen listen;
  Limits limits;
  Eviction eviction = Eviction::s3fifo;
  Auth auth;
  Timeouts timeouts;
  Log log;
  Slowlog slowlog;
  Store store;
  Commands commands;
  PassthroughTtl passthrough_ttl = PassthroughTtl::off;
  Tls tls;
  Memcached memcached;
  Mongodb mongodb;
  Dynamodb dynamodb;
  Pickle pickle;
  Workers workers;

  bool operator==(const Config&) const = default;
};

// True when `user` exists and `password` has its SHA-256. Takes the same time whatever is wrong.
bool check_password(const Auth& auth, std::string_view user, std::string_view password);

}  // namespace cachetted::config
