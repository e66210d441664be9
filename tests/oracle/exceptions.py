"""Where the two servers may answer differently: one table, a reason in each row.

A row is used only when the bytes differ. `accept(args, redis, subject)` says whether the difference is the one listed.
"""

import re
import time

from lib import resp, servers
from oracle.arguments import FAR

FAR_SECONDS = min(FAR)  # the generator's absolute times lie beyond, its relative ones before
SKEW_SECONDS = 5  # the two servers get a command at different moments
LAST_INSTANT = 2**31 - 1  # seconds: memcached's


def same_elements(args, redis, subject):
    return redis.partition(b"\r\n")[0] == subject.partition(b"\r\n")[0] and sorted(resp.elements(redis)) == sorted(
        resp.elements(subject)
    )


def same_kind(args, redis, subject):
    return redis[:1] == subject[:1]


def both_positive(args, redis, subject):
    return redis[:1] == subject[:1] == b":" and int(redis[1:]) > 0 and int(subject[1:]) > 0


def moment(args, redis, subject):
    """Times made from now differ by the skew; absolute ones must be equal, and are where they are read as such."""
    if redis[:1] != b":" or subject[:1] != b":":
        return False
    a, b = int(redis[1:]), int(subject[1:])
    name = args[0].upper()
    if a < 0 or b < 0:
        return False
    unit = 1000 if name.startswith(b"P") else 1
    if name.endswith(b"EXPIRETIME") and max(a, b) >= FAR_SECONDS * unit:
        return False
    return abs(a - b) <= SKEW_SECONDS * unit


def memcached_moment(args, redis, subject):
    """Whole seconds by a clock of its own, and none beyond its last. Of two times in one second GT and LT may have
    taken the other."""
    if redis[:1] != b":" or subject[:1] != b":":
        return False
    a, b = int(redis[1:]), int(subject[1:])
    name = args[0].upper()
    unit = 1000 if name.startswith(b"P") else 1
    last = (LAST_INSTANT if name.endswith(b"EXPIRETIME") else LAST_INSTANT - time.time()) * unit
    if a < 0 or b < 0 or name.endswith(b"EXPIRETIME") and FAR_SECONDS * unit <= a <= last:
        return a >= 0 and -2 * unit <= b - a <= 4 * unit
    return abs(min(a, last) - b) <= SKEW_SECONDS * unit


def gt_or_lt(args, redis, subject):
    """To memcached two times in one second are one, or a second apart: which was taken shows in the end."""
    return redis + subject in (b":0\r\n:1\r\n", b":1\r\n:0\r\n") and args[-1].upper() in (b"GT", b"LT")


def memory_or_expired(args, redis, subject):
    """redis-server counts a key past its deadline until it is removed; cachetted never shows one."""
    return both_positive(args, redis, subject) or (both_positive(args, redis, redis) and subject[:1] in b"$_")


class Parted(Exception):
    """A listed difference after which the two stores hold different values: the sequence ends there."""


def blank_behind_a_number(args, redis, subject):
    """cachetted counts on where a stored number ends in blanks, as memcached's decr leaves it."""
    if redis == b"-ERR value is not an integer or out of range\r\n" and subject[:1] == b":":
        raise Parted
    return False


def memcached_counts(args, redis, subject):
    """What is positive is memcached's own arithmetic. It takes 007 for a number, and one below -2^63 for a positive one
    that is too large; it reads on behind nothing or blanks."""
    overflow = b"-ERR increment or decrement would overflow\r\n"
    if redis == b"-ERR value is not an integer or out of range\r\n" and (subject[:1] == b":" or subject == overflow):
        raise Parted
    return False


def only_live(args, redis, subject):
    """redis-server 7.0 counts what SET with a past time has left; memcached and Valkey do not."""
    return redis[:1] == subject[:1] == b":" and int(redis[1:]) >= int(subject[1:])


def no_empty_key(args, redis, subject):
    """What the words say besides is not done."""
    if b"" in args[1:] and subject == b"-ERR key of 0 bytes: the 'memcached' backend takes 1 to 250\r\n":
        raise Parted
    return False


def no_such_key(args, redis, subject):
    """DynamoDB's are UTF-8, of 1 to 2048 bytes. What the words say besides is not done."""
    if re.search(rb"-ERR a key [^\r]*: the 'dynamodb' backend ", subject):
        raise Parted
    return False


def but_for_the_id(args, redis, subject):
    number = re.compile(rb"(\$2\r\nid\r\n:)\d+")
    return redis[:1] in b"*%" and number.sub(rb"\1", redis) == number.sub(rb"\1", subject)


