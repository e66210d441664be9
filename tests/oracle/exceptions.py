"""Where the two servers may answer differently: one table, a reason in each row.

A row is used only when the bytes differ. `accept(args, redis, subject)` says whether the difference is the one listed.
"""

import re

from lib import resp

FAR_SECONDS = 4_000_000_000  # the generator's absolute times lie beyond, its relative ones before
SKEW_SECONDS = 5  # the two servers get a command at different moments


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


def but_for_the_id(args, redis, subject):
    number = re.compile(rb"(\$2\r\nid\r\n:)\d+")
    return redis[:1] in b"*%" and number.sub(rb"\1", redis) == number.sub(rb"\1", subject)


def not_an_error(args, redis, subject):
    return redis[:1] != b"-" and subject[:1] != b"-"


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
    (b"CLIENT LIST", "describes each server's own connections", not_an_error),
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
_BY_NAME = {name: accept for name, _, accept in TABLE}


def accepted(args, redis, subject):
    """Whether the difference between the two replies to args is a listed one."""
    if not args:
        return False
    name = args[0].upper()
    accept = _BY_NAME.get(name)
    if len(args) > 1:
        accept = _BY_NAME.get(name + b" " + args[1].upper(), accept)
    return bool(accept) and accept(args, redis, subject)
