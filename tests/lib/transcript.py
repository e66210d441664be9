"""The transcript format (tests/transcripts/README.md): parse a file into cases of steps.

No I/O beyond reading the file; tests/transcripts/run.py plays what is parsed here.
"""

import dataclasses
import os
import re

from lib import resp

REPEAT = re.compile(rb"\{\{(.*?)\*(\d+)\}\}", re.S)
ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|.)", re.S)
CAPTURED = re.compile(rb"\$\{(\w+)\}")
LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b", b"0": b"\0"}
STEP = re.compile(r"^(>>>|<<<)(?:\[(\w+)\])?(raw|any|close|unordered|~~|~)?(?: (.*))?$", re.S)
PROTOCOLS = {"resp": "redis", "memcache": "memcached"}  # a file's folder, and the real server that its protocol has
# What `--- over` and `??? ` call each store (lib/servers.py) behind cachetted.
FAMILIES = {
    "": "memory",
    "redis": "redis",
    "valkey": "redis",
    "memcached": "memcached",
    "memcached3": "memcached",
    "mongodb": "mongodb",
    "mongodb-java": "mongodb",
    "dynamodb": "dynamodb",
}


LAST_INSTANT = 2**31 - 1  # seconds since 1970: memcached has no later one
NUMBER = re.compile(rb":(\d+)\r\n")


class Malformed(Exception):
    """A line that is no transcript."""


@dataclasses.dataclass
class Step:
    kind: str  # send | close | expect | sleep | metric
    line: int
    connection: str = "main"
    protocol: str = "resp"
    command: bytes = b""  # send, of RESP: its first word in capitals
    data: bytes = b""  # send: the bytes; expect: literal bytes
    how: str = ""  # expect: "" (literal) | any | close | unordered | ~ (a line) | ~~ (a reply)
    metric: str = ""
    labels: dict = dataclasses.field(default_factory=dict)
    number: float = 0
    instead: dict = dataclasses.field(default_factory=dict)  # of a FAMILIES' name: the step over such a store

    def over(self, family):
        return self.instead.get(family, self)


@dataclasses.dataclass
class Case:
    name: str
    line: int
    only: str = ""  # daemon | redis | memcached | ""
    over: tuple = ()  # daemon: names of FAMILIES, empty for all
    uncompressed: tuple = ()  # daemon: names of FAMILIES over which it is not played where values are converted
    steps: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Transcript:
    path: str
    only: str = ""
    over: tuple = ()
    sets: list = dataclasses.field(default_factory=list)  # daemon: --set path=value
    redis: list = dataclasses.field(default_factory=list)  # redis-server's words
    memcached: list = dataclasses.field(default_factory=list)  # memcached's words
    password: str = ""  # the runner's own control connection
    cases: list = dataclasses.field(default_factory=list)

    @property
    def protocol(self):
        """That of its folder; connections named after a protocol speak that one."""
        folder = os.path.basename(os.path.dirname(os.path.abspath(self.path)))
        return folder if folder in PROTOCOLS else "resp"

    def plays(self, case, kind, store, compressed=""):
        """Whether this case is for a server of that kind; `store`: what is behind it when it is cachetted, which may compress
        values."""
        if kind == "daemon" and any(over and FAMILIES[store] not in over for over in (self.over, case.over)):
            return False
        if kind == "daemon" and compressed and FAMILIES[store] in case.uncompressed:
            return False
        return self.only in ("", kind) and case.only in ("", kind)

    def name(self):
        return os.path.join(os.path.basename(os.path.dirname(self.path)), os.path.basename(self.path))


def unescape(text):
    """Bytes of a line: \\xHH \\n \\r \\t \\\\ and {{text*count}}."""
    raw = text.encode() if isinstance(text, str) else text
    raw = REPEAT.sub(lambda m: m[1] * int(m[2]), raw)
    return ESCAPE.sub(
        lambda m: bytes([int(m[1][1:], 16)]) if m[1][:1] == b"x" and len(m[1]) == 3 else LETTERS.get(m[1], m[1]), raw
    )


def fill_in(data, captured):
    """data with each ${name} replaced by what a `<<<~ (?P<name>...)` line before it has matched."""
    return CAPTURED.sub(lambda m: captured.get(m[1].decode(), m[0]), data)


def escape(data):
    """The reverse of unescape, for print and --record. A trailing blank is shown as \\x20."""
    out = []
    for byte in data:
        if byte == 0x5C:
            out.append("\\\\")
        elif 0x20 <= byte < 0x7F:
            out.append(chr(byte))
        else:
            out.append({13: "\\r", 10: "\\n", 9: "\\t"}.get(byte, "\\x%02x" % byte))
    text = re.sub(r"([^\\{}])\1{63,}", lambda m: "{{%s*%d}}" % (m[1], len(m[0])), "".join(out))
    return text[:-1] + "\\x20" if text.endswith(" ") else text