def not_an_error(args, redis, subject):
    return redis[:1] != b"-" and subject[:1] != b"-"


def asks_others(args, redis, subject):
    """In MULTI it is refused, which aborts the transaction."""
    if redis == b"+QUEUED\r\n" and subject.startswith(b"-ERR this command asks other connections"):
        raise Parted
    return args[1].upper() == b"LIST" and not_an_error(args, redis, subject)


# (command or command and subcommand, why, accept)
TABLE = (
    (b"KEYS", "the order of the keys is each table's own", same_elements),
    (b"SCAN", "one step of an iteration is each table's own; whole iterations are compared as sets", not_an_error),
    (b"RANDOMKEY", "random", same_kind),
    (b"TTL", "made from each server's own clock", moment),
    (b"PTTL", "made from each server's own clock", moment),
    (b"EXPIRETIME", "made from each server's own clock", moment),
    (b"PEXPIRETIME", "made from each server's own clock", moment),
    (b"TIME", "the clock", same_kind),
    (b"LASTSAVE", "when each server started", same_kind),
    (b"HELLO", "the connection's number", but_for_the_id),
    (b"CLIENT ID", "the connection's number", same_kind),
    (b"CLIENT LIST", "describes each server's own connections; refused in MULTI", asks_others),
    (b"CLIENT KILL", "refused in MULTI", asks_others),
    (b"INFO", "describes each server", not_an_error),
    (b"COMMAND", "describes each server's own commands", not_an_error),
    (b"COMMAND INFO", "describes each server's own commands", not_an_error),
    (b"COMMAND DOCS", "describes each server's own commands", not_an_error),
    (b"COMMAND LIST", "lists each server's own commands", not_an_error),
    (b"COMMAND COUNT", "counts each server's own commands", both_positive),
    (b"SLOWLOG GET", "what was slow on each server", not_an_error),
    (b"OBJECT ENCODING", "redis-server's depends on how the value came about", same_kind),
    (b"OBJECT IDLETIME", "the clock", same_kind),
    (b"OBJECT REFCOUNT", "redis-server shares small integers", both_positive),
    (b"INCR", "a stored number may end in blanks", blank_behind_a_number),
    (b"DECR", "a stored number may end in blanks", blank_behind_a_number),
    (b"INCRBY", "a stored number may end in blanks", blank_behind_a_number),
    (b"DECRBY", "a stored number may end in blanks", blank_behind_a_number),
    (b"MEMORY USAGE", "each server's own memory", memory_or_expired),
)
# With memcached as the store, instead of those above; b"": any command.
OVER_MEMCACHED = (
    (b"TTL", "whole seconds by memcached's clock, until 2038", memcached_moment),
    (b"PTTL", "whole seconds by memcached's clock, until 2038", memcached_moment),
    (b"EXPIRETIME", "whole seconds by memcached's clock, until 2038", memcached_moment),
    (b"PEXPIRETIME", "whole seconds by memcached's clock, until 2038", memcached_moment),
    (b"EXPIRE", "times in one second are one", gt_or_lt),
    (b"PEXPIRE", "times in one second are one", gt_or_lt),
    (b"EXPIREAT", "times in one second are one", gt_or_lt),
    (b"PEXPIREAT", "times in one second are one", gt_or_lt),
    (b"INCR", "what is positive is memcached's own arithmetic", memcached_counts),
    (b"INCRBY", "what is positive is memcached's own arithmetic", memcached_counts),
    (b"DECRBY", "what is positive is memcached's own arithmetic", memcached_counts),
    (b"DBSIZE", "redis-server counts what has expired, too", only_live),
    (b"", "there is no empty key", no_empty_key),
)
OVER_VALKEY = ((b"DBSIZE", "redis-server counts what has expired, too", only_live),)
OVER_DYNAMODB = ((b"", "not all bytes are a key there", no_such_key),)
OVER = {"valkey": OVER_VALKEY, "dynamodb": OVER_DYNAMODB}.get(servers.store(), OVER_MEMCACHED if servers.over_memcached() else ())
_BY_NAME = {name: accept for name, _, accept in TABLE + OVER}


def accepted(args, redis, subject):
    """Whether the difference between the two replies to args is a listed one."""
    if not args:
        return False
    name = args[0].upper()
    accept = _BY_NAME.get(name)
    if len(args) > 1:
        accept = _BY_NAME.get(name + b" " + args[1].upper(), accept)
    return any(accept and accept(args, redis, subject) for accept in (accept, _BY_NAME.get(b"")))
