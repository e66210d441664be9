// The commands of the RESP port, a row each, and their look-up.
#include "protocol/resp/commands.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "protocol/resp/decode.h"
#include "protocol/resp/replies.h"

namespace cachetted::resp {
namespace {

// name, arity, flags, first key, last key, step, op, local, decode, compose, group, since, summary, complexity
// clang-format off
Command kCommands[] = {
    {{"append"}, 3, kWrite | kDenyoom | kFast, 1, 1, 1, Op::append, Local::none, decode_append, compose_number,
     "string", "2.0.0", "Appends a string to the value of a key.", "O(1)"},
    {{"auth"}, -2, kNoscript | kLoading | kStale | kFast | kNoAuth, 0, 0, 0, Op::local, Local::auth, decode_none, compose_wire,
     "connection", "1.0.0", "Authenticates the connection.", "O(1)"},
    {{"bitcount"}, -2, kReadonly, 1, 1, 1, Op::count_bits, Local::none, decode_bitcount, compose_bits,
     "bitmap", "2.6.0", "Counts the set bits of a value, or of a range of it.", "O(N)"},
    {{"bitpos"}, -3, kReadonly, 1, 1, 1, Op::find_bit, Local::none, decode_bitpos, compose_bitpos,
     "bitmap", "2.8.7", "Finds the first set or clear bit of a value.", "O(N)"},
    {{"cachette"}, -2, kContainer, 0, 0, 0, Op::local, Local::cachette, decode_none, compose_wire,
     "cachette", "0.1.0", "The daemon's own commands.", "that of its subcommand"},
    {{"cachette|clear"}, 3, kWrite | kExactName | kBarrier, 0, 0, 0, Op::clear, Local::none, decode_clear, compose_number,
     "cachette", "0.1.0", "Deletes <namespace>:* and replies how many.", "O(N)"},
    {{"cachette|explain"}, 3, kReadonly | kExactName, 2, 2, 1, Op::inspect, Local::none, decode_explain, compose_explain,
     "cachette", "0.1.0", "Shows the route, codec, stored size, flags and expiry of a key.", "O(1)"},
    {{"cachette|flushexpired"}, 2, kWrite | kExactName | kBarrier, 0, 0, 0, Op::flush_expired, Local::none, decode_none, compose_number,
     "cachette", "0.1.0", "Removes what has expired and replies how many.", "O(N)"},
    {{"cachette|help"}, 2, kExactName, 0, 0, 0, Op::local, Local::cachette_help, decode_none, compose_wire,
     "cachette", "0.1.0", "Lists the subcommands.", "O(1)"},
    {{"cachette|status"}, 2, kExactName, 0, 0, 0, Op::local, Local::cachette_status, decode_none, compose_wire,
     "cachette", "0.1.0", "Describes backend, TTL policy and state in words.", "O(1)"},
    {{"client"}, -2, kNoscript | kLoading | kStale | kContainer, 0, 0, 0, Op::local, Local::client, decode_none, compose_wire,
     "connection", "2.4.0", "A container of commands about connections.", "that of its subcommand"},
    {{"client|getname"}, 2, kNoscript | kLoading | kStale, 0, 0, 0, Op::local, Local::client_getname, decode_none, compose_wire,
     "connection", "2.4.0", "Replies the connection's name.", "O(1)"},
    {{"client|help"}, 2, kLoading | kStale, 0, 0, 0, Op::local, Local::client_help, decode_none, compose_wire,
     "connection", "2.4.0", "Lists the subcommands.", "O(1)"},
    {{"client|id"}, 2, kNoscript | kLoading | kStale, 0, 0, 0, Op::local, Local::client_id, decode_none, compose_wire,
     "connection", "2.4.0", "Replies the connection's number.", "O(1)"},
    {{"client|info"}, 2, kNoscript | kLoading | kStale, 0, 0, 0, Op::local, Local::client_info, decode_none, compose_wire,
     "connection", "2.4.0", "Describes this connection.", "O(1)"},
    {{"client|kill"}, -3, kNoscript | kLoading | kStale | kAdmin | kBarrier, 0, 0, 0, Op::local, Local::client_kill, decode_none, compose_wire,
     "connection", "2.4.0", "Closes connections.", "O(1)"},
    {{"client|list"}, -2, kNoscript | kLoading | kStale | kAdmin | kBarrier, 0, 0, 0, Op::local, Local::client_list, decode_none, compose_wire,
     "connection", "2.4.0", "Describes every connection.", "O(1)"},
    {{"client|no-evict"}, 3, kAdmin | kNoscript | kLoading | kStale, 0, 0, 0, Op::local, Local::client_no_evict, decode_none, compose_wire,
     "connection", "2.4.0", "Accepted: connections are never evicted.", "O(1)"},
    {{"client|no-touch"}, 3, kNoscript | kLoading | kStale, 0, 0, 0, Op::local, Local::client_no_touch, decode_none, compose_wire,
     "connection", "2.4.0", "Accepted: whether reads count as use.", "O(1)"},
    {{"client|reply"}, 3, kNoscript | kLoading | kStale, 0, 0, 0, Op::local, Local::client_reply, decode_none, compose_wire,
     "connection", "2.4.0", "Switches replies off or on.", "O(1)"},
    {{"client|setinfo"}, 4, kNoscript | kLoading | kStale, 0, 0, 0, Op::local, Local::client_setinfo, decode_none, compose_wire,
     "connection", "2.4.0", "Notes the client library's name and version.", "O(1)"},
    {{"client|setname"}, 3, kNoscript | kLoading | kStale, 0, 0, 0, Op::local, Local::client_setname, decode_none, compose_wire,
     "connection", "2.4.0", "Names the connection.", "O(1)"},
    {{"client|unpause"}, 2, kNoscript | kLoading | kStale | kAdmin, 0, 0, 0, Op::local, Local::client_unpause, decode_none, compose_wire,
     "connection", "2.4.0", "Accepted: clients are never paused.", "O(1)"},
    {{"command"}, -1, kLoading | kStale | kContainer, 0, 0, 0, Op::local, Local::command, decode_none, compose_wire,
     "server", "2.8.13", "Describes the commands of this daemon.", "that of its subcommand"},
    {{"command|count"}, 2, kLoading | kStale, 0, 0, 0, Op::local, Local::command_count, decode_none, compose_wire,
     "server", "2.8.13", "Counts the commands.", "O(1)"},
    {{"command|docs"}, -2, kLoading | kStale, 0, 0, 0, Op::local, Local::command_docs, decode_none, compose_wire,
     "server", "2.8.13", "Documents commands.", "O(1)"},
    {{"command|getkeys"}, -4, kLoading | kStale, 0, 0, 0, Op::local, Local::command_getkeys, decode_none, compose_wire,
     "server", "2.8.13", "Finds the keys in a command.", "O(1)"},
    {{"command|help"}, 2, kLoading | kStale, 0, 0, 0, Op::local, Local::command_help, decode_none, compose_wire,
     "server", "5.0.0", "Lists the subcommands.", "O(1)"},
    {{"command|info"}, -2, kLoading | kStale, 0, 0, 0, Op::local, Local::command_info, decode_none, compose_wire,
     "server", "2.8.13", "Describes commands.", "O(1)"},
    {{"command|list"}, -2, kLoading | kStale, 0, 0, 0, Op::local, Local::command_list, decode_none, compose_wire,
     "server", "2.8.13", "Lists the names of commands.", "O(1)"},
    {{"config"}, -2, kNoscript | kLoading | kStale | kContainer, 0, 0, 0, Op::local, Local::config, decode_none, compose_wire,
     "server", "2.0.0", "A container of commands about options.", "that of its subcommand"},
    {{"config|get"}, -3, kNoscript | kLoading | kStale | kAdmin, 0, 0, 0, Op::local, Local::config_get, decode_none, compose_wire,
     "server", "2.0.0", "Reads options.", "O(1)"},
    {{"config|help"}, 2, kLoading | kStale, 0, 0, 0, Op::local, Local::config_help, decode_none, compose_wire,
     "server", "2.0.0", "Lists the subcommands.", "O(1)"},
    {{"config|resetstat"}, 2, kNoscript | kLoading | kStale | kAdmin, 0, 0, 0, Op::local, Local::config_resetstat, decode_none, compose_wire,
     "server", "2.0.0", "Starts the counters of INFO anew.", "O(1)"},
    {{"config|set"}, -4, kNoscript | kLoading | kStale | kAdmin, 0, 0, 0, Op::local, Local::config_set, decode_none, compose_wire,
     "server", "2.0.0", "Changes reloadable options.", "O(1)"},
    {{"copy"}, -3, kWrite | kDenyoom, 1, 2, 1, Op::copy, Local::none, decode_copy, compose_yes_no,
     "generic", "6.2.0", "Copies the value of a key to a new key.", "O(N)"},
    {{"dbsize"}, 1, kReadonly | kFast, 0, 0, 0, Op::count, Local::none, decode_none, compose_number,
     "server", "1.0.0", "Counts the keys of this database.", "O(1)"},
    {{"decr"}, 2, kWrite | kDenyoom | kFast, 1, 1, 1, Op::add_integer, Local::none, decode_decr, compose_number,
     "string", "1.0.0", "Decrements an integer by one.", "O(1)"},
    {{"decrby"}, 3, kWrite | kDenyoom | kFast, 1, 1, 1, Op::add_integer, Local::none, decode_decrby, compose_number,
     "string", "1.0.0", "Decrements an integer by a number.", "O(1)"},
    {{"del"}, -2, kWrite, 1, -1, 1, Op::remove, Local::none, decode_all_keys, compose_number,
     "generic", "1.0.0", "Deletes keys.", "O(N)"},
    {{"discard"}, 1, kNoscript | kLoading | kStale | kFast | kNoMulti, 0, 0, 0, Op::local, Local::discard, decode_none, compose_wire,
     "transactions", "2.0.0", "Drops a transaction.", "O(N)"},
    {{"echo"}, 2, kLoading | kStale | kFast, 0, 0, 0, Op::local, Local::echo, decode_none, compose_wire,
     "connection", "1.0.0", "Replies the given message.", "O(1)"},
    {{"exec"}, 1, kNoscript | kLoading | kStale | kNoMulti, 0, 0, 0, Op::local, Local::exec, decode_none, compose_group,
     "transactions", "1.2.0", "Runs a transaction.", "that of its commands"},
    {{"exists"}, -2, kReadonly | kFast, 1, -1, 1, Op::exists, Local::none, decode_all_keys, compose_number,
     "generic", "1.0.0", "Counts which of the keys are there.", "O(N)"},
    {{"expire"}, -3, kWrite | kFast, 1, 1, 1, Op::expire, Local::none, decode_expire, compose_yes_no,
     "generic", "1.0.0", "Sets the expiry of a key (seconds, from now).", "O(1)"},
    {{"expireat"}, -3, kWrite | kFast, 1, 1, 1, Op::expire, Local::none, decode_expireat, compose_yes_no,
     "generic", "1.2.0", "Sets the expiry of a key (seconds, Unix time).", "O(1)"},
    {{"expiretime"}, 2, kReadonly | kFast, 1, 1, 1, Op::expiry, Local::none, decode_expiretime, compose_expiry,
     "generic", "7.0.0", "Reads the expiry of a key as a Unix time in seconds.", "O(1)"},
    {{"flushall"}, -1, kWrite, 0, 0, 0, Op::flush, Local::none, decode_flushall, compose_ok,
     "server", "1.0.0", "Removes every key of every database.", "O(1), the memory is freed in the background"},
    {{"flushdb"}, -1, kWrite, 0, 0, 0, Op::flush, Local::none, decode_flushdb, compose_ok,
     "server", "1.0.0", "Removes every key of this database.", "O(1), the memory is freed in the background"},
    {{"get"}, 2, kReadonly | kFast, 1, 1, 1, Op::get, Local::none, decode_get, compose_value,
     "string", "1.0.0", "Reads the value of a key.", "O(1)"},
    {{"getbit"}, 3, kReadonly | kFast, 1, 1, 1, Op::get_bit, Local::none, decode_getbit, compose_number,
     "bitmap", "2.2.0", "Reads a bit by its offset.", "O(1)"},
    {{"getdel"}, 2, kWrite | kFast, 1, 1, 1, Op::get, Local::none, decode_getdel, compose_value,
     "string", "6.2.0", "Reads a value and deletes its key.", "O(1)"},
    {{"getex"}, -2, kWrite | kFast, 1, 1, 1, Op::get, Local::none, decode_getex, compose_getex,
     "string", "6.2.0", "Reads a value and sets or drops its expiry.", "O(1)"},
    {{"getrange"}, 4, kReadonly, 1, 1, 1, Op::get_range, Local::none, decode_getrange, compose_range,
     "string", "2.4.0", "Reads a range of bytes of a value.", "O(N)"},
    {{"getset"}, 3, kWrite | kDenyoom | kFast, 1, 1, 1, Op::set, Local::none, decode_getset, compose_getset,
     "string", "1.0.0", "Sets a value and replies the old one.", "O(1)"},
    {{"hello"}, -1, kNoscript | kLoading | kStale | kFast | kNoAuth, 0, 0, 0, Op::local, Local::hello, decode_none, compose_wire,
     "connection", "6.0.0", "Chooses the protocol version, authenticates and names the connection.", "O(1)"},
    {{"host:"}, -1, kNoAuth | kNoMulti, 0, 0, 0, Op::local, Local::http, decode_none, compose_wire,
     "server", "0.1.0", "Closes the connection: HTTP on this port is a mistake or an attack.", "O(1)"},
    {{"incr"}, 2, kWrite | kDenyoom | kFast, 1, 1, 1, Op::add_integer, Local::none, decode_incr, compose_number,
     "string", "1.0.0", "Increments an integer by one.", "O(1)"},
    {{"incrby"}, 3, kWrite | kDenyoom | kFast, 1, 1, 1, Op::add_integer, Local::none, decode_incrby, compose_number,
     "string", "1.0.0", "Increments an integer by a number.", "O(1)"},
    {{"incrbyfloat"}, 3, kWrite | kDenyoom | kFast, 1, 1, 1, Op::add_float, Local::none, decode_incrbyfloat, compose_float,
     "string", "2.6.0", "Increments a decimal by a number.", "O(1)"},
    {{"info"}, -1, kLoading | kStale, 0, 0, 0, Op::local, Local::info, decode_none, compose_wire,
     "server", "1.0.0", "Replies figures about the daemon.", "O(1)"},
    {{"keys"}, 2, kReadonly | kBarrier, 0, 0, 0, Op::keys, Local::none, decode_keys, compose_keys,
     "generic", "1.0.0", "Lists the keys that match a pattern, in slices that hold nobody up.", "O(N)"},
    {{"lastsave"}, 1, kLoading | kStale | kFast, 0, 0, 0, Op::local, Local::lastsave, decode_none, compose_wire,
     "server", "1.0.0", "Replies when the daemon started: nothing is saved.", "O(1)"},
    {{"latency"}, -2, kNoscript | kLoading | kStale | kContainer, 0, 0, 0, Op::local, Local::latency, decode_none, compose_wire,
     "server", "2.8.13", "A container of commands about latency events.", "that of its subcommand"},
    {{"latency|doctor"}, 2, kNoscript | kLoading | kStale | kAdmin, 0, 0, 0, Op::local, Local::latency_doctor, decode_none, compose_wire,
     "server", "2.8.13", "Points at the metrics.", "O(1)"},
    {{"latency|help"}, 2, kLoading | kStale, 0, 0, 0, Op::local, Local::latency_help, decode_none, compose_wire,
     "server", "2.8.13", "Lists the subcommands.", "O(1)"},
    {{"latency|history"}, 3, kNoscript | kLoading | kStale | kAdmin, 0, 0, 0, Op::local, Local::latency_history, decode_none, compose_wire,
     "server", "2.8.13", "Replies nothing: latencies are in the metrics.", "O(1)"},
    {{"latency|latest"}, 2, kNoscript | kLoading | kStale | kAdmin, 0, 0, 0, Op::local, Local::latency_latest, decode_none, compose_wire,
     "server", "2.8.13", "Replies nothing: latencies are in the metrics.", "O(1)"},
    {{"latency|reset"}, -2, kNoscript | kLoading | kStale | kAdmin, 0, 0, 0, Op::local, Local::latency_reset, decode_none, compose_wire,
     "server", "2.8.13", "Replies 0.", "O(1)"},
    {{"lcs"}, -3, kReadonly, 1, 2, 1, Op::common, Local::none, decode_lcs, compose_lcs,
     "string", "7.0.0", "Finds the longest common subsequence of two values.", "O(N*M)"},
    {{"memory"}, -2, kContainer, 0, 0, 0, Op::local, Local::memory, decode_none, compose_wire,
     "server", "4.0.0", "A container of commands about memory.", "that of its subcommand"},
    {{"memory|help"}, 2, kLoading | kStale, 0, 0, 0, Op::local, Local::memory_help, decode_none, compose_wire,
     "server", "4.0.0", "Lists the subcommands.", "O(1)"},
    {{"memory|usage"}, -3, kReadonly, 2, 2, 1, Op::inspect, Local::none, decode_memory_usage, compose_usage,
     "server", "4.0.0", "Replies the bytes that a key takes up.", "O(1)"},
    {{"mget"}, -2, kReadonly | kFast, 1, -1, 1, Op::get_many, Local::none, decode_all_keys, compose_values,
     "string", "1.0.0", "Reads the values of several keys.", "O(N)"},
    {{"move"}, 3, kWrite | kFast, 1, 1, 1, Op::move, Local::none, decode_move, compose_yes_no,
     "generic", "1.0.0", "Moves a key to another database.", "O(1)"},
    {{"mset"}, -3, kWrite | kDenyoom, 1, -1, 2, Op::set_many, Local::none, decode_mset, compose_ok,
     "string", "1.0.1", "Sets several keys at once.", "O(N)"},
    {{"msetnx"}, -3, kWrite | kDenyoom, 1, -1, 2, Op::set_many, Local::none, decode_msetnx, compose_yes_no,
     "string", "1.0.1", "Sets several keys at once where none of them is there.", "O(N)"},
    {{"multi"}, 1, kNoscript | kLoading | kStale | kFast | kNoMulti, 0, 0, 0, Op::local, Local::multi, decode_none, compose_wire,
     "transactions", "1.2.0", "Begins a transaction.", "O(1)"},
    {{"object"}, -2, kContainer, 0, 0, 0, Op::local, Local::object, decode_none, compose_wire,
     "generic", "2.2.3", "A container of commands about how values are kept.", "that of its subcommand"},
    {{"object|encoding"}, 3, kReadonly, 2, 2, 1, Op::inspect, Local::none, decode_object_encoding, compose_encoding,
     "generic", "2.2.3", "Replies how redis-server would encode a value.", "O(1)"},
    {{"object|freq"}, 3, kReadonly, 2, 2, 1, Op::inspect, Local::none, decode_object_freq, compose_freq,
     "generic", "2.2.3", "Fails: frequencies are not for clients.", "O(1)"},
    {{"object|help"}, 2, kLoading | kStale, 0, 0, 0, Op::local, Local::object_help, decode_none, compose_wire,
     "generic", "2.2.3", "Lists the subcommands.", "O(1)"},
    {{"object|idletime"}, 3, kReadonly, 2, 2, 1, Op::inspect, Local::none, decode_object_idletime, compose_idletime,
     "generic", "2.2.3", "Replies the seconds since a key was used.", "O(1)"},
    {{"object|refcount"}, 3, kReadonly, 2, 2, 1, Op::inspect, Local::none, decode_object_refcount, compose_refcount,
     "generic", "2.2.3", "Replies 1.", "O(1)"},
    {{"persist"}, 2, kWrite | kFast, 1, 1, 1, Op::expire, Local::none, decode_persist, compose_yes_no,
     "generic", "2.2.0", "Drops the expiry of a key (with ttl.max: sets it to that).", "O(1)"},
    {{"pexpire"}, -3, kWrite | kFast, 1, 1, 1, Op::expire, Local::none, decode_pexpire, compose_yes_no,
     "generic", "2.6.0", "Sets the expiry of a key (milliseconds, from now).", "O(1)"},
    {{"pexpireat"}, -3, kWrite | kFast, 1, 1, 1, Op::expire, Local::none, decode_pexpireat, compose_yes_no,
     "generic", "2.6.0", "Sets the expiry of a key (milliseconds, Unix time).", "O(1)"},
    {{"pexpiretime"}, 2, kReadonly | kFast, 1, 1, 1, Op::expiry, Local::none, decode_pexpiretime, compose_expiry,
     "generic", "7.0.0", "Reads the expiry of a key as a Unix time in milliseconds.", "O(1)"},
    {{"ping"}, -1, kFast, 0, 0, 0, Op::local, Local::ping, decode_none, compose_wire,
     "connection", "1.0.0", "Replies PONG or the given message.", "O(1)"},
    {{"post"}, -1, kNoAuth | kNoMulti, 0, 0, 0, Op::local, Local::http, decode_none, compose_wire,
     "server", "0.1.0", "Closes the connection: HTTP on this port is a mistake or an attack.", "O(1)"},
    {{"psetex"}, 4, kWrite | kDenyoom, 1, 1, 1, Op::set, Local::none, decode_psetex, compose_ok,
     "string", "2.6.0", "Sets a value with a time to live in milliseconds.", "O(1)"},
    {{"pttl"}, 2, kReadonly | kFast, 1, 1, 1, Op::expiry, Local::none, decode_pttl, compose_expiry,
     "generic", "2.6.0", "Reads the milliseconds a key has left.", "O(1)"},
    {{"quit"}, -1, kNoscript | kLoading | kStale | kFast | kNoAuth | kNoMulti, 0, 0, 0, Op::local, Local::quit, decode_none, compose_wire,
     "connection", "1.0.0", "Closes the connection.", "O(1)"},
    {{"randomkey"}, 1, kReadonly, 0, 0, 0, Op::random_key, Local::none, decode_none, compose_key,
     "generic", "1.0.0", "Replies any key.", "O(1)"},
    {{"readonly"}, 1, kLoading | kStale | kFast, 0, 0, 0, Op::local, Local::readonly, decode_none, compose_wire,
     "cluster", "3.0.0", "Refused, as by any server that is no cluster's.", "O(1)"},
    {{"rename"}, 3, kWrite, 1, 2, 1, Op::rename, Local::none, decode_two_keys, compose_rename,
     "generic", "1.0.0", "Renames a key and overwrites the new name.", "O(1)"},
    {{"renamenx"}, 3, kWrite | kFast, 1, 2, 1, Op::rename, Local::none, decode_renamenx, compose_rename,
     "generic", "1.0.0", "Renames a key where the new name is free.", "O(1)"},
    {{"reset"}, 1, kNoscript | kLoading | kStale | kFast | kNoAuth | kNoMulti, 0, 0, 0, Op::local, Local::reset, decode_none, compose_wire,
     "connection", "6.2.0", "Puts the connection back to its beginning.", "O(1)"},
    {{"scan"}, -2, kReadonly, 0, 0, 0, Op::scan, Local::none, decode_scan, compose_scan,
     "generic", "2.8.0", "Lists some keys at a time.", "O(1) a call"},
    {{"select"}, 2, kLoading | kStale | kFast, 0, 0, 0, Op::local, Local::select, decode_none, compose_ok,
     "connection", "1.0.0", "Chooses the database.", "O(1)"},
    {{"set"}, -3, kWrite | kDenyoom, 1, 1, 1, Op::set, Local::none, decode_set, compose_set,
     "string", "1.0.0", "Sets the value of a key, without EX or its kin for ttl.default.", "O(1)"},
    {{"setbit"}, 4, kWrite | kDenyoom, 1, 1, 1, Op::set_bit, Local::none, decode_setbit, compose_number,
     "bitmap", "2.2.0", "Sets or clears a bit by its offset.", "O(1)"},
    {{"setex"}, 4, kWrite | kDenyoom, 1, 1, 1, Op::set, Local::none, decode_setex, compose_ok,
     "string", "2.0.0", "Sets a value with a time to live in seconds.", "O(1)"},
    {{"setnx"}, 3, kWrite | kDenyoom | kFast, 1, 1, 1, Op::set, Local::none, decode_setnx, compose_setnx,
     "string", "1.0.0", "Sets a value where the key is absent.", "O(1)"},
    {{"setrange"}, 4, kWrite | kDenyoom, 1, 1, 1, Op::set_range, Local::none, decode_setrange, compose_number,
     "string", "2.2.0", "Overwrites a part of a value.", "O(N)"},
    {{"slowlog"}, -2, kLoading | kStale | kContainer, 0, 0, 0, Op::local, Local::slowlog, decode_none, compose_wire,
     "server", "2.2.12", "A container of commands about slow commands.", "that of its subcommand"},
    {{"slowlog|get"}, -2, kLoading | kStale | kAdmin, 0, 0, 0, Op::local, Local::slowlog_get, decode_none, compose_wire,
     "server", "2.2.12", "Lists the slowest recent commands.", "O(1)"},
    {{"slowlog|help"}, 2, kLoading | kStale, 0, 0, 0, Op::local, Local::slowlog_help, decode_none, compose_wire,
     "server", "2.2.12", "Lists the subcommands.", "O(1)"},
    {{"slowlog|len"}, 2, kLoading | kStale | kAdmin, 0, 0, 0, Op::local, Local::slowlog_len, decode_none, compose_wire,
     "server", "2.2.12", "Counts them.", "O(1)"},
    {{"slowlog|reset"}, 2, kLoading | kStale | kAdmin, 0, 0, 0, Op::local, Local::slowlog_reset, decode_none, compose_wire,
     "server", "2.2.12", "Forgets them.", "O(1)"},
    {{"strlen"}, 2, kReadonly | kFast, 1, 1, 1, Op::length, Local::none, decode_key, compose_number,
     "string", "2.2.0", "Reads the length of a value.", "O(1)"},
    {{"substr"}, 4, kReadonly, 1, 1, 1, Op::get_range, Local::none, decode_getrange, compose_range,
     "string", "1.0.0", "Reads a range of bytes of a value, as GETRANGE.", "O(N)"},
    {{"swapdb"}, 3, kWrite | kFast, 0, 0, 0, Op::swap, Local::none, decode_swapdb, compose_ok,
     "server", "4.0.0", "Exchanges two databases.", "O(1)"},
    {{"time"}, 1, kLoading | kStale | kFast, 0, 0, 0, Op::local, Local::time, decode_none, compose_wire,
     "server", "2.6.0", "Replies the server time.", "O(1)"},
    {{"touch"}, -2, kReadonly | kFast, 1, -1, 1, Op::exists, Local::none, decode_touch, compose_number,
     "generic", "3.2.1", "Marks keys as used and counts them.", "O(N)"},
    {{"ttl"}, 2, kReadonly | kFast, 1, 1, 1, Op::expiry, Local::none, decode_ttl, compose_expiry,
     "generic", "1.0.0", "Reads the seconds a key has left.", "O(1)"},
    {{"type"}, 2, kReadonly | kFast, 1, 1, 1, Op::type, Local::none, decode_key, compose_type,
     "generic", "1.0.0", "Replies string or none.", "O(1)"},
    {{"unlink"}, -2, kWrite | kFast, 1, -1, 1, Op::remove, Local::none, decode_unlink, compose_number,
     "generic", "4.0.0", "Deletes keys.", "O(N)"},
    {{"unwatch"}, 1, kNoscript | kLoading | kStale | kFast, 0, 0, 0, Op::local, Local::unwatch, decode_none, compose_wire,
     "transactions", "2.2.0", "Forgets the watched keys.", "O(1)"},
    {{"wait"}, 3, kNoscript, 0, 0, 0, Op::local, Local::wait, decode_none, compose_wire,
     "generic", "3.0.0", "Replies 0: there are no replicas.", "O(1)"},
    {{"watch"}, -2, kNoscript | kLoading | kStale | kFast | kNoMulti, 1, -1, 1, Op::watch, Local::watch, decode_all_keys, compose_ok,
     "transactions", "2.2.0", "Makes the next transaction depend on keys staying as they are.", "O(N)"},
};
// clang-format on
Command kUnknown = {{"unknown"}, -1, 0, 0, 0, 0, Op::local, Local::none, decode_none, compose_wire, "", "", "", ""};
Command kPassedOn = {{"passed_on"}, -1, 0, 0, 0, 0, Op::raw, Local::none, decode_none, compose_wire, "", "", "", ""};

constexpr size_t kCount = sizeof kCommands / sizeof kCommands[0];

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// Open addressing over the lower-cased name; filled once, before main, from constants only.
class Index {
 public:
  Index() {
    for (size_t i = 0; i < kCount; ++i) {
      size_t at = hash(kCommands[i].name);
      while (slots_[at] != 0) at = (at + 1) % kSlots;
      slots_[at] = static_cast<uint16_t>(i + 1);
    }
  }
  const Command* find(std::string_view name) const {
    for (size_t at = hash(name); slots_[at] != 0; at = (at + 1) % kSlots) {
      const Command& c = kCommands[slots_[at] - 1];
      if (is(name, c.name)) return &c;
    }
    return nullptr;
  }