def words(text):
    """Splits a command line as redis-cli does: blanks, "..." with escapes, '...' without."""
    out, pos = [], 0
    while pos < len(text):
        if text[pos].isspace():
            pos += 1
            continue
        word = b""
        while pos < len(text) and not text[pos].isspace():
            if text[pos] in "\"'":
                quote, begin = text[pos], pos + 1
                pos = begin
                while pos < len(text) and text[pos] != quote:
                    pos += 2 if text[pos] == "\\" and quote == '"' else 1
                if pos >= len(text):
                    raise Malformed("unbalanced quotes")
                inner = text[begin:pos]
                word += unescape(inner) if quote == '"' else inner.encode()
                pos += 1
            else:
                begin = pos
                while pos < len(text) and not text[pos].isspace() and text[pos] not in "\"'":
                    pos += 1
                word += unescape(text[begin:pos])
        out.append(word)
    return out


def quoted(text):
    """The one "..." of a raw line."""
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        raise Malformed('raw needs one "..."')
    return unescape(text[1:-1])


def parse(path):
    transcript = Transcript(path)
    case = None
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            try:
                if not line.strip() or line.startswith("#"):
                    continue
                if line.startswith("=== "):
                    case = Case(line[4:].strip(), number)
                    transcript.cases.append(case)
                elif line.startswith("--- "):
                    _directive(transcript, case, line[4:].strip())
                elif case is None:
                    raise Malformed("a step before the first ===")
                elif line.startswith("??? "):
                    _, names, rest = line.split(" ", 2)
                    for name in _families(names):
                        case.steps[-1].instead[name] = _step(rest, number, transcript.protocol)
                else:
                    case.steps.append(_step(line, number, transcript.protocol))
            except (Malformed, ValueError, IndexError) as fault:
                raise Malformed("%s:%d: %s: %s" % (path, number, fault, line)) from None
    for each in transcript.cases:
        _allow_for_the_clock(each.steps)
    return transcript


def _allow_for_the_clock(steps):
    """memcached counts whole seconds from a moment of its own, and each up to a second late: over it the next one may
    have begun before TTL tells what is left, and an instant is told with a difference of up to three."""
    for send, told in zip(steps, steps[1:]):
        number = NUMBER.fullmatch(told.data)
        if told.kind != "expect" or told.how or "memcached" in told.instead or not number:
            continue
        n = int(number[1])
        if send.command == b"TTL":
            near = [n, n - 1]
        elif send.command == b"EXPIRETIME":
            near = [min(n, LAST_INSTANT) + late for late in range(-1, 4)]
        elif send.command == b"PEXPIRETIME":
            near = [r"%d\d{3}" % (min(n // 1000, LAST_INSTANT) + late) for late in range(-1, 4)]
        else:
            continue
        pattern = ":(%s)" % "|".join(map(str, near))
        told.instead["memcached"] = dataclasses.replace(told, data=pattern.encode(), how="~", instead={})


def _families(text):
    names = tuple(text.partition(" ")[0].split(","))
    if not set(names) <= set(FAMILIES.values()):
        raise Malformed("not of %s" % ", ".join(sorted(set(FAMILIES.values()))))
    return names


def _directive(transcript, case, text):
    word, _, rest = text.partition(" ")
    if word in ("daemon-only", "redis-only", "memcached-only"):
        (case or transcript).only = word.partition("-")[0]
    elif word == "uncompressed" and case is not None:
        case.uncompressed = tuple(FAMILIES.values()) if rest.startswith("anywhere ") else _families(rest)
    elif word == "over":
        (case or transcript).over = _families(rest)
    elif case is not None:
        raise Malformed("this directive belongs before the first ===")
    elif word == "option":
        transcript.sets.append(rest)
    elif word == "redis-option":
        transcript.redis += [w.decode() for w in words("--" + rest)]
    elif word == "memcached-option":
        transcript.memcached += [w.decode() for w in words(rest)]
    elif word == "password":
        transcript.password = rest
    else:
        raise Malformed("unknown directive")


def _step(line, number, protocol):
    if line.startswith("!!! sleep "):
        return Step("sleep", number, number=float(line[10:]) / 1000)
    if line.startswith("+++ "):
        match = re.match(r"^(\w+)(?:\{(.*)\})? (-?[\d.]+)$", line[4:])
        if not match:
            raise Malformed('not `+++ name{label="value"} delta`')
        labels = dict(re.findall(r'(\w+)="([^"]*)"', match[2] or ""))
        return Step("metric", number, metric=match[1], labels=labels, number=float(match[3]))
    match = STEP.match(line)
    if not match:
        raise Malformed("not a step")
    arrow, connection, how, text = match[1], match[2] or "main", match[3] or "", match[4] or ""
    protocol = connection if connection in PROTOCOLS else protocol
    if arrow == ">>>":
        if how == "close":
            return Step("close", number, connection, protocol)
        if how not in ("", "raw"):
            raise Malformed("cannot send this")
        if how:
            return Step("send", number, connection, protocol, data=quoted(text))
        command = b"" if protocol == "memcache" else words(text)[0].upper()
        return Step("send", number, connection, protocol, command, _command(text, protocol))
    if how == "raw":
        return Step("expect", number, connection, protocol, data=quoted(text))
    if how == "":
        return Step("expect", number, connection, protocol, data=unescape(text) + b"\r\n")
    return Step("expect", number, connection, protocol, data=text.encode(), how=how)


def _command(text, protocol):
    return unescape(text) + b"\r\n" if protocol == "memcache" else resp.encode(*words(text))
