// The option table: one row per option. Read options.h first.
// The docs are written for an operator: what it does, and what 0 or "off" means.
#include "config/options.h"

#include <algorithm>

#include "config/units.h"

namespace cachetted::config {

namespace {

// The accessor of a field as a plain function, by whose type the variant knows the field's.
#define AT(member)                \
  +[](Config & config) -> auto& { \
    return config.member;         \
  }

constexpr uint64_t kKiB = 1ull << 10, kMiB = 1ull << 20, kTiB = 1ull << 40;
constexpr uint64_t kMillisecond = 1'000, kSecond = 1'000'000, kMinute = 60 * kSecond, kHour = 60 * kMinute,
                   kDay = 24 * kHour;

constexpr const char* kViolations[] = {"clamp", "reject"};
constexpr const char* kEvictions[] = {"s3fifo", "none"};
constexpr const char* kPassthroughTtls[] = {"off", "default"};
constexpr const char* kMemcachedAuths[] = {"text", "sasl"};
constexpr const char* kPartials[] = {"miss", "error"};
constexpr const char* kClientTypes[] = {"tagged", "plain"};
constexpr const char* kTableCompressions[] = {"default", "none", "lz4", "zstd", "snappy", "gzip"};
constexpr const char* kClientIntegers[] = {"number", "string"};
constexpr const char* kOnDecodeErrors[] = {"error", "miss", "raw"};
constexpr const char* kAlgorithms[] = {"none", "zstd", "lz4"};
constexpr const char* kFsyncs[] = {"always", "everysec", "no"};
constexpr const char* kOnCorrupts[] = {"refuse", "set_aside"};
constexpr const char* kLevels[] = {"trace", "debug", "info", "warning", "error"};
constexpr const char* kFormats[] = {"text", "json"};

constexpr const char* kAddressList =
    "a list of host:port, [ipv6]:port or unix:/path, each with client_codec=... or client_types=... behind a blank "
    "where that port's clients differ; an empty list is off";

// Without these no client can log in, begin, look whether the daemon lives, or end.
Accepted accept_denied(std::string_view name, std::string& why) {
  for (std::string_view always : {"auth", "hello", "ping", "quit", "reset"}) {
    if (name != always) continue;
    why = "cannot be denied: clients need it";
    return std::nullopt;
  }
  return std::string(name);
}

constexpr Section kSections[] = {
    {"ttl",
     "Time to live of what is stored. The short form `ttl: 60` sets the default alone, 1 to 3600 seconds. "
     "Durations: 30 and 30s are seconds; 1500ms, 5m, 2h, 7d."},
    {"compression",
     "Values made smaller on their way to the store. A value that does not shrink is kept as it is; one that does has "
     "an envelope of 20 bytes before it, which the Python library cannot read. A pickle "
     "file has none of it."},
    {"listen", "Where clients connect."},
    {"limits", "Bounds on what clients can take. Sizes: 65536 is bytes; KiB, MiB, GiB, TiB; KB, MB, GB, TB."},
    {"auth", "Who may connect."},
    {"timeouts", "How long things may take."},
    {"log", "What is logged, and how."},
    {"slowlog", "Which commands SLOWLOG keeps."},
    {"commands",
     "What Redis clients may ask, by name; case is ignored, and a name that nobody knows is harmless. The memcached "
     "port "
     "is not bound by it."},
    {"tls", "For stores reached by TLS (rediss://, valkeys://)."},
    {"memcached", "How backend memcached uses its servers."},
    {"mongodb", "How backend mongodb keeps its collection."},
    {"dynamodb",
     "How backend dynamodb uses its table. Credentials that are not named here are found where AWS's own tools "
     "find them: in the environment, the files in ~/.aws, by web identity, from the container or the machine."},
    {"pickle", "How backend pickle keeps its file."},
    {"workers", "Threads for a store whose library blocks: MongoDB, memcached with SASL."},
};

const Option kOptions[] = {
    {.path = "backend",
     .type = Type::text,
     .field = AT(backend),
     .accept = accept_backend,
     .allowed = "inmemory (or memory), pickle, redis, valkey, memcached, mongodb, dynamodb",
     .doc = "Where values are kept. Case is ignored. This version has all of them."},
    {.path = "codec",
     .type = Type::text,
     .field = AT(values.codec),
     .reloadable = true,
     .accept = accept_codec,
     .allowed = "none or vanilla, json, orjson, msgpack, pickle, csv, feather, parquet",
     .blank = "vanilla",
     .doc = "The form of values in the store, as the Python library writes them; clients read and write client_codec. "
            "none and vanilla leave the bytes as they are. Case is ignored. csv, feather and parquet keep tables "
            "(DataFrames), by a module over Apache Arrow that is loaded when they are first asked for."},
    {.path = "client_codec",
     .type = Type::choice,
     .field = AT(values.client_codec),
     .reloadable = true,
     .choices = kClientCodecs,
     .doc = "The form in which clients read and write values that have a codec; raw is the store's own bytes. The "
            "default is json, and csv for tables, which have all but msgpack: json is a list of records, json_columns "
            "and json_split are what pandas calls columns and split, arrow is an IPC stream. A codec that has not what "
            "is said for all keys, or for a port, has its default."},
    {.path = "client_types",
     .type = Type::choice,
     .field = AT(values.client_types),
     .reloadable = true,
     .choices = kClientTypes,
     .doc = "With client_codec json, what JSON lacks: tagged loses nothing (a date is {\"$date\": \"2026-11-26\"}), "
            "plain is "
            "the friendly form that cannot be told from text again."},
    {.path = "on_decode_error",
     .type = Type::choice,
     .field = AT(values.on_decode_error),
     .reloadable = true,
     .choices = kOnDecodeErrors,
     .doc = "What a read of a value replies that the codec cannot read: an error, a miss, or the raw bytes. Each is "
            "counted."},
    {.path = "table_compression",
     .type = Type::choice,
     .field = AT(values.table_compression),
     .reloadable = true,
     .choices = kTableCompressions,
     .doc =
         "How feather and parquet compress their columns; the default is pandas' own, lz4 and snappy. feather has "
         "none, lz4 and zstd; what it has not is its default. What was written in another way is read all the same."},
    {.path = "client_integers",
     .type = Type::choice,
     .field = AT(values.client_integers),
     .reloadable = true,
     .choices = kClientIntegers,
     .doc =
         "Integers of tables in JSON beyond 2^53 either way, which JavaScript rounds: as numbers, or as strings that "
         "are read as integers again."},
    {.path = "threads",
     .type = Type::count,
     .field = AT(threads),
     .min = 0,
     .max = 64,
     .doc = "Event loops, each on its own thread; 0 is one per core."},
    {.path = "eviction",
     .type = Type::choice,
     .field = AT(eviction),
     .choices = kEvictions,
     .doc =
         "What makes room at limits.max_memory: s3fifo evicts what is used least; with none, writes fail with -OOM."},

    {.path = "ttl.default",
     .type = Type::duration,
     .field = AT(ttl.default_ms),
     .reloadable = true,
     .min = kMillisecond,
     .max = 36'500 * kDay,
     .zero = "none: the key stays",
     .doc = "What a write that names no time to live gets."},
    {.path = "ttl.min",
     .type = Type::duration,
     .field = AT(ttl.min_ms),
     .reloadable = true,
     .min = kMillisecond,
     .max = 36'500 * kDay,
     .zero = "no bound",
     .doc = "The shortest time to live that a client may ask for. A time of 0 or in the past deletes, whatever the "
            "bounds."},
    {.path = "ttl.max",
     .type = Type::duration,
     .field = AT(ttl.max_ms),
     .reloadable = true,
     .min = kMillisecond,
     .max = 36'500 * kDay,
     .zero = "no bound",
     .doc = "The longest time to live of any key, PERSIST and writes without one included."},
    {.path = "ttl.jitter",
     .type = Type::percent,
     .field = AT(ttl.jitter),
     .reloadable = true,
     .max = 100,
     .doc = "Up to so many percent are taken from ttl.default at random, so that a warm-up does not expire at one "
            "instant."},
    {.path = "ttl.on_violation",
     .type = Type::choice,
     .field = AT(ttl.on_violation),
     .reloadable = true,
     .choices = kViolations,
     .doc = "A time to live outside min to max is clamped to the bound (and counted), or rejected with an error."},

    {.path = "compression.algorithm",
     .type = Type::choice,
     .field = AT(values.compression.algorithm),
     .reloadable = true,
     .choices = kAlgorithms,
     .doc = "What compresses; lz4 takes less time, zstd makes values smaller. With none, what was compressed before is "
            "still read."},
    {.path = "compression.level",
     .type = Type::count,
     .field = AT(values.compression.level),
     .reloadable = true,
     .min = 1,
     .max = 22,
     .zero = "the algorithm's own default",
     .doc = "How hard it tries: 1 to 22 with zstd, 1 to 12 with lz4."},
    {.path = "compression.min_size",
     .type = Type::size,
     .field = AT(values.compression.min_size),
     .reloadable = true,
     .min = 1,
     .max = 512 * kMiB,
     .doc = "Values shorter than that are not compressed."},

    {.path = "routes",
     .type = Type::routes,
     .field = AT(routes),
     .reloadable = true,
     .allowed =
         "a list of {prefix: text} with any of ttl, codec, client_codec, client_types, on_decode_error, compression, "
         "table_compression, client_integers",
     .example = "[{prefix: \"session:\", ttl: {default: 30m, max: 1d}}]",
     .doc = "Other rules for the keys that begin with a prefix; the longest matching prefix wins, and what it leaves "
            "out is as for all keys."},

    {.path = "listen.resp",
     .type = Type::addresses,
     .field = AT(listen.resp),
     .allowed = kAddressList,
     .doc = "For Redis clients (RESP2 and RESP3). Port 0 lets the system choose."},
    {.path = "listen.memcache",
     .type = Type::addresses,
     .field = AT(listen.memcache),
     .allowed = kAddressList,
     .doc = "For memcached clients (the text and meta protocols); [] is off. Port 0 lets the system choose."},
    {.path = "listen.admin",
     .type = Type::address,
     .field = AT(listen.admin),
     .allowed = "host:port or [ipv6]:port; \"\" is off",
     .doc = "HTTP for /metrics, /healthz and /readyz. Not for the public: it asks no password."},

    {.path = "limits.max_connections",
     .type = Type::count,
     .field = AT(limits.max_connections),
     .reloadable = true,
     .min = 1,
     .max = 1'000'000,
     .doc = "Client connections in all; one more gets `-ERR max number of clients reached`."},
    {.path = "limits.max_memory",
     .type = Type::size,
     .field = AT(limits.max_memory),
     .min = kMiB,
     .max = 16 * kTiB,
     .zero = "no bound",
     .doc = "Resident memory of the whole process that the backends inmemory and pickle keep to, within 5 percent."},
    {.path = "limits.max_key",
     .type = Type::size,
     .field = AT(limits.max_key),
     .reloadable = true,
     .min = 1,
     .max = kMiB - 1,
     .doc = "The longest key."},
    {.path = "limits.max_value",
     .type = Type::size,
     .field = AT(limits.max_value),
     .reloadable = true,
     .min = 1,
     .max = 512 * kMiB,
     .doc = "The longest value, and the longest bulk that a client may send."},
    {.path = "limits.max_pipeline",
     .type = Type::count,
     .field = AT(limits.max_pipeline),
     .reloadable = true,
     .min = 1,
     .max = 1'000'000,
     .doc = "Requests of one connection in flight; beyond it, reading pauses. Nothing is refused."},
    {.path = "limits.output_buffer",
     .type = Type::size,
     .field = AT(limits.output_buffer),
     .reloadable = true,
     .min = kKiB,
     .max = kTiB,
     .doc = "Bytes of replies that wait for a client. With half of it waiting, no more is read from that client; "
            "timeouts.stall says when it is cut; with four times as much waiting it is after a second."},
    {.path = "limits.databases",
     .type = Type::count,
     .field = AT(limits.databases),
     .min = 1,
     .max = 1024,
     .doc = "Databases that SELECT can choose, 0 to one less than this."},

    {.path = "limits.table_rows",
     .type = Type::count,
     .field = AT(limits.table_rows),
     .reloadable = true,
     .min = 1,
     .max = 1'000'000'000,
     .doc = "Rows of one table, looked at before memory is taken for them."},
    {.path = "limits.table_columns",
     .type = Type::count,
     .field = AT(limits.table_columns),
     .reloadable = true,
     .min = 1,
     .max = 1'000'000,
     .doc = "Columns of one table, its index and the fields of structs among them."},
    {.path = "limits.table_bytes",
     .type = Type::size,
     .field = AT(limits.table_bytes),
     .reloadable = true,
     .min = kKiB,
     .max = 64 * 1024 * kMiB,
     .doc = "Bytes that one table may take as it is decoded, and that may be written of it. Four tables are converted "
            "at a "
            "time, each within these; what compressed values become ends here, too."},
    {.path = "limits.table_depth",
     .type = Type::count,
     .field = AT(limits.table_depth),
     .reloadable = true,
     .min = 1,
     .max = 100,
     .doc = "Types within types of a column: a list of structs of integers has 3."},
    {.path = "auth.required",
     .type = Type::boolean,
     .field = AT(auth.required),
     .reloadable = true,
     .doc = "Whether a client must authenticate before anything else."},
    {.path = "auth.users",
     .type = Type::users,
     .field = AT(auth.users),
     .reloadable = true,
     .allowed = "a map of name to {password_sha256: 64 hexadecimal digits}",
     .example = "{default: {password_sha256: "
                "\"0000000000000000000000000000000000000000000000000000000000000000\"}}",
     .doc = "`AUTH password` is for the user default. A hash is made by: printf %s 'the password' | sha256sum"},

    {.path = "timeouts.idle",
     .type = Type::duration,
     .field = AT(timeouts.idle_ms),
     .reloadable = true,
     .min = kMillisecond,
     .max = 365 * kDay,
     .zero = "never",
     .doc = "A connection without a request for so long is closed."},
    {.path = "timeouts.request",
     .type = Type::duration,
     .field = AT(timeouts.request_ms),
     .reloadable = true,
     .min = kMillisecond,
     .max = kHour,
     .doc = "A request that the store has not answered by then gets an error."},
    {.path = "timeouts.connect",
     .type = Type::duration,
     .field = AT(timeouts.connect_ms),
     .reloadable = true,
     .min = kMillisecond,
     .max = 10 * kMinute,
     .doc = "Connecting to a store."},
    {.path = "timeouts.stall",
     .type = Type::duration,
     .field = AT(timeouts.stall_ms),
     .reloadable = true,
     .min = kMillisecond,
     .max = kHour,
     .doc = "A client that is not read from because of what it has not taken (limits.output_buffer), and takes no byte "
            "for so long, is cut. A store's connection that owes a reply and sends no byte for so long is closed."},
    {.path = "timeouts.drain",
     .type = Type::duration,
     .field = AT(timeouts.drain_ms),
     .reloadable = true,
     .min = kMillisecond,
     .max = kHour,
     .zero = "at once",
     .doc = "On SIGTERM, how long requests in flight may take to finish."},

    {.path = "log.level",
     .type = Type::choice,
     .field = AT(log.level),
     .reloadable = true,
     .choices = kLevels,
     .doc = "The least severe message that is logged."},
    {.path = "log.format",
     .type = Type::choice,
     .field = AT(log.format),
     .choices = kFormats,
     .doc = "text has systemd's priorities when it runs there; json is one object a line."},

    {.path = "slowlog.threshold",
     .type = Type::duration,
     .field = AT(slowlog.threshold_us),
     .reloadable = true,
     .min = 1,
     .max = kHour,
     .zero = "every one that is measured",
     .off = "none",
     .unit_us = 1,
     .doc = "Commands that take longer are kept. Measured is only what may take long by itself in the memory backend, "
            "as work on many keys or on long values. Microseconds may be written, as in 500us."},
    {.path = "slowlog.length",
     .type = Type::count,
     .field = AT(slowlog.length),
     .reloadable = true,
     .min = 0,
     .max = 100'000,
     .doc = "How many are kept; the oldest goes first."},

    {.path = "commands.allow",
     .type = Type::names,
     .field = AT(commands.allow),
     .reloadable = true,
     .allowed = "a list of names",
     .example = "[lastsave, function]",
     .doc = "Passed on to a Redis or Valkey store although they are an administrator's or change the whole server. "
            "What would block the connection "
            "that clients share, subscribe it or change its state stays refused."},
    {.path = "commands.deny",
     .type = Type::names,
     .field = AT(commands.deny),
     .reloadable = true,
     .accept = accept_denied,
     .allowed = "a list of names, without auth, hello, ping, quit and reset",
     .example = "[flushall, keys, eval]",
     .doc =
         "Refused to Redis clients, over every backend and within MULTI, subcommands included; wins over "
         "commands.allow. It goes by the name alone: what deletes as FLUSHALL does, or a script that the store runs, "
         "is to be named too. Does not concern the memcached port."},

    {.path = "tls.ca",
     .type = Type::text,
     .field = AT(tls.ca),
     .accept = accept_path,
     .allowed = "the path of a file",
     .example = "/etc/ssl/certs/our-ca.pem",
     .doc = "Certificates in PEM to trust; without it, the system's."},
    {.path = "tls.cert",
     .type = Type::text,
     .field = AT(tls.cert),
     .accept = accept_path,
     .allowed = "the path of a file",
     .example = "/etc/cachetted/client.pem",
     .doc =
         "The certificate in PEM to show to a server that asks for one, as redis-server does unless tls-auth-clients "
         "is no."},
    {.path = "tls.key",
     .type = Type::text,
     .field = AT(tls.key),
     .accept = accept_path,
     .allowed = "the path of a file",
     .example = "/etc/cachetted/client.key",
     .doc = "Its private key; without it, the one in tls.cert."},

    {.path = "memcached.user",
     .type = Type::text,
     .field = AT(memcached.user),
     .accept = accept_plain,
     .allowed = "a name without blanks",
     .example = "app",
     .doc = "Whom the servers know."},
    {.path = "memcached.password",
     .type = Type::secret,
     .field = AT(memcached.password),
     .accept = accept_text,
     .allowed = "text without control characters",
     .example = "secret",
     .doc = "The user's password."},
    {.path = "memcached.auth",
     .type = Type::choice,
     .field = AT(memcached.auth),
     .choices = kMemcachedAuths,
     .doc =
         "How user and password are shown: text to servers started with -Y; sasl to those started with -S, which then "
         "speak the binary protocol alone: no TTL can be read there, and no keys listed."},
    {.path = "memcached.distribution",
     .type = Type::text,
     .field = AT(memcached.distribution),
     .accept = accept_distribution,
     .allowed = "modula, consistent, ketama or ketama_weighted",
     .example = "ketama",
     .doc = "How keys are spread over several servers, in libmemcached's words; modula unless memcached_host says "
            "otherwise. ketama and ketama_weighted hash by MD5."},
    {.path = "memcached.hash",
     .type = Type::text,
     .field = AT(memcached.hash),
     .accept = accept_hash,
     .allowed = "default, md5, crc, fnv1_64, fnv1a_64, fnv1_32, fnv1a_32, hsieh, murmur, jenkins or murmur3",
     .example = "md5",
     .doc = "The hash of keys, in libmemcached's words; default is Jenkins's one-at-a-time."},
    {.path = "memcached.auto_eject",
     .type = Type::boolean,
     .field = AT(memcached.auto_eject),
     .doc = "Whether the keys of a server that is down go to the others until it is back. Off, they fail at once. On, "
            "they begin empty there, and what was written meanwhile is hidden when the server comes back."},
    {.path = "memcached.partial",
     .type = Type::choice,
     .field = AT(memcached.partial),
     .reloadable = true,
     .choices = kPartials,
     .doc = "What a multi-get tells of keys whose server is down, where others answer: that they are not there, or an "
            "error."},

    {.path = "mongodb.sweep",
     .type = Type::duration,
     .field = AT(mongodb.sweep_ms),
     .reloadable = true,
     .min = 100 * kMillisecond,
     .max = kDay,
     .zero = "never",
     .doc = "How often documents that have expired are deleted. Each sweep looks at the whole collection, unless there "
            "is an index on expires; after one that took long, cachetted rests four times as long."},

    {.path = "dynamodb.access_key_id",
     .type = Type::secret,
     .field = AT(dynamodb.access_key_id),
     .accept = accept_plain,
     .allowed = "text without blanks",
     .example = "local",
     .doc = "The access key's id; with it goes dynamodb.secret_access_key."},
    {.path = "dynamodb.secret_access_key",
     .type = Type::secret,
     .field = AT(dynamodb.secret_access_key),
     .accept = accept_plain,
     .allowed = "text without blanks",
     .example = "local",
     .doc = "The access key's secret."},
    {.path = "dynamodb.session_token",
     .type = Type::secret,
     .field = AT(dynamodb.session_token),
     .accept = accept_plain,
     .allowed = "text without blanks",
     .example = "secret",
     .doc = "Of credentials that are temporary."},
    {.path = "dynamodb.profile",
     .type = Type::text,
     .field = AT(dynamodb.profile),
     .accept = accept_text,
     .allowed = "a name in the files in ~/.aws",
     .example = "production",
     .doc = "Whose credentials of these files are used, whatever the environment says; without it AWS_PROFILE's, or "
            "default."},
    {.path = "dynamodb.consistent_read",
     .type = Type::boolean,
     .field = AT(dynamodb.consistent_read),
     .reloadable = true,
     .doc = "Whether reads see every write that was answered before. Off, they cost half, and may be a second behind; "
            "what a change depends on is read consistently either way."},
    {.path = "dynamodb.scan_rate",
     .type = Type::count,
     .field = AT(dynamodb.scan_rate),
     .reloadable = true,
     .min = 1,
     .max = 1'000'000,
     .zero = "no bound",
     .doc =
         "Capacity units a second that walks over the table use at most, all together (KEYS, SCAN, DBSIZE, RANDOMKEY, "
         "FLUSHDB, CLEAR, FLUSHEXPIRED), so that requests keep theirs. Reading 4 KiB is a unit, half of one where "
         "consistent_read is off; deleting a small item is one."},
    {.path = "dynamodb.connections",
     .type = Type::count,
     .field = AT(dynamodb.connections),
     .min = 1,
     .max = 1024,
     .doc = "Calls that each loop has under way at a time. What comes while all are goes together in the next: fewer "
            "connections make larger batches."},

    {.path = "pickle.fsync",
     .type = Type::choice,
     .field = AT(pickle.fsync),
     .choices = kFsyncs,
     .doc =
         "When a write is safe from a crash of the machine: with always before its reply, many writes in one sync of "
         "the disk; with everysec a second later; with no when the system comes to it. A crash of cachetted alone "
         "loses nothing with always, and some milliseconds with the others."},
    {.path = "pickle.snapshot_interval",
     .type = Type::duration,
     .field = AT(pickle.snapshot_interval_ms),
     .min = kSecond,
     .max = 7 * kDay,
     .zero = "by size and at the end only",
     .doc = "How often the pickle file is written anew where something has changed: Python programs see nothing of it "
            "before."},
    {.path = "pickle.snapshot_size",
     .type = Type::size,
     .field = AT(pickle.snapshot_size),
     .min = 64 * kKiB,
     .max = kTiB,
     .doc =
         "The pickle file is also written anew once the journal has so many bytes: what a start has to read at most, "
         "beside the file."},
    {.path = "pickle.on_corrupt",
     .type = Type::choice,
     .field = AT(pickle.on_corrupt),
     .choices = kOnCorrupts,
     .doc = "Of a file or journal that cannot be read at the start: refuse leaves all as it is and does not start; "
            "set_aside renames it to <pickle_path>.corrupt-<time> and starts with what can be read."},

    {.path = "workers.threads",
     .type = Type::count,
     .field = AT(workers.threads),
     .min = 1,
     .max = 256,
     .doc = "How many. All requests of one connection go to the same one, in order."},
    {.path = "workers.max_batch",
     .type = Type::count,
     .field = AT(workers.max_batch),
     .min = 1,
     .max = 1024,
     .doc = "Requests that one takes at once, to send them together."},
    {.path = "workers.queue",
     .type = Type::count,
     .field = AT(workers.queue),
     .min = 1,
     .max = 1'000'000,
     .doc = "Requests that wait for one; beyond, they fail at once."},

    {.path = "redis_url",
     .type = Type::url,
     .field = AT(store.redis_url),
     .accept = accept_redis_url,
     .allowed = "redis://[user:password@]host[:port][/db], rediss:// or unix:///path",
     .example = "redis://127.0.0.1:6379/0",
     .doc = "Required with backend redis."},
    {.path = "valkey_url",
     .type = Type::url,
     .field = AT(store.valkey_url),
     .accept = accept_valkey_url,
     .allowed = "valkey://[user:password@]host[:port][/db], valkeys:// or unix:///path",
     .example = "valkey://127.0.0.1:6379/0",
     .doc = "Required with backend valkey."},
    {.path = "passthrough_ttl",
     .type = Type::choice,
     .field = AT(passthrough_ttl),
     .reloadable = true,
     .choices = kPassthroughTtls,
     .doc =
         "Whether a key made by a command that cachetted only passes on (HSET, LPUSH, ...) gets ttl.default: with "
         "default, EXISTS goes before the command, and PEXPIRE behind it where the key was not there. Keys are those "
         "that the server's COMMAND table gives a fixed place (not the one behind STORE of SORT, say)."},
    {.path = "memcached_host",
     .type = Type::text,
     .field = AT(store.memcached_host),
     .accept = accept_memcached_host,
     .allowed = "host[:port[:weight]] or /path of a socket, a comma list of them, or --SERVER=host:port ...",
     .example = "127.0.0.1:11211",
     .doc =
         "Required with backend memcached. The port is 11211 unless written. Of several servers libmemcached's rules "
         "decide which one has a key, so that its own clients, pylibmc's and php-memcached's find it there with the "
         "same list, distribution and hash. What begins with -- is libmemcached's configuration, --DISTRIBUTION= and "
         "--HASH= included."},
    {.path = "mongodb_url",
     .type = Type::url,
     .field = AT(store.mongodb_url),
     .accept = accept_mongodb_url,
     .allowed = "mongodb:// or mongodb+srv://, as the driver takes it",
     .example = "mongodb://127.0.0.1:27017",
     .doc = "Required with backend mongodb."},
    {.path = "database_name",
     .type = Type::text,
     .field = AT(store.database_name),
     .accept = accept_name,
     .allowed = "with mongodb 1 to 63 bytes, none of /\\. \"$*<>:|?",
     .doc = "The database of backend mongodb."},
    {.path = "table_name",
     .type = Type::text,
     .field = AT(store.table_name),
     .accept = accept_name,
     .allowed = "with dynamodb 3 to 255 of a-zA-Z0-9_.-; with mongodb a collection",
     .doc = "The collection of backend mongodb, or the table of dynamodb."},
    {.path = "region",
     .type = Type::text,
     .field = AT(store.region),
     .accept = accept_region,
     .allowed = "an AWS region, such as eu-west-1",
     .example = "eu-west-1",
     .doc = "This or dynamodb_url is required with backend dynamodb."},
    {.path = "dynamodb_url",
     .type = Type::url,
     .field = AT(store.dynamodb_url),
     .accept = accept_dynamodb_url,
     .allowed = "http:// or https:// and host[:port]",
     .example = "http://127.0.0.1:8000",
     .doc = "This or region is required with backend dynamodb."},
    {.path = "pickle_path",
     .type = Type::text,
     .field = AT(store.pickle_path),
     .accept = accept_path,
     .allowed = "the path of a file",
     .example = "/var/lib/cachetted/cache.pickle",
     .doc =
         "Required with backend pickle: the file of the cachette library. Beside it are its journal, lock and snapshot "
         "(<pickle_path>.journal-1, .lock, .snapshot)."},
};

#undef AT

}  // namespace

std::span<const Option> options() { return kOptions; }
std::span<const Section> sections() { return kSections; }

const Option* find_option(std::string_view path) {
  const std::string name = lower_case(path);
  const auto found =
      std::find_if(std::begin(kOptions), std::end(kOptions), [&](const Option& o) { return name == o.path; });
  return found == std::end(kOptions) ? nullptr : found;
}

bool is_section(std::string_view path) {
  return std::any_of(std::begin(kSections), std::end(kSections), [&](const Section& s) { return path == s.name; });
}

std::vector<std::string> option_paths() {
  std::vector<std::string> out;
  for (const Option& option : kOptions) out.emplace_back(option.path);
  return out;
}

std::string environment_name(std::string_view path) {
  std::string out = "CACHETTED_";
  for (const char c : path) out += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

void resolve_routes(Config& config) {
  for (Route& route : config.routes) {
    Config own, whole;  // the accessors of the table are those of a whole configuration
    own.ttl = route.ttl;
    own.values = route.values;
    whole.ttl = config.ttl;
    whole.values = config.values;
    for (const std::string& path : route.own.paths)
      std::visit([&](auto field) { field(whole) = field(own); }, find_option(path)->field);
    route.ttl = whole.ttl;
    route.values = whole.values;
  }
}

}  // namespace cachetted::config