 private:
  static constexpr size_t kSlots = 1024;
  static_assert(kCount * 4 < kSlots);
  static size_t hash(std::string_view s) {
    uint64_t h = s.size();
    for (char c : s.substr(0, 24)) h = (h ^ static_cast<unsigned char>(lower(c))) * 0x9E3779B97F4A7C15u;
    return static_cast<size_t>(h >> 54);
  }
  std::array<uint16_t, kSlots> slots_{};
};

const Index& index() {
  static const Index instance;
  return instance;
}

}  // namespace

std::span<const Command> commands() { return kCommands; }
const Command& unknown_row() { return kUnknown; }
const Command& passed_on_row() { return kPassedOn; }

void label_commands(uint16_t first) {
  for (Command& c : kCommands) c.label = first++;
  kUnknown.label = first++;
  kPassedOn.label = first;
}

std::vector<bool> find_labels(std::span<const std::string> names) {
  std::vector<bool> found;
  for (const Command& c : kCommands) {
    if (std::find(names.begin(), names.end(), c.name.substr(0, c.name.find('|'))) == names.end()) continue;
    found.resize(kPassedOn.label + 1u);
    found[c.label] = true;
  }
  return found;
}

const Command* find_command(std::string_view name) {
  if (name.find('|') != name.npos) return nullptr;
  return index().find(name);
}

const Command* find_subcommand(const Command& container, std::string_view name) {
  char full[64];
  if (container.name.size() + 1 + name.size() > sizeof full || name.find('|') != name.npos) return nullptr;
  std::memcpy(full, container.name.data(), container.name.size());
  full[container.name.size()] = '|';
  std::memcpy(full + container.name.size() + 1, name.data(), name.size());
  return index().find({full, container.name.size() + 1 + name.size()});
}

bool is(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

bool fail(Request& r, std::string_view text) {
  r.reply.status = Status::invalid;
  r.reply.text = text;
  return false;
}

bool fail_arity(Request& r, const Command& c, Arena& arena) {
  return fail(r, arena.concat({"ERR wrong number of arguments for '", c.name, "' command"}));
}

std::string_view unknown_command(const Args& args, Arena& arena) {
  // As the server: the name cut at 128 bytes, then as many words as fit in 128 bytes.
  std::string listed;
  for (uint32_t i = 1; i < args.size() && listed.size() < 128; ++i) {
    std::string_view word = c_string(args[i]).substr(0, 128 - listed.size());
    listed += '\'';
    listed += word;
    listed += "' ";
  }
  return arena.concat(
      {"ERR unknown command '", c_string(args[0]).substr(0, 128), "', with args beginning with: ", listed});
}

bool compose(Request& r, Output& out) {
  if (r.noreply) return true;
  Writer w(out, r.wire);
  if (is_error(r.reply.status)) {
    compose_error(r.reply, w);
    return true;
  }
  return static_cast<const Command*>(r.row)->compose(r, w);
}

}  // namespace cachetted::resp
