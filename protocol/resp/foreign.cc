// The commands of redis-server 7.0 that no row of commands.cc answers: known by name, so that a client learns which
// backend lacks them instead of that they do not exist. Sorted; what is neither here nor there does not exist.
#include <algorithm>
#include <iterator>

#include "protocol/resp/commands.h"

namespace cachetted::resp {
namespace {

// clang-format off
constexpr std::string_view kForeign[] = {
    "acl", "asking", "bgrewriteaof", "bgsave", "bitfield", "bitfield_ro", "bitop", "blmove", "blmpop", "blpop", "brpop",
    "brpoplpush", "bzmpop", "bzpopmax", "bzpopmin", "cluster", "dump", "eval", "eval_ro", "evalsha", "evalsha_ro", "failover",
    "fcall", "fcall_ro", "function", "geoadd", "geodist", "geohash", "geopos", "georadius", "georadius_ro", "georadiusbymember",
    "georadiusbymember_ro", "geosearch", "geosearchstore", "hdel", "hexists", "hget", "hgetall", "hincrby", "hincrbyfloat",
    "hkeys", "hlen", "hmget", "hmset", "hrandfield", "hscan", "hset", "hsetnx", "hstrlen", "hvals", "lindex", "linsert", "llen",
    "lmove", "lmpop", "lolwut", "lpop", "lpos", "lpush", "lpushx", "lrange", "lrem", "lset", "ltrim", "migrate", "module",
    "monitor", "pfadd", "pfcount", "pfdebug", "pfmerge", "pfselftest", "psubscribe", "psync", "publish", "pubsub",
    "punsubscribe", "readwrite", "replconf", "replicaof", "restore", "restore-asking", "role", "rpop", "rpoplpush", "rpush",
    "rpushx", "sadd", "save", "scard", "script", "sdiff", "sdiffstore", "shutdown", "sinter", "sintercard", "sinterstore",
    "sismember", "slaveof", "smembers", "smismember", "smove", "sort", "sort_ro", "spop", "spublish", "srandmember", "srem",
    "sscan", "ssubscribe", "subscribe", "sunion", "sunionstore", "sunsubscribe", "sync", "unsubscribe", "xack", "xadd",
    "xautoclaim", "xclaim", "xdel", "xgroup", "xinfo", "xlen", "xpending", "xrange", "xread", "xreadgroup", "xrevrange",
    "xsetid", "xtrim", "zadd", "zcard", "zcount", "zdiff", "zdiffstore", "zincrby", "zinter", "zintercard", "zinterstore",
    "zlexcount", "zmpop", "zmscore", "zpopmax", "zpopmin", "zrandmember", "zrange", "zrangebylex", "zrangebyscore",
    "zrangestore", "zrank", "zrem", "zremrangebylex", "zremrangebyrank", "zremrangebyscore", "zrevrange", "zrevrangebylex",
    "zrevrangebyscore", "zrevrank", "zscan", "zscore", "zunion", "zunionstore",
};
// clang-format on

}  // namespace

bool is_foreign_command(std::string_view name) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  auto less = [&](std::string_view row, std::string_view word) {
    return std::lexicographical_compare(row.begin(), row.end(), word.begin(), word.end(),
                                        [&](char a, char b) { return lower(a) < lower(b); });
  };
  auto at = std::lower_bound(std::begin(kForeign), std::end(kForeign), name, less);
  return at != std::end(kForeign) && is(*at, name);
}

}  // namespace cachetted::resp
